"""The commands of `sluice remote`."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from ...errors import SluiceError
from ..session import PROFILE
from . import documents, ecr, endpoints, models, transforms
from .options import Cli

GROUPS = (documents, transforms, models, endpoints, ecr)


def main(argv: list[str] | None = None) -> int:
    """Runs a command line; answers the exit code."""
    args = build_parser().parse_args(argv)
    try:
        args.run(Cli(args.profile), args)
    except (SluiceError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except Exception as error:
        # boto3's own, without what its caller did to get there.
        if not type(error).__module__.startswith("botocore"):
            raise
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def build_parser() -> argparse.ArgumentParser:
    """All commands, also for documentation."""
    parser = argparse.ArgumentParser(
        prog=os.environ.get("SLUICE_REMOTE_NAME", "sluice remote"),
        description="Jobs, models and endpoints of SageMaker",
    )
    parser.add_argument("--profile", default=PROFILE, help="profile of AWS's configuration")
    commands: Any = parser.add_subparsers(metavar="COMMAND", required=True)
    for group in GROUPS:
        group.add_commands(commands)
    return parser


def main_of_compat() -> int:
    """`aws-sagemaker-remote`."""
    os.environ["SLUICE_REMOTE_NAME"] = "aws-sagemaker-remote"
    return main()
