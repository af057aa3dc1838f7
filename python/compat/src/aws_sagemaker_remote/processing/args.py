"""The command line of scripts that process."""

from sluice.remote.processing_args import sagemaker_processing_args, sagemaker_processing_parser_for_docs

__all__ = ["sagemaker_processing_args", "sagemaker_processing_parser_for_docs"]
