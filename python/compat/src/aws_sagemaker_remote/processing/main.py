"""Scripts that process."""

from sluice.remote.processing import ProcessingCommand, sagemaker_processing_main

__all__ = ["ProcessingCommand", "sagemaker_processing_main"]
