"""Command lines: flags of values that are neither empty nor repeated."""

from __future__ import annotations

import argparse
import re
from typing import Any

from .errors import ArgumentError

YES = ("y", "yes", "t", "true", "on", "1")
NO = ("n", "no", "f", "false", "off", "0")
Group = Any


class RemoteParser(argparse.ArgumentParser):
    """Refuses what could not be carried to a job: a value that is empty, and a flag that stands twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("formatter_class", argparse.ArgumentDefaultsHelpFormatter)
        super().__init__(*args, **kwargs)
        self._seen: set[int] = set()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        self._seen = set()
        return super().parse_known_args(args, namespace)

    def _get_values(self, action: argparse.Action, arg_strings: Any) -> Any:
        if action.option_strings:
            name = "/".join(action.option_strings)
            may_repeat = type(action).__name__ in (
                "_AppendAction",
                "_AppendConstAction",
                "_CountAction",
                "_ExtendAction",
            )
            if id(action) in self._seen and not may_repeat:
                self.error(f"argument {name}: expected once, got several times; join several values with commas.")
            self._seen.add(id(action))
            if any(value == "" for value in arg_strings):
                self.error(f"argument {name}: expected a value, got an empty one; leave the flag out instead.")
        return super()._get_values(action, arg_strings)  # type: ignore[misc]


def flag(name: str) -> str:
    """`--learning-rate` for `learning_rate`."""
    return "--" + name.replace("_", "-")


def parse_bool(text: Any) -> bool:
    """Yes or no, in one of the usual words. Raises ValueError."""
    if isinstance(text, bool):
        return text
    word = str(text).strip().lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise argparse.ArgumentTypeError(f"expected yes or no, got '{text}'")


def parse_run(text: Any) -> bool | str:
    """No, yes (SageMaker's API), or the name of a platform."""
    if isinstance(text, bool):
        return text
    try:
        return parse_bool(text)
    except argparse.ArgumentTypeError:
        word = str(text).strip().lower()
        if not re.fullmatch(r"[a-z][a-z0-9-]*", word):
            raise argparse.ArgumentTypeError(f"expected no, yes, or a platform such as local, got '{text}'") from None
        return word


def bool_argument(group: Group, name: str, *, default: bool, help: str) -> None:  # noqa: A002
    """A flag that is true without a value."""
    group.add_argument(name, default=default, type=parse_bool, nargs="?", const=True, metavar="BOOL", help=help)


def run_argument(group: Group, default: bool | str) -> None:
    """`--sagemaker-run`."""
    group.add_argument(
        "--sagemaker-run",
        default=default,
        type=parse_run,
        nargs="?",
        const=True,
        metavar="WHERE",
        help="no: here; yes: on SageMaker; else the platform of that name",
    )


def add_arguments(parser: Group, given: Any) -> None:
    """What the caller adds: dicts whose flag is `dest`, or (args, kwargs)."""
    for index, each in enumerate(given or []):
        what = f"additional_arguments[{index}]"
        if isinstance(each, dict):
            options = dict(each)
            names = options.pop("dest", None)
            if not isinstance(names, str) or not names.startswith("-"):
                raise ArgumentError(f"{what}: expected a flag such as '--filter-width' under 'dest', got {names!r}.")
            _add(parser, what, [names], options)
        elif isinstance(each, (tuple, list)) and len(each) == 2 and isinstance(each[1], dict):
            flags = [each[0]] if isinstance(each[0], str) else list(each[0])
            _add(parser, what, flags, each[1])
        else:
            raise ArgumentError(f"{what}: expected a dict, or a tuple of arguments and keywords, got {each!r}.")


def _add(parser: Group, what: str, flags: list[str], options: dict[str, Any]) -> None:
    try:
        parser.add_argument(*flags, **options)
    except (argparse.ArgumentError, TypeError, ValueError) as error:
        raise ArgumentError(f"{what}: {error}.") from None
