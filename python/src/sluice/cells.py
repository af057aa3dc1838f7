"""A module made of a notebook's function: its source, and that of what it uses. Nothing is pickled."""

from __future__ import annotations

import ast
import builtins
import inspect
import json
import linecache
import os
import types
from typing import Any

from .errors import SluiceError
from .functions import AnyFunction, source_of


def module_of(function: AnyFunction, what: str) -> str:
    """The text of a module that holds the function. Raises SluiceError that names what cannot go along."""
    made = _Module(function.__globals__, what)
    made.add_definition(function.__name__, function)
    return made.text()


class _Module:
    def __init__(self, names: dict[str, Any], what: str) -> None:
        self._names = names
        self._what = what
        self._imports: dict[str, str] = {}
        self._values: dict[str, str] = {}
        self._definitions: dict[str, str] = {}

    def text(self) -> str:
        imports = sorted(self._imports.values(), key=lambda line: not line.startswith("from __future__"))
        parts = ["\n".join([*imports, *self._values.values()]), *self._definitions.values()]
        return "\n\n\n".join(part for part in parts if part) + "\n"

    def add_definition(self, name: str, value: Any) -> None:
        self._definitions[name] = ""
        source = self._source(name, value)
        tree = ast.parse(source)
        node = tree.body[0]
        if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            raise SluiceError("GraphInvalid", f"{self._what}: the source of '{name}' is no definition.")
        if isinstance(node, ast.ClassDef):
            text = source
        else:
            # Decorators say where it runs, and it runs there now.
            text = "\n".join(source.splitlines()[node.lineno - 1 :])
            node.decorator_list = []
        for used in sorted(_names_of(node)):
            self._add(used)
        # What it uses stands before it.
        del self._definitions[name]
        self._definitions[name] = text.rstrip()

    def _source(self, name: str, value: Any) -> str:
        if not inspect.isclass(value):
            return source_of(value, self._what)
        # Python finds no source of a notebook's class.
        cells = [entry[2] for file, entry in linecache.cache.items() if len(entry) > 2 and not os.path.exists(file)]
        for lines in reversed(cells):
            for node in _parsed("".join(lines)):
                if isinstance(node, ast.ClassDef) and node.name == name:
                    start = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                    return "".join(lines[start - 1 : node.end_lineno])
        raise self._cannot(name, "its source is not there")

    def _add(self, name: str) -> None:
        known = name in self._imports or name in self._values or name in self._definitions
        if known or name not in self._names:
            if not known and not hasattr(builtins, name):
                # It may be made while the function runs; the job says so otherwise.
                return
            return
        value = self._names[name]
        function = getattr(value, "function", None) if type(value).__module__ == "sluice.tasks" else value
        if isinstance(value, types.ModuleType):
            self._imports[name] = f"import {value.__name__} as {name}" if value.__name__ != name else f"import {name}"
        elif inspect.isfunction(function) or inspect.isclass(function):
            self._add_named(name, function)
        else:
            self._add_value(name, value)

    def _add_named(self, name: str, value: Any) -> None:
        module = value.__module__
        if module not in ("__main__", self._names.get("__name__")):
            self._imports[name] = f"from {module} import {value.__qualname__} as {name}"
            return
        if name != value.__name__ or "." in value.__qualname__:
            raise self._cannot(name, "it has another name where it is defined")
        self.add_definition(name, value)

    def _add_value(self, name: str, value: Any) -> None:
        if type(value).__module__ == "typing" or isinstance(value, types.GenericAlias):
            own = getattr(value, "__name__", None) or getattr(value, "_name", None)
            if own is not None and not getattr(value, "__args__", ()):
                self._imports[name] = f"from typing import {own} as {name}"
                return
        module, own = getattr(value, "__module__", None), getattr(value, "__name__", None)
        if callable(value) and isinstance(module, str) and isinstance(own, str) and module != "__main__":
            self._imports[name] = f"from {module} import {own} as {name}"
            return
        try:
            if json.loads(json.dumps(value)) != value:
                raise TypeError
        except (TypeError, ValueError):
            raise self._cannot(name, f"it is of type {type(value).__name__}") from None
        self._values[name] = f"{name} = {value!r}"

    def _cannot(self, name: str, why: str) -> SluiceError:
        return SluiceError(
            "GraphInvalid",
            f"{self._what}: it uses '{name}' of the notebook, which cannot go to a job: {why}.",
            "Pass it as an argument, or make it in the function.",
        )


def _parsed(text: str) -> list[ast.stmt]:
    try:
        return ast.parse(text).body
    except SyntaxError:
        return []


def _names_of(node: ast.AST) -> set[str]:
    """The names that a definition takes from its module."""
    used: set[str] = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            used.add(each.id)
        elif isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value.isidentifier():
            # An annotation may be a text.
            used.add(each.value) if _is_annotation(node, each) else None
    return used


def _is_annotation(node: ast.AST, constant: ast.Constant) -> bool:
    return any(
        constant in ast.walk(annotation)
        for each in ast.walk(node)
        for annotation in [getattr(each, "annotation", None), getattr(each, "returns", None)]
        if isinstance(annotation, ast.AST)
    )
