"""Commands of scripts: one, or several under their names."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from .errors import ArgumentError
from .parsers import RemoteParser

# Carries the name of a subcommand to a job, whose arguments are flags and values alone.
CARRIED = "sagemaker_remote_command"
_CARRIED_FLAG = "--sagemaker-remote-command"


class Command:
    """One command: it says what its arguments are, and runs with them."""

    def __init__(self, help: str | None = None) -> None:  # noqa: A002
        self.help = help

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Adds arguments to a parser."""

    def run(self, args: argparse.Namespace) -> Any:
        """Does what the arguments say."""

    def parser(self, description: str | None = None) -> argparse.ArgumentParser:
        """A parser of its own."""
        parser = RemoteParser(description=description or self.help)
        self.configure(parser)
        return parser

    def run_command(self, description: str | None = None, argv: list[str] | None = None) -> Any:
        """Reads the command line and runs."""
        return self.run(self.parser(description).parse_args(argv))


def run_commands(
    commands: Mapping[str, Command],
    description: str | None = None,
    argv: list[str] | None = None,
    dry_run: bool = False,
) -> Any:
    """Runs the command that the command line names, here or, by the same name, in a job. None named: usage, exit 1.

    `dry_run` answers the parser alone.
    """
    parser = commands_parser(commands, description)
    if dry_run:
        return parser
    args = parser.parse_args(_named_first(sys.argv[1:] if argv is None else argv))
    name = args.__dict__.pop("command", None)
    if not name:
        print("A command is required.", file=sys.stderr)
        parser.print_usage(sys.stderr)
        sys.exit(1)
    setattr(args, CARRIED, name)
    return commands[name].run(args)


def commands_parser(
    commands: Mapping[str, Command], description: str | None = None, parser: Any = None, dest: str = "command"
) -> argparse.ArgumentParser:
    """A parser with a subparser for each command."""
    if not commands:
        raise ArgumentError("commands: expected at least one.")
    parser = parser or RemoteParser(description=description)
    below = parser.add_subparsers(title="commands", dest=dest, metavar="COMMAND")
    for name, command in commands.items():
        command.configure(below.add_parser(name, help=command.help, description=command.help))
    return parser


def _named_first(argv: list[str]) -> list[str]:
    """The arguments of a job, with the command's name where a parser looks for it."""
    if _CARRIED_FLAG not in argv:
        return argv
    at = argv.index(_CARRIED_FLAG)
    return [*argv[at + 1 : at + 2], *argv[:at], *argv[at + 2 :]]
