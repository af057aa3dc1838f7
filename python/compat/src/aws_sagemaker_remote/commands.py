"""Commands of scripts."""

from sluice.remote.commands import Command, commands_parser, run_commands

__all__ = ["Command", "commands_parser", "run_commands"]
