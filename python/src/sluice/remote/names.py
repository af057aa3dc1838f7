"""Names of jobs."""

from __future__ import annotations

import datetime
import re

from .errors import ArgumentError

MAX_LENGTH = 63


def job_name(given: str | None, base: str, base_flag: str = "--sagemaker-base-job-name") -> str:
    """The given name, else `base-2026-11-27-20-34-25-907`. Raises ValueError for one that SageMaker would refuse."""
    if given and given.strip():
        return _check("--sagemaker-job-name", given.strip())
    now = datetime.datetime.now()
    stamp = now.strftime("%Y-%m-%d-%H-%M-%S-") + f"{now.microsecond // 1000:03d}"
    return _check(base_flag, f"{base[: MAX_LENGTH - len(stamp) - 1]}-{stamp}")


def _check(what: str, name: str) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", name):
        raise ArgumentError(f"{what}: expected at most {MAX_LENGTH} letters, digits and hyphens, got '{name}'.")
    return name
