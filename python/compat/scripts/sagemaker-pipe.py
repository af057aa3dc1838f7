#!python
"""Feeds a channel through FIFOs as SageMaker's Pipe mode does."""

import sys

from sluice.pipe import main

if __name__ == "__main__":
    sys.exit(main())
