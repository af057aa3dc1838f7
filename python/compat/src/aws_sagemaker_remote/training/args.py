"""The command line of scripts that train."""

from sluice.remote.training_args import sagemaker_training_args, sagemaker_training_parser_for_docs
from sluice.remote.training_env import is_sagemaker, sagemaker_env_args

__all__ = ["is_sagemaker", "sagemaker_env_args", "sagemaker_training_args", "sagemaker_training_parser_for_docs"]
