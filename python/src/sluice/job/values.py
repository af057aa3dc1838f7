"""What annotations mean: the type that a parameter or result has in a graph, and its values as JSON."""

import math
import os
import typing
from typing import Any, Dict, List, Optional, Tuple

from .places import Directory, File

FLYTE_PLACES = {"FlyteFile": "file", "FlyteDirectory": "directory"}
TYPES = {str: "string", int: "integer", float: "float", bool: "boolean"}
SUPPORTED = (
    "str, int, float, bool, list, dict, a dataclass, pathlib.Path, sluice.File, sluice.Directory or pandas.DataFrame"
)


class Kind:
    """How a value of an annotation travels."""

    def __init__(self, name: str, type_: str, optional: bool = False) -> None:
        """`name`: `value`, `path`, `file`, `directory`, `dataframe` or `none`; `type_`: a graph's variable type."""
        self.name = name
        self.type = type_
        self.optional = optional

    @property
    def is_place(self) -> bool:
        """Whether it is data in files, not a value."""
        return self.name not in ("value", "none")


def kind_of(annotation: Any) -> Kind:
    """The kind of an annotation. Raises TypeError for one whose values cannot travel."""
    inner = _without_none(annotation)
    if inner is not None:
        found = kind_of(inner)
        return Kind(found.name, found.type, optional=True)
    if annotation is None or annotation is type(None):
        return Kind("none", "json")
    if annotation in TYPES:
        return Kind("value", TYPES[annotation])
    if _is_any(annotation):
        return Kind("value", "json")
    name = _place_name(annotation)
    if name is not None:
        return Kind(name, "uri")
    if is_dataclass(annotation) or _origin(annotation) in (list, dict, tuple, typing.Union):
        for part in _arguments(annotation):
            if part is not Ellipsis and kind_of(part).is_place:
                raise TypeError("files within %s cannot be given one by one" % show(annotation))
        return Kind("value", "json")
    if _is_literal(annotation):
        return Kind("value", "json")
    raise TypeError("%s is no type whose values can travel: expected %s" % (show(annotation), SUPPORTED))


def show(annotation: Any) -> str:
    """An annotation for messages."""
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")


def is_dataclass(annotation: Any) -> bool:
    """Whether it is a dataclass itself; 3.6 has none."""
    return isinstance(annotation, type) and hasattr(annotation, "__dataclass_fields__")


def is_named_tuple(annotation: Any) -> bool:
    """Whether it names each of several values."""
    return isinstance(annotation, type) and issubclass(annotation, tuple) and hasattr(annotation, "_fields")


def results_of(annotation: Any) -> Optional[List[Tuple[str, Any]]]:
    """The names and annotations of what a function returns; None for one that says nothing of it.

    As Flyte has it: `o0`, `o1` …, or the names of a NamedTuple.
    """
    if annotation is None or annotation is type(None):
        return []
    if is_named_tuple(annotation):
        return list(typing.get_type_hints(annotation).items())
    if _origin(annotation) is tuple:
        parts = _arguments(annotation)
        if parts and Ellipsis not in parts:
            return [("o%d" % index, part) for index, part in enumerate(parts)]
    return [("o0", annotation)]


def decode(annotation: Any, value: Any) -> Any:
    """A value as its annotation has it, from JSON."""
    inner = _without_none(annotation)
    if inner is not None:
        return None if value is None else decode(inner, value)
    if annotation is float and isinstance(value, int):
        return float(value)
    if is_dataclass(annotation) and isinstance(value, dict):
        hints = typing.get_type_hints(annotation)
        return annotation(**{name: decode(hints.get(name, Any), part) for name, part in value.items()})
    arguments = _arguments(annotation)
    origin = _origin(annotation)
    if origin is list and isinstance(value, list):
        return [decode(arguments[0], part) if arguments else part for part in value]
    if origin is tuple and isinstance(value, list):
        whole = len(arguments) == 2 and arguments[1] is Ellipsis
        kinds = [arguments[0]] * len(value) if whole else list(arguments)
        return tuple(decode(kind, part) for kind, part in zip(kinds or [Any] * len(value), value))
    if origin is dict and isinstance(value, dict):
        return {_key(arguments, name): decode(arguments[1] if arguments else Any, part) for name, part in value.items()}
    return value


def _key(arguments: Tuple[Any, ...], name: str) -> Any:
    return arguments[0](name) if arguments and arguments[0] in (int, float) else name


def encode(annotation: Any, value: Any, where: str) -> Any:
    """A value as JSON. Raises TypeError that says where it does not fit its annotation."""
    inner = _without_none(annotation)
    if inner is not None:
        return None if value is None else encode(inner, value, where)
    value = _plain(value)
    if annotation in TYPES:
        if annotation is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, annotation) or (annotation is int and isinstance(value, bool)):
            raise TypeError("%s: expected %s, got %s" % (where, show(annotation), describe(value)))
        return _json(value, where)
    if is_dataclass(annotation):
        if not isinstance(value, annotation):
            raise TypeError("%s: expected %s, got %s" % (where, show(annotation), describe(value)))
        hints = typing.get_type_hints(annotation)
        names = annotation.__dataclass_fields__
        return {
            name: encode(hints.get(name, Any), getattr(value, name), "%s.%s" % (where, name))
            for name in names
            if getattr(names[name], "init", True)
        }
    origin = _origin(annotation)
    arguments = _arguments(annotation)
    if origin in (list, tuple):
        if not isinstance(value, (list, tuple)):
            raise TypeError("%s: expected %s, got %s" % (where, show(annotation), describe(value)))
        part = arguments[0] if arguments and origin is list else Any
        return [encode(part, each, "%s[%d]" % (where, index)) for index, each in enumerate(value)]
    if origin is dict:
        if not isinstance(value, dict):
            raise TypeError("%s: expected %s, got %s" % (where, show(annotation), describe(value)))
        part = arguments[1] if arguments else Any
        return {_name(name, where): encode(part, each, "%s[%r]" % (where, name)) for name, each in value.items()}
    return _json(value, where)


def _json(value: Any, where: str) -> Any:
    value = _plain(value)
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        raise TypeError("%s: %s is no JSON value" % (where, value))
    if isinstance(value, (list, tuple)):
        return [_json(part, "%s[%d]" % (where, index)) for index, part in enumerate(value)]
    if isinstance(value, dict):
        return {_name(name, where): _json(part, "%s[%r]" % (where, name)) for name, part in value.items()}
    if is_dataclass(type(value)):
        return encode(type(value), value, where)
    if isinstance(value, (os.PathLike,)):
        return os.fspath(value)
    raise TypeError("%s: %s cannot be serialised: expected JSON" % (where, describe(value)))


def _name(name: Any, where: str) -> str:
    if isinstance(name, str):
        return name
    if isinstance(name, (int, float)) and not isinstance(name, bool):
        return str(name)
    raise TypeError("%s: expected keys of text, got %s" % (where, describe(name)))


def _plain(value: Any) -> Any:
    """A scalar of numpy as Python's own."""
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
        return value.item()
    return value


def describe(value: Any) -> str:
    """A value for messages, cut."""
    text = repr(value)
    return "%s of type %s" % (text if len(text) <= 80 else text[:77] + "...", type(value).__name__)


def _place_name(annotation: Any) -> Optional[str]:
    if not isinstance(annotation, type):
        return None
    if issubclass(annotation, Directory):
        return "directory"
    if issubclass(annotation, File):
        return "file"
    for base in annotation.__mro__:
        if base.__module__.split(".")[0] == "flytekit" and base.__name__ in FLYTE_PLACES:
            return FLYTE_PLACES[base.__name__]
    if any(base.__module__.split(".")[0] == "pathlib" for base in annotation.__mro__):
        return "path"
    if annotation.__name__ == "DataFrame" and annotation.__module__.split(".")[0] == "pandas":
        return "dataframe"
    return None


def _is_any(annotation: Any) -> bool:
    return annotation is Any or annotation is object or getattr(annotation, "__name__", "") == "_empty"


def _is_literal(annotation: Any) -> bool:
    return "Literal[" in str(annotation) and not isinstance(annotation, type)


_ORIGINS = {"List": list, "Sequence": list, "Iterable": list, "Dict": dict, "Mapping": dict, "Tuple": tuple}


def _origin(annotation: Any) -> Any:
    if annotation in (list, dict, tuple):
        return annotation
    origin = getattr(annotation, "__origin__", None)
    if origin is None:
        if type(annotation).__name__ == "UnionType":
            return typing.Union
        # 3.6 has classes for them.
        return (
            _ORIGINS.get(getattr(annotation, "__name__", ""))
            if getattr(annotation, "__module__", "") == "typing"
            else None
        )
    if origin is typing.Union or origin in (list, dict, tuple):
        return origin
    name = getattr(origin, "__name__", "") or getattr(origin, "_name", "") or ""
    return _ORIGINS.get(name)


def _arguments(annotation: Any) -> Tuple[Any, ...]:
    arguments = getattr(annotation, "__args__", None) or ()
    return tuple(each for each in arguments if type(each).__name__ != "TypeVar")


def _without_none(annotation: Any) -> Any:
    """The X of `Optional[X]`."""
    if _origin(annotation) is not typing.Union:
        return None
    parts = [each for each in _arguments(annotation) if each is not type(None)]
    return parts[0] if len(parts) == 1 and len(_arguments(annotation)) == 2 else None


def hints_of(function: Any) -> Dict[str, Any]:
    """The annotations of a function, those that are texts as what they name."""
    try:
        return typing.get_type_hints(function)
    except Exception:
        return dict(getattr(function, "__annotations__", {}))
