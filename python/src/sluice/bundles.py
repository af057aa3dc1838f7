"""Code as content: bundles, as docs/graph.md has them."""

from __future__ import annotations

import gzip
import hashlib
import io
import sys
import tarfile
from pathlib import Path
from typing import NamedTuple

from .code import Code, CodeFile
from .errors import SluiceError


class Bundle(NamedTuple):
    """Files with their digest."""

    digest: str
    files: list[CodeFile]

    def pack(self) -> bytes:
        """The archive: the same for the same files."""
        stream = io.BytesIO()
        with (
            gzip.GzipFile(fileobj=stream, mode="wb", mtime=0, compresslevel=6) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive,
        ):
            for file in self.files:
                content = file.read()
                info = tarfile.TarInfo(file.path)
                info.size = len(content)
                info.mode = 0o755 if file.executable else 0o644
                archive.addfile(info, io.BytesIO(content))
        return stream.getvalue()


class Bundler:
    """Makes the bundle of each code once."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], Bundle] = {}
        self.by_digest: dict[str, Bundle] = {}

    def bundle(self, code: Code, what: str) -> Bundle:
        """The bundle of a task's code. Raises SluiceError where it is too large, or holds what no bundle may."""
        known = self._made.get(code.key)
        if known is not None:
            return known
        files = sorted(code.files(), key=lambda file: file.path.encode("utf-8", "surrogateescape"))
        _check_size(files, what)
        made = Bundle(digest_of(files, what), files)
        self._made[code.key] = self.by_digest[made.digest] = made
        return made


def digest_of(files: list[CodeFile], what: str = "") -> str:
    """`sha256:` and that of the manifest."""
    manifest = hashlib.sha256()
    for file in files:
        mode = "755" if file.executable else "644"
        try:
            path = file.path.encode("utf-8")
        except UnicodeEncodeError:
            raise SluiceError("BundleInvalid", f"{what}: a file's name is no UTF-8: {file.path!r}.") from None
        content = hashlib.sha256(file.read()).hexdigest()
        manifest.update(f"{mode} {content} ".encode() + path + b"\n")
    return f"sha256:{manifest.hexdigest()}"


def _check_size(files: list[CodeFile], what: str) -> None:
    from .settings import settings

    sizes = {
        file.path: len(file.source) if isinstance(file.source, bytes) else file.source.stat().st_size for file in files
    }
    total = sum(sizes.values()) / 2**20
    if total <= settings.max_bundle_mb:
        return
    largest = ", ".join(f"{name} ({size / 2**20:.1f} MB)" for name, size in _largest(sizes))
    message = f"{what}: its code has {total:.0f} MB in {len(files)} files, most of it in {largest}."
    if sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty():
        sys.stderr.write(f"{message} Send it? [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() in ("y", "yes"):
            return
    raise SluiceError(
        "LimitExceeded",
        message,
        f"Name what no job needs in .sluiceignore, or allow more than {settings.max_bundle_mb} MB: sluice.configure(max_bundle_mb=…).",
    )


def _largest(sizes: dict[str, int]) -> list[tuple[str, int]]:
    tops: dict[str, int] = {}
    for path, size in sizes.items():
        top = Path(path).parts[0]
        tops[top] = tops.get(top, 0) + size
    return sorted(tops.items(), key=lambda each: -each[1])[:3]
