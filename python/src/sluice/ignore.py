"""What of a directory stays behind when its code is bundled."""

from __future__ import annotations

from pathlib import Path

from pathspec import GitIgnoreSpec

from .code import IGNORED

FILES = (".gitignore", ".sluiceignore")
NEVER = {*IGNORED, ".env", ".venv", ".ipynb_checkpoints", ".hg", ".svn", "node_modules"}


class Ignore:
    """What `.gitignore` and `.sluiceignore` name, of every directory up to the repository's; Git's own files, `.env`
    and virtual environments."""

    def __init__(self, root: Path) -> None:
        self._specs: dict[Path, GitIgnoreSpec] = {}
        for directory in _up_to_repository(root):
            self._read(directory)

    def matches(self, path: Path, is_directory: bool) -> bool:
        """Whether a file or directory stays behind. Directories have to be asked for before what is in them."""
        if path.name in NEVER or (is_directory and (path / "pyvenv.cfg").exists()):
            return True
        verdict = False
        for directory, spec in self._specs.items():
            try:
                below = path.relative_to(directory).as_posix()
            except ValueError:
                continue
            included = spec.check_file(below + ("/" if is_directory else "")).include
            if included is not None:
                verdict = included
        if is_directory and not verdict:
            self._read(path)
        return verdict

    def _read(self, directory: Path) -> None:
        lines: list[str] = []
        for name in FILES:
            file = directory / name
            if file.is_file():
                lines.extend(file.read_text("utf-8", "replace").splitlines())
        if lines:
            self._specs[directory] = GitIgnoreSpec.from_lines(lines)


def _up_to_repository(root: Path) -> list[Path]:
    """From the repository's directory down; a directory of no repository alone."""
    for count, directory in enumerate([root, *root.parents]):
        if (directory / ".git").exists():
            return list(reversed([root, *root.parents][: count + 1]))
    return [root]
