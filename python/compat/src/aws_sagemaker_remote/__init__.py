"""The names of aws-sagemaker-remote, by what `sluice.remote` does."""

from sluice.remote import (
    OPTIONAL,
    Command,
    PathArgument,
    ProcessingCommand,
    TrainingCommand,
    run_commands,
    sagemaker_processing_args,
    sagemaker_processing_main,
    sagemaker_training_args,
    sagemaker_training_main,
)

__all__ = [
    "OPTIONAL",
    "Command",
    "PathArgument",
    "ProcessingCommand",
    "TrainingCommand",
    "run_commands",
    "sagemaker_processing_args",
    "sagemaker_processing_main",
    "sagemaker_training_args",
    "sagemaker_training_main",
]
