"""The decorators."""

from sluice.decorators import (
    batch_task,
    codeweave_task,
    cpu_task,
    gpu_task,
    sagemaker_batch_transform,
    sagemaker_batch_transform_task,
    sagemaker_processing_task,
    sagemaker_task,
    sagemaker_training,
    sagemaker_training_task,
    spark_task,
    task,
    workflow,
)

__all__ = [
    "batch_task",
    "codeweave_task",
    "cpu_task",
    "gpu_task",
    "sagemaker_batch_transform",
    "sagemaker_batch_transform_task",
    "sagemaker_processing_task",
    "sagemaker_task",
    "sagemaker_training",
    "sagemaker_training_task",
    "spark_task",
    "task",
    "workflow",
]
