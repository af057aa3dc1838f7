"""Scripts that train."""

from sluice.remote.training import TrainingCommand, sagemaker_training_main

__all__ = ["TrainingCommand", "sagemaker_training_main"]
