"""What the commands have in common."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from ..errors import ArgumentError
from ..fields import read_field
from ..session import Session
from ..values import resolve

Run = Any


class Cli:
    """What a command works with: AWS, made once it is asked for, and the language of values."""

    def __init__(self, profile: str) -> None:
        self._profile = profile
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """AWS."""
        self._session = self._session or Session(self._profile)
        return self._session

    @property
    def sagemaker(self) -> Any:
        """The client of SageMaker."""
        return self.session.client("sagemaker")

    def value(self, text: str | None, what: str) -> Any:
        """What a value says."""
        needs = isinstance(text, str) and "," in text and not os.path.exists(text)
        return resolve(text, self.session if needs else None, what)

    def expect(self, text: str | None, what: str) -> str:
        """What a value says, which has to be something."""
        found = self.value(text, what)
        if not found:
            raise ArgumentError(f"{what}: expected a value, got none.")
        return str(found)

    def print_field(self, document: Any, field: str | None) -> None:
        """Prints a member of a document: texts as they are, all else as JSON."""
        print_value(read_field(document, field))


def print_value(value: Any) -> None:
    """Prints a value."""
    text = value if isinstance(value, str) else json.dumps(value, indent=4, default=str)
    sys.stdout.write(text + "\n")


def add_group(commands: Any, name: str, help: str) -> Any:  # noqa: A002
    """Commands below a word."""
    group = commands.add_parser(name, help=help, description=help)
    return group.add_subparsers(metavar="COMMAND", required=True)


def add_command(commands: Any, name: str, help: str, run: Run) -> argparse.ArgumentParser:  # noqa: A002
    """One command."""
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=help, description=help, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    command.set_defaults(run=run)
    return command


def add_switch(command: argparse.ArgumentParser, yes: str, no: str, default: bool, help: str) -> None:  # noqa: A002
    """A flag and its opposite: `--force`, `--no-force`."""
    name = yes[2:].replace("-", "_")
    group = command.add_mutually_exclusive_group()
    group.add_argument(yes, dest=name, action="store_true", default=default, help=help)
    group.add_argument(no, dest=name, action="store_false", default=default, help=f"the opposite of {yes}")


def add_describe(commands: Any, what: str, run: Run) -> None:
    """`describe NAME [FIELD]`."""
    command = add_command(commands, "describe", f"Print what SageMaker says of {what}, or one field of it", run)
    command.add_argument("name")
    command.add_argument("field", nargs="?", default=None)


def add_delete(commands: Any, what: str, run: Run) -> None:
    """`delete NAME`."""
    add_command(commands, "delete", f"Delete {what}", run).add_argument("name")
