"""What a function says of an input or output."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlparse
from urllib.request import url2pathname

from .errors import ArgumentError
from .modes import MODES, expect_mode

RESERVED = ("code",)


class PathArgument:
    """An input or output: where it is here (`local`), where it is in S3 (`remote`, of outputs), and how it is brought.

    `attributes` are the AttributeNames of augmented manifests, or a function of the arguments that answers them; `repeat`
    makes as many channels of it; `repeated` lets its flag stand several times.
    """

    def __init__(
        self,
        local: Any = None,
        remote: str | None = "default",
        optional: bool = False,
        mode: str | None = None,
        attributes: Any = None,
        repeat: int = 1,
        shuffle: bool = False,
        repeated: bool = False,
    ) -> None:
        self.local: Any = os.fspath(local) if isinstance(local, os.PathLike) else local
        self.remote = remote or "default"
        self.optional = optional
        self.mode = expect_mode("PathArgument: mode", mode, MODES) if mode else None
        self.attributes = attributes
        self.repeat = repeat
        self.shuffle = shuffle
        self.repeated = repeated

    def copy(self, **changes: Any) -> PathArgument:
        """The same with some of its members changed."""
        return PathArgument(**{**vars(self), **changes})

    def __repr__(self) -> str:
        return f"PathArgument({self.local!r}, mode={self.mode!r})"


OPTIONAL = PathArgument(optional=True)


def path_arguments(what: str, given: Any) -> dict[str, PathArgument]:
    """Texts, paths, tuples and PathArguments as PathArguments, by name."""
    if not given:
        return {}
    if not isinstance(given, dict):
        raise ArgumentError(f"{what}: expected a dict of names and paths, got {given!r}.")
    return {_key(what, key): _path_argument(f"{what}['{key}']", value) for key, value in given.items()}


def _path_argument(what: str, value: Any) -> PathArgument:
    if isinstance(value, PathArgument):
        return value
    if value is None or isinstance(value, (str, os.PathLike)):
        return PathArgument(value)
    if isinstance(value, (tuple, list)) and 1 <= len(value) <= 8:
        return PathArgument(*value)
    raise ArgumentError(
        f"{what}: expected a path, a tuple such as ('path', 'default') or a PathArgument, got {value!r}."
    )


def module_paths(what: str, given: Any) -> dict[str, str]:
    """Where dependencies are: a path as it is, the object of a package as its directory."""
    if not given:
        return {}
    if not isinstance(given, dict):
        raise ArgumentError(f"{what}: expected a dict of names and paths or modules, got {given!r}.")
    return {_key(what, key): module_path(f"{what}['{key}']", value) for key, value in given.items()}


def module_path(what: str, value: Any) -> str:
    """Where a dependency is: a path as it is, the object of a package as its directory."""
    if isinstance(value, ModuleType):
        places = getattr(value, "__path__", None)
        if places:
            return os.path.abspath(next(iter(places)))
        if getattr(value, "__file__", None):
            return os.path.abspath(str(value.__file__))
    if isinstance(value, (str, os.PathLike)) and os.fspath(value):
        return os.fspath(value)
    raise ArgumentError(f"{what}: expected a path or a module, got {value!r}.")


def _key(what: str, key: Any) -> str:
    if not isinstance(key, str) or not key.replace("-", "_").isidentifier():
        raise ArgumentError(f"{what}: expected names such as 'train_data', got {key!r}.")
    return key.replace("-", "_")


def check_keys(**groups: dict[str, Any]) -> None:
    """No name twice, none that is taken: each becomes a flag and a directory of its own."""
    seen: dict[str, str] = {}
    for group, values in groups.items():
        for key in values:
            if key in RESERVED or key.startswith("sagemaker_"):
                raise ArgumentError(f"{group}: the name '{key}' is taken by the runner.", "Choose another one.")
            if key in seen:
                raise ArgumentError(
                    f"{group}: the name '{key}' is one of {seen[key]}, too.", "Each needs a name of its own."
                )
            seen[key] = group


def local_path(value: str) -> Path:
    """A path, or a file: URL, as an absolute path."""
    url = urlparse(value)
    is_url = url.scheme == "file"
    return Path(os.path.abspath(url2pathname(url.path) if is_url else os.path.expanduser(value)))
