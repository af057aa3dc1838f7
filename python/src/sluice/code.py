"""The code of tasks: which files go into a bundle."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, cast

from .errors import SluiceError
from .functions import AnyFunction, module_file, source_of

JOB = Path(__file__).parent / "job"
RUNNER = "sluice_runner.py"
STAND_IN = "import sys\n\nfrom .job import stand_in\n\nstand_in.install(sys.modules[__name__])\n"
# As the TypeScript SDK leaves out of a sourceDir.
IGNORED = {".git", "__pycache__", ".DS_Store"}


class CodeFile(NamedTuple):
    """A file of a bundle."""

    path: str
    source: Path | bytes
    executable: bool

    def read(self) -> bytes:
        """What is in it."""
        return self.source if isinstance(self.source, bytes) else self.source.read_bytes()


class Code:
    """The code of a task; what has the same key has the same files."""

    entry: str
    key: tuple[object, ...]

    def files(self) -> list[CodeFile]:
        """The files, in any order."""
        raise NotImplementedError


class ScriptCode(Code):
    """A script, alone with its requirements.txt, or with its whole directory."""

    def __init__(self, base: Path, script: str, source_dir: str | None, what: str) -> None:
        self._directory = base / source_dir if source_dir is not None else (base / script).parent
        self._whole = source_dir is not None
        self.entry = os.path.normpath(script) if self._whole else Path(script).name
        path = self._directory / self.entry
        if self.entry.startswith("..") or not path.is_file():
            hint = (
                "script is relative to source_dir, or to the file that defines the task where there is no source_dir."
            )
            raise SluiceError("ScriptNotFound", f"{what}: script '{path}' does not exist.", hint)
        self.key = (os.path.abspath(self._directory), self._whole or self.entry, self.entry.rpartition(".")[2])

    def files(self) -> list[CodeFile]:
        """The script with what belongs to it."""
        directory = self._directory
        if self._whole:
            found = list(walk(directory, lambda path, is_directory: path.name in IGNORED))
        else:
            beside = [self.entry, *(["requirements.txt"] if self.entry.endswith(".py") else [])]
            found = [_file(directory, each) for each in beside if (directory / each).is_file()]
        return [*found, *self._package_type(found)]

    def _package_type(self, files: list[CodeFile]) -> list[CodeFile]:
        """A Node script of a package of modules says so."""
        is_node = self.entry.endswith((".js", ".ts", ".mjs", ".mts", ".cjs", ".cts"))
        if not is_node or any(file.path == "package.json" for file in files):
            return []
        for directory in [self._directory, *self._directory.absolute().parents]:
            package = directory / "package.json"
            if package.is_file():
                try:
                    type_ = json.loads(package.read_text("utf-8")).get("type")
                except (ValueError, AttributeError):
                    return []
                return [CodeFile("package.json", b'{"type":"module"}', False)] if type_ == "module" else []
        return []


class FunctionCode(Code):
    """A function with its package or directory, and what runs it in a job."""

    entry = RUNNER

    def __init__(self, function: AnyFunction, requirements: list[str] | None, what: str) -> None:
        self._function = function
        self._requirements = requirements
        self._what = what
        file = module_file(function)
        self._file = file
        if file is None:
            source_of(function, what)
            self._module = "sluice_cells"
            self._root, self._only = Path.cwd(), None
            own: object = function
        else:
            self._root, self._only, self._module = _module_place(function, file, what)
            own = None
        self.function_name = f"{self._module}:{function.__qualname__}"
        self.key = (self._root, self._only, tuple(requirements) if requirements is not None else None, own)

    def files(self) -> list[CodeFile]:
        """The module with its neighbours, and what runs it."""
        if self._file is None:
            from .cells import module_of

            found = [CodeFile(f"{self._module}.py", module_of(self._function, self._what).encode(), False)]
        elif self._only is not None:
            found = (
                list(_kept(self._root, self._root / self._only))
                if (self._root / self._only).is_dir()
                else [_file(self._root, self._only)]
            )
        else:
            found = list(_kept(self._root, self._root))
        taken = [
            file.path for file in found if file.path == RUNNER or file.path.split("/")[0] in ("sluice", "sluice.py")
        ]
        if taken:
            raise SluiceError(
                "GraphInvalid",
                f"{self._what}: its directory holds '{taken[0]}', and Sluice's own has this name in a job.",
                "Rename it, or name it in .sluiceignore.",
            )
        if self._requirements is not None:
            text = "".join(f"{each}\n" for each in self._requirements).encode()
            found = [file for file in found if file.path != "requirements.txt"]
            if text:
                found.append(CodeFile("requirements.txt", text, False))
        return [*found, *_runner()]


def _module_place(function: AnyFunction, file: Path, what: str) -> tuple[Path, str | None, str]:
    """The root of the bundle, what of it is meant alone, and the name of the module in it."""
    name = function.__module__
    if name == "__main__":
        spec = getattr(sys.modules["__main__"], "__spec__", None)
        name = spec.name if spec is not None else file.stem
    if "." in name:
        top = name.split(".")[0]
        root = file
        for _ in name.split("."):
            root = root.parent
        if file.name == "__init__.py":
            root = root.parent
        return root, top, name
    if file.name == "__init__.py":
        return file.parent.parent, name, name
    if "." in file.stem:
        raise SluiceError("GraphInvalid", f"{what}: {file.name} cannot be imported by a job: rename it without a dot.")
    alone = file.name if file.parent.name in ("site-packages", "dist-packages") else None
    return file.parent, alone, name


def _runner() -> list[CodeFile]:
    job = [
        CodeFile(f"sluice/job/{path.name}", path, False) for path in sorted(JOB.glob("*.py")) if path.name != "entry.py"
    ]
    return [
        CodeFile(RUNNER, JOB / "entry.py", False),
        CodeFile("sluice/__init__.py", STAND_IN.encode(), False),
        *[file._replace(executable=False) for file in job],
    ]


def _kept(root: Path, below: Path) -> Iterator[CodeFile]:
    from .ignore import Ignore

    ignore = Ignore(below)
    for file in walk(below, ignore.matches):
        yield file._replace(path=Path(cast(Path, file.source)).relative_to(root).as_posix()) if below != root else file


def walk(root: Path, ignored: Callable[[Path, bool], bool]) -> Iterator[CodeFile]:
    """The files below a directory: links to files are followed, links to directories are not."""
    pending = [root]
    while pending:
        directory = pending.pop()
        for entry in sorted(os.scandir(directory), key=lambda each: each.name):
            path = Path(entry.path)
            is_directory = entry.is_dir(follow_symlinks=False)
            if ignored(path, is_directory):
                continue
            if is_directory:
                pending.append(path)
            elif path.is_file():
                yield _file(root, path.relative_to(root).as_posix())


def _file(root: Path, path: str) -> CodeFile:
    source = root / path
    return CodeFile(path, source, bool(source.stat().st_mode & 0o100))
