"""What is to be known of a function before it may run in a job: its body, where it lies, that it can be found there."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .errors import SluiceError

AnyFunction = Callable[..., Any]


def place_of(function: AnyFunction) -> tuple[str, Path]:
    """`path:line`, for messages, and the directory of the file: the working directory for a notebook's."""
    code = function.__code__
    file = Path(code.co_filename)
    if file.is_absolute() and file.exists():
        return f"{file}:{code.co_firstlineno}", file.parent
    return f"cell:{code.co_firstlineno}", Path.cwd()


def check_function(function: Any, what: str) -> None:
    """Raises SluiceError for one that no other process can find."""
    if inspect.isclass(function) or not inspect.isfunction(function):
        raise SluiceError("GraphInvalid", f"{what}: expected a function, got {function!r}.")
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        raise SluiceError("GraphInvalid", f"{what}: an async function or a generator cannot be a task.")
    if function.__name__ == "<lambda>":
        raise SluiceError("GraphInvalid", f"{what}: a lambda cannot be a task.", "Define it with def, in its module.")
    if function.__closure__:
        names = ", ".join(f"'{name}'" for name in function.__code__.co_freevars)
        raise SluiceError(
            "GraphInvalid",
            f"{what}: it closes over {names}, which no job has.",
            "Define it in its module, and pass what it needs as arguments.",
        )
    if "." in function.__qualname__:
        raise SluiceError(
            "GraphInvalid",
            f"{what}: {function.__qualname__} cannot be imported by a job.",
            "Define it in its module itself, not inside of a function or class.",
        )


def source_of(function: AnyFunction, what: str) -> str:
    """Its source, from the margin on. Raises SluiceError where there is none."""
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        raise SluiceError(
            "GraphInvalid",
            f"{what}: its source is not there to be sent to a job.",
            "Define it in a file or in a notebook's cell: what is typed at a prompt or made by exec has no source.",
        ) from None


def body_of(function: AnyFunction, what: str) -> str:
    """`empty` (a docstring, `pass`, `...`), `constant` (it returns one), or `code`."""
    found = definition(source_of(function, what))
    kind = "empty"
    for statement in found.body:
        if isinstance(statement, ast.Pass) or (
            isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        ):
            continue
        if isinstance(statement, ast.Return) and statement is found.body[-1]:
            if statement.value is None or (
                isinstance(statement.value, ast.Constant) and statement.value.value in (None, ...)
            ):
                continue
            if isinstance(statement.value, ast.Constant):
                kind = "constant"
                continue
        return "code"
    return kind


def returns_something(function: AnyFunction, what: str) -> bool:
    """Whether it returns a value somewhere, where its annotation does not say."""
    found = definition(source_of(function, what))
    pending: list[ast.AST] = list(found.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Return) and node.value is not None:
            return not (isinstance(node.value, ast.Constant) and node.value.value is None)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))
    return False


def definition(source: str) -> ast.FunctionDef:
    """The function of a source that holds it alone."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            return node
    raise SluiceError("GraphInvalid", "Expected the source of a function.")


def module_file(function: AnyFunction) -> Path | None:
    """The file of its module; None for a notebook's cell or what was typed."""
    module = sys.modules.get(function.__module__)
    file = getattr(module, "__file__", None)
    if file is None or function.__code__.co_filename.startswith("<"):
        return None
    if Path(function.__code__.co_filename).resolve() != Path(file).resolve():
        return None
    return Path(file).resolve()
