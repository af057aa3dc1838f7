"""Data of this machine, which goes into a bucket before a server may read it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from .client import Server, sha256_of
from .errors import SluiceError


class Uploads:
    """Puts files by what they hold: what is there already is not sent again."""

    def __init__(self, server: Server, bucket: str) -> None:
        self._server = server
        self._bucket = bucket
        self._made: dict[str, str] = {}

    def uri(self, place: str) -> str:
        """The place of data where the server finds it."""
        if not place.startswith("file:"):
            return place
        known = self._made.get(place)
        if known is None:
            known = self._made[place] = self._upload(place)
        return known

    def _upload(self, place: str) -> str:
        path = Path(unquote(urlsplit(place).path))
        if not path.exists():
            raise SluiceError("InvalidArgument", f"{path} does not exist.", "A relative path starts where it is said.")
        if path.is_file():
            prefix = f"sluice-inputs/{sha256_of(path)}"
            self._put(f"{prefix}/{path.name}", path)
            return f"s3://{self._bucket}/{prefix}/{path.name}"
        files = sorted(
            Path(below) / name for below, _, names in os.walk(path) for name in names if (Path(below) / name).is_file()
        )
        if not files:
            raise SluiceError("InvalidArgument", f"{path} holds no files.")
        digests = {file.relative_to(path).as_posix(): sha256_of(file) for file in files}
        manifest = "".join(f"{digest} {name}\n" for name, digest in digests.items())
        prefix = f"sluice-inputs/{hashlib.sha256(manifest.encode()).hexdigest()}"
        for file in files:
            self._put(f"{prefix}/{file.relative_to(path).as_posix()}", file)
        return f"s3://{self._bucket}/{prefix}/"

    def _put(self, key: str, path: Path) -> None:
        if not self._server.has_object(self._bucket, key):
            self._server.put_object(self._bucket, key, path)


def portable(graph: dict[str, Any], uploads: Uploads) -> dict[str, Any]:
    """The graph with places of this machine as those of a bucket."""
    made = {
        **graph,
        "interface": {**graph["interface"], "inputs": _defaults(graph["interface"]["inputs"], uploads)},
        "tasks": {key: _task(task, uploads) for key, task in graph["tasks"].items()},
    }
    made["nodes"] = [_node(node, graph["tasks"], uploads) for node in graph["nodes"]]
    return made


def _defaults(variables: dict[str, Any], uploads: Uploads) -> dict[str, Any]:
    return {
        name: {**each, "default": uploads.uri(each["default"])}
        if each["type"] == "uri" and isinstance(each.get("default"), str)
        else each
        for name, each in variables.items()
    }


def _task(task: dict[str, Any], uploads: Uploads) -> dict[str, Any]:
    interface = {**task["interface"], "inputs": _defaults(task["interface"]["inputs"], uploads)}
    return {**task, "interface": interface}


def _node(node: dict[str, Any], tasks: dict[str, Any], uploads: Uploads) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for name, binding in node["inputs"].items():
        value = binding.get("literal")
        is_place = tasks[node["task"]]["interface"]["inputs"][name]["type"] == "uri"
        if is_place and isinstance(value, str) and value.startswith("file:"):
            changed[name] = {"literal": uploads.uri(value)}
    return {**node, "inputs": {**node["inputs"], **changed}} if changed else node
