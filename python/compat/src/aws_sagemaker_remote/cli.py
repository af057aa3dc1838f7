"""The program aws-sagemaker-remote."""

from sluice.remote.cli import main_of_compat as cli

__all__ = ["cli"]
