"""Types of data that lies in files."""

import os
from typing import Any


class File:
    """A file: a task that takes one finds it on its disk, and one that returns one has it uploaded."""

    def __init__(self, path: Any) -> None:
        self.path = os.fspath(path)

    def __fspath__(self) -> str:
        return self.path

    def __str__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return "%s(%r)" % (type(self).__name__, self.path)

    def __eq__(self, other: Any) -> bool:
        return type(other) is type(self) and other.path == self.path

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.path))


class Directory(File):
    """A directory, with all that is below it."""
