"""What a script needs of this package inside a job: this runner, packed."""

from __future__ import annotations

import importlib.util
import io
import os
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

# The names that scripts import the runner by, and what of this package it needs.
COMPAT = "aws_sagemaker_remote"
_DOOR = b"from .job import Directory, File, channel, files, parameters, read_csv\n"
_PACKAGE = Path(__file__).resolve().parent.parent


def runtime_files() -> Iterator[tuple[str, bytes]]:
    """The files by their names below a directory of the module search path."""
    # What a job may ask of the package: `from sluice import channel`.
    yield "sluice/__init__.py", _DOOR
    yield "sluice/errors.py", (_PACKAGE / "errors.py").read_bytes()
    for part in ("job", "remote"):
        for file in sorted((_PACKAGE / part).rglob("*")):
            if file.is_file() and file.suffix in (".py", ".sh"):
                yield f"sluice/{file.relative_to(_PACKAGE).as_posix()}", file.read_bytes()
    spec = importlib.util.find_spec(COMPAT)
    for place in list(spec.submodule_search_locations or []) if spec else []:
        for file in sorted(Path(place).rglob("*.py")):
            yield f"{COMPAT}/{file.relative_to(place).as_posix()}", file.read_bytes()


def runtime_zip() -> bytes:
    """An archive that Python imports from."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in runtime_files():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def source_archive(target: Path, source: Path, dependencies: list[Path]) -> None:
    """`sourcedir.tar.gz`: a directory's files, dependencies under their own names, and the runner where it is not there."""
    from .s3 import files_below

    with tarfile.open(target, "w:gz") as archive:
        names: set[str] = set()
        for base, prefix in [(source, ""), *[(each, each.name) for each in dependencies]]:
            files = list(files_below(base, everything=False)) if base.is_dir() else [base]
            for file in files:
                below = file.relative_to(base).as_posix() if base.is_dir() else ""
                name = os.path.join(prefix, below) if below else prefix
                if name not in names:
                    archive.add(file, name, recursive=False)
                    names.add(name)
        own = {name.split("/")[0] for name in names}
        for name, content in runtime_files():
            if name.split("/")[0] not in own:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                info.mode = 0o644
                archive.addfile(info, io.BytesIO(content))
