"""Scripts that process."""

from sluice.remote.processing import ProcessingCommand, sagemaker_processing_main
from sluice.remote.processing_args import sagemaker_processing_args, sagemaker_processing_parser_for_docs

__all__ = [
    "ProcessingCommand",
    "sagemaker_processing_args",
    "sagemaker_processing_main",
    "sagemaker_processing_parser_for_docs",
]
