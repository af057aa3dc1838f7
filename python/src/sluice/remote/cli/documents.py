"""Values, files in S3, and what jobs say of themselves."""

from __future__ import annotations

import json
import os
import re
import tarfile
import tempfile
from argparse import Namespace
from pathlib import Path
from typing import Any

from .. import s3
from ..errors import ArgumentError
from ..fields import read_field
from ..paths import local_path
from ..values import describe
from .options import Cli, add_command, add_describe, add_group, add_switch, print_value


def add_commands(commands: Any) -> None:
    """json, s3, processing, training."""
    group = add_group(commands, "json", "Values and fields of JSON")
    add_command(group, "parse", "Print what a value says, as s3://… of a job's output", _parse).add_argument("path")
    read = add_command(group, "read", "Print a field of a JSON file, here or in S3", _read)
    read.add_argument("path")
    read.add_argument("field")
    group = add_group(commands, "s3", "Files in S3")
    upload = add_command(group, "upload", "Upload a file or a directory", _upload)
    upload.add_argument("src")
    upload.add_argument("dst", help="s3://bucket/key, or a key of the default bucket")
    add_switch(upload, "--gz", "--no-gz", False, "pack a directory as .tar.gz")
    upload.add_argument("--root", default=".", help="directory in the archive")
    concat = add_command(group, "concat", "Join the files that a manifest names", _concat)
    concat.add_argument("--manifest", required=True, help="JSON lines with file-ref")
    concat.add_argument("--limit", type=int, default=0, help="so many files; 0 for all")
    concat.add_argument("--output", required=True, help="the file that is written")
    for kind in ("processing", "training"):
        group = add_group(commands, kind, f"{kind.capitalize()} jobs")
        add_describe(group, f"a {kind} job", _describe(kind))


def _parse(cli: Cli, args: Namespace) -> None:
    print_value(cli.expect(args.path, "PATH"))


def _read(cli: Cli, args: Namespace) -> None:
    place = cli.expect(args.path, "PATH")
    try:
        document = json.loads(s3.read_text(cli.session.client("s3") if s3.is_s3(place) else None, place))
    except ValueError as error:
        raise ArgumentError(f"PATH: {place} is no JSON: {error}.") from None
    print_value(read_field(document, args.field))


def _upload(cli: Cli, args: Namespace) -> None:
    source = local_path(cli.expect(args.src, "SRC"))
    if not source.exists():
        raise ArgumentError(f"SRC: {source} does not exist.")
    target = cli.expect(args.dst, "DST")
    if not s3.is_s3(target):
        target = f"s3://{cli.session.bucket}/{target.lstrip('/')}"
    bucket, key = s3.parse_uri(target, "DST")
    client = cli.session.client("s3")
    if args.gz:
        _upload_archive(client, source, target, args.root)
    elif source.is_file():
        client.upload_file(str(source), bucket, key + source.name if key.endswith("/") or not key else key)
    else:
        s3.upload(client, source, target)
    print(target)


def _upload_archive(client: Any, source: Path, target: str, root: str) -> None:
    if not source.is_dir():
        raise ArgumentError(f"--gz: expected a directory, and {source} is a file.")
    if not re.search(r"\.(tar\.gz|tgz)$", target, re.IGNORECASE):
        raise ArgumentError(f"DST: expected a name that ends in .tar.gz or .tgz, got '{target}'.")
    bucket, key = s3.parse_uri(target)
    with tempfile.TemporaryDirectory(prefix="sluice-remote-") as directory:
        archive = os.path.join(directory, "archive.tar.gz")
        with tarfile.open(archive, "w:gz") as stream:
            stream.add(source, arcname=root)
        client.upload_file(archive, bucket, key)


def _concat(cli: Cli, args: Namespace) -> None:
    manifest = cli.expect(args.manifest, "--manifest")
    needs_s3 = s3.is_s3(manifest)
    lines = s3.read_text(cli.session.client("s3") if needs_s3 else None, manifest).splitlines()
    references = [_reference(line, number) for number, line in enumerate(lines, 1) if line.strip()]
    chosen = references[: args.limit] if args.limit > 0 else references
    output = Path(args.output).absolute()
    output.parent.mkdir(parents=True, exist_ok=True)
    part = output.with_name(f".{output.name}.part")
    with open(part, "wb") as stream:
        for reference in chosen:
            _append(cli, reference, stream)
    part.replace(output)
    print(f"Joined {len(chosen)} files")


def _reference(line: str, number: int) -> str:
    try:
        return str(json.loads(line)["file-ref"])
    except (ValueError, KeyError, TypeError):
        raise ArgumentError(f"--manifest: line {number}: expected JSON with file-ref, got '{line[:80]}'.") from None


def _append(cli: Cli, reference: str, stream: Any) -> None:
    if not s3.is_s3(reference):
        stream.write(local_path(reference).read_bytes())
        return
    bucket, key = s3.parse_uri(reference)
    body = cli.session.client("s3").get_object(Bucket=bucket, Key=key)["Body"]
    for chunk in body.iter_chunks(1024 * 1024):
        stream.write(chunk)


def _describe(kind: str) -> Any:
    def run(cli: Cli, args: Namespace) -> None:
        cli.print_field(describe(kind, cli.expect(args.name, "NAME"), cli.session), args.field)

    return run
