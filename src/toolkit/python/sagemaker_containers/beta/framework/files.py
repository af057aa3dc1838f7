"""Small helpers for files."""

import contextlib
import json
import shutil
import tempfile


def write_file(path, data, mode="w"):
    with open(path, mode) as file:
        file.write(data)


def read_file(path, mode="r"):
    with open(path, mode) as file:
        return file.read()


def read_json(path):
    with open(path) as file:
        return json.load(file)


@contextlib.contextmanager
def tmpdir(suffix="", prefix="tmp", directory=None):
    path = tempfile.mkdtemp(suffix=suffix, prefix=prefix, dir=directory)
    try:
        yield path
    finally:
        shutil.rmtree(path)
