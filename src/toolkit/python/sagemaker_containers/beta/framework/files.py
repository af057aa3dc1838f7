"""Small helpers for files."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from typing import Any


def write_file(path: str, data: Any, mode: str = "w"):
    with open(path, mode) as file:
        file.write(data)


def read_file(path: str, mode: str = "r"):
    with open(path, mode) as file:
        return file.read()


def read_json(path: str):
    with open(path) as file:
        return json.load(file)


@contextlib.contextmanager
def tmpdir(suffix: str = "", prefix: str = "tmp", directory: str | None = None):
    path = tempfile.mkdtemp(suffix=suffix, prefix=prefix, dir=directory)
    try:
        yield path
    finally:
        shutil.rmtree(path)
