"""`sagemaker-pipe.py`: feeds a channel through FIFOs as SageMaker's Pipe mode does, for ever."""

from __future__ import annotations

import argparse
import os
import sys

from .errors import SluiceError
from .program import find_program

_EXAMPLES = """
Examples:
  sagemaker-pipe.py training src-dir dest-dir
  sagemaker-pipe.py train s3://mybucket/prefix dest-dir

The files below the source are streamed into DEST/CHANNEL_NAME_0, DEST/CHANNEL_NAME_1, …: one FIFO for each epoch, until
Ctrl-C. s3:// is AWS with the usual credentials, or what AWS_ENDPOINT_URL or SLUICE_S3 names."""


def main(argv: list[str] | None = None) -> int:
    """Runs `sluice pipe --forever` in this process's place; answers only where it cannot."""
    parser = argparse.ArgumentParser(
        prog="sagemaker-pipe.py",
        description="Tests algorithms that train in PIPE mode, without SageMaker.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-d", "--debug", action="store_true", help="say what is going on")
    parser.add_argument("-x", "--gunzip", action="store_true", help="inflate gzip data before it is streamed")
    parser.add_argument("-r", "--recordio", action="store_true", help="wrap each file in a RecordIO record")
    parser.add_argument("channel", metavar="CHANNEL_NAME", help="the name of the channel")
    parser.add_argument("source", metavar="SRC", help="an S3 URI, or a path")
    parser.add_argument("target", metavar="DEST", help="the directory of the FIFOs")
    args = parser.parse_args(argv)
    flags = [flag for flag, name in (("-d", "debug"), ("-x", "gunzip"), ("-r", "recordio")) if getattr(args, name)]
    try:
        command = [
            *find_program(),
            "pipe",
            "--forever",
            *flags,
            *_store(args.source),
            args.channel,
            args.source,
            args.target,
        ]
    except SluiceError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    sys.stdout.flush()
    os.execvp(command[0], command)
    return None


def _store(source: str) -> list[str]:
    """S3 itself, where nothing says otherwise: `sluice pipe` alone would look into its home."""
    named = ("SLUICE_S3", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    return ["--aws"] if source.startswith("s3://") and not any(os.environ.get(name) for name in named) else []
