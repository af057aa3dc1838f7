"""What a job's tags say of where it came from."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping

MAX_VALUE = 256
SOURCE = "aws-sagemaker-remote"


def tracking_tags(script: str, **more: str) -> list[dict[str, str]]:
    """The state of git where a script lies, and more. Absent without git."""
    directory = os.path.dirname(os.path.abspath(script))
    origin = _git(directory, "remote", "get-url", "origin")
    git = {
        "GitStatus": _git(directory, "show", "--oneline", "-s", "--no-color"),
        "GitCommit": _git(directory, "rev-parse", "--short", "HEAD"),
        # Whoever reads tags must not read a password.
        "GitOrigin": re.sub(r"//[^/@]*@", "//", origin),
        "GitBranch": _git(directory, "rev-parse", "--abbrev-ref", "HEAD"),
    }
    return tag_list({**git, "Source": SOURCE, **more})


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as SageMaker takes them; those without a value are left out."""
    cleaned = {key: clean_tag(value) for key, value in tags.items()}
    return [{"Key": key, "Value": value} for key, value in cleaned.items() if value]


def clean_tag(value: str) -> str:
    """A value with the characters that tags may have, and no more of them."""
    text = "".join(re.findall(r"[\w=\-.:+@/]", re.sub(r"\s+", "-", value.strip()), re.ASCII))
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 3] + "..."


def _git(directory: str, *arguments: str) -> str:
    try:
        answer = subprocess.run(
            ["git", *arguments], cwd=directory, capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()
