"""Scripts that run here, or as jobs of SageMaker and other platforms: by their command line alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .commands import Command, run_commands
from .paths import OPTIONAL, PathArgument
from .processing import ProcessingCommand, sagemaker_processing_main
from .processing_args import sagemaker_processing_args, sagemaker_processing_parser_for_docs
from .training import TrainingCommand, sagemaker_training_main
from .training_args import sagemaker_training_args, sagemaker_training_parser_for_docs
from .training_env import is_sagemaker

if TYPE_CHECKING:
    from .export import ExportModelCommand, ExportModelSpec
    from .inference import InferenceCommand, InferenceCommandConfig

__all__ = [
    "OPTIONAL",
    "Command",
    "ExportModelCommand",
    "ExportModelSpec",
    "InferenceCommand",
    "InferenceCommandConfig",
    "PathArgument",
    "ProcessingCommand",
    "TrainingCommand",
    "is_sagemaker",
    "run_commands",
    "sagemaker_processing_args",
    "sagemaker_processing_main",
    "sagemaker_processing_parser_for_docs",
    "sagemaker_training_args",
    "sagemaker_training_main",
    "sagemaker_training_parser_for_docs",
]


def __getattr__(name: str) -> Any:
    """What few scripts need is loaded once it is asked for."""
    if name in ("ExportModelCommand", "ExportModelSpec"):
        from . import export

        return getattr(export, name)
    if name in ("InferenceCommand", "InferenceCommandConfig"):
        from . import inference

        return getattr(inference, name)
    raise AttributeError(f"module 'sluice.remote' has no attribute '{name}'")
