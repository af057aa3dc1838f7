"""Scripts that train."""

from sluice.remote.training import TrainingCommand, sagemaker_training_main
from sluice.remote.training_args import sagemaker_training_args, sagemaker_training_parser_for_docs
from sluice.remote.training_env import is_sagemaker

__all__ = [
    "TrainingCommand",
    "is_sagemaker",
    "sagemaker_training_args",
    "sagemaker_training_main",
    "sagemaker_training_parser_for_docs",
]
