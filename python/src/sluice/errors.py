"""What goes wrong, in one shape."""

from __future__ import annotations

import builtins
from ast import literal_eval


class SluiceError(Exception):
    """An error with a stable code of Sluice, and what to do next."""

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(message if hint is None else f"{message}\n{hint}")
        self.code = code
        self.message = message
        self.hint = hint


class TaskError(SluiceError):
    """A step of a run has failed: with the type, message and traceback of the exception where one was raised."""

    def __init__(self, message: str, *, node: str | None, type: str, traceback: str) -> None:  # noqa: A002
        where = "" if node is None else f"Node '{node}': "
        super().__init__("JobFailed", f"{where}{message}", traceback or None)
        self.node = node
        self.type = type
        self.traceback = traceback


class RunCancelled(SluiceError):
    """A run was cancelled."""


def as_raised(error: TaskError, message: str) -> Exception:
    """A built-in exception as itself, caused by the task's error; the task's error for any other."""
    kind = getattr(builtins, error.type, None)
    if not isinstance(kind, type) or not issubclass(kind, Exception):
        return error
    try:
        # KeyError shows its argument as repr does.
        raised = kind(literal_eval(message) if kind is KeyError else message)
    except (TypeError, ValueError, SyntaxError):
        return error
    raised.__cause__ = error
    return raised


def suggest(name: str, known: list[str]) -> str:
    """What was probably meant, and what there is."""
    from difflib import get_close_matches

    close = get_close_matches(name, known, 1)
    there = ", ".join(known[:30]) or "none"
    return f"Did you mean '{close[0]}'? There are: {there}." if close else f"There are: {there}."
