"""Files and directories in S3."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .errors import ArgumentError

SKIPPED = (".git", "__pycache__", ".env", ".ipynb_checkpoints")


class Place(NamedTuple):
    """A bucket and what is below it."""

    bucket: str
    key: str


def is_s3(value: Any) -> bool:
    """Whether it is the URI of something in S3."""
    return isinstance(value, str) and value.startswith("s3://")


def parse_uri(uri: str, what: str = "URI") -> Place:
    """Bucket and key of `s3://bucket/key`."""
    bucket, _, key = uri[len("s3://") :].partition("/")
    if not is_s3(uri) or not bucket:
        raise ArgumentError(f"{what}: expected s3://bucket/key, got '{uri}'.")
    return Place(bucket, key)


def has_object(s3: Any, uri: str) -> bool:
    """Whether the URI is that of one object, and no prefix."""
    from botocore.exceptions import ClientError

    bucket, key = parse_uri(uri)
    if not key or key.endswith("/"):
        return False
    try:
        s3.head_object(Bucket=bucket, Key=key)
        return True
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound", "NoSuchBucket"):
            return False
        raise


def list_keys(s3: Any, uri: str) -> Iterator[str]:
    """The keys of all objects below a prefix, however many there are; without the marks of directories."""
    bucket, prefix = parse_uri(uri)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (each["Key"] for each in page.get("Contents", []) if not each["Key"].endswith("/"))


def upload(s3: Any, path: Path, uri: str) -> str:
    """Puts a file below a prefix, or a directory's files; answers the file's URI, or the prefix."""
    bucket, prefix = parse_uri(uri)
    prefix = prefix.rstrip("/")
    if path.is_file():
        key = f"{prefix}/{path.name}".lstrip("/")
        s3.upload_file(str(path), bucket, key)
        return f"s3://{bucket}/{key}"
    if not path.is_dir():
        raise ArgumentError(f"{path} does not exist.")
    files = list(files_below(path))
    if not files:
        raise ArgumentError(f"{path} holds no files.")
    for file in files:
        s3.upload_file(str(file), bucket, f"{prefix}/{file.relative_to(path).as_posix()}".lstrip("/"))
    return f"s3://{bucket}/{prefix}"


def files_below(path: Path, *, everything: bool = True) -> Iterator[Path]:
    """The files of a directory; of code without what belongs to git, environments and caches."""
    for below, directories, names in os.walk(path):
        if not everything:
            kept = [name for name in directories if name not in SKIPPED and not _is_environment(Path(below) / name)]
            directories[:] = kept
        directories.sort()
        yield from (Path(below) / name for name in sorted(names) if everything or name not in SKIPPED)


def _is_environment(path: Path) -> bool:
    return (path / "pyvenv.cfg").exists()


def upload_code(s3: Any, path: Path, uri: str) -> None:
    """Puts a module's directory, or its one file, below a prefix."""
    bucket, prefix = parse_uri(uri)
    base = path if path.is_dir() else path.parent
    files = list(files_below(path, everything=False)) if path.is_dir() else [path]
    if not path.exists() or not files:
        raise ArgumentError(f"{path} does not exist, or holds no files.")
    for file in files:
        s3.upload_file(str(file), bucket, f"{prefix}/{file.relative_to(base).as_posix()}")


def download(s3: Any, uri: str, directory: Path) -> Path:
    """Brings an object, or all below a prefix, into a directory; answers the file, or the directory."""
    bucket, key = parse_uri(uri)
    if has_object(s3, uri):
        target = directory / os.path.basename(key)
        directory.mkdir(parents=True, exist_ok=True)
        s3.download_file(bucket, key, str(target))
        return target
    prefix = key if not key or key.endswith("/") else key + "/"
    count = 0
    for each in list_keys(s3, f"s3://{bucket}/{prefix}"):
        below = each[len(prefix) :]
        if ".." in Path(below).parts or below.startswith("/"):
            raise ArgumentError(f"s3://{bucket}/{each}: its name leads out of the directory.")
        target = directory / below
        target.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(bucket, each, str(target))
        count += 1
    if count == 0:
        raise ArgumentError(f"There are no objects at {uri}.")
    return directory


def copy(s3: Any, source: str, target: str) -> int:
    """Copies an object, or all below a prefix, below another prefix; answers how many."""
    from_, to = parse_uri(source), parse_uri(target)
    base = to.key.rstrip("/")
    if has_object(s3, source):
        keys, below = [from_.key], os.path.dirname(from_.key)
    else:
        below = from_.key.rstrip("/")
        keys = list(list_keys(s3, f"s3://{from_.bucket}/{below}/" if below else source))
    if not keys:
        raise ArgumentError(f"There are no objects at {source}.")
    for key in keys:
        rest = key[len(below) :].lstrip("/") if below else key
        s3.copy({"Bucket": from_.bucket, "Key": key}, to.bucket, f"{base}/{rest}".lstrip("/"))
    return len(keys)


def read_text(s3: Any, place: str) -> str:
    """The text of a file here or in S3."""
    if not is_s3(place):
        return Path(place).read_text(encoding="utf-8")
    bucket, key = parse_uri(place)
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode("utf-8")
