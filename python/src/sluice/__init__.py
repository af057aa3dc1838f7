"""Machine-learning jobs and pipelines under SageMaker's job contract: tasks and workflows in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .decorators import (
    SageMakerConfig,
    batch_task,
    batch_transform_task,
    codeweave_task,
    cpu_task,
    endpoint_task,
    gpu_task,
    processing_task,
    sagemaker_batch_transform,
    sagemaker_batch_transform_task,
    sagemaker_processing_task,
    sagemaker_task,
    sagemaker_training,
    sagemaker_training_task,
    sagemaker_workflow,
    spark_task,
    task,
    training_task,
    workflow,
)
from .errors import RunCancelled, SluiceError, TaskError
from .job import Directory, File, channel, files, parameters, read_csv
from .settings import configure

if TYPE_CHECKING:
    from .execution import Execution
    from .running import find_execution, monitor, monitor_sagemaker_jobs, plan, register, run, run_async, upload

__version__ = "0.1.0"
__all__ = [
    "Directory",
    "Execution",
    "File",
    "RunCancelled",
    "SageMakerConfig",
    "SluiceError",
    "TaskError",
    "batch_task",
    "batch_transform_task",
    "channel",
    "codeweave_task",
    "configure",
    "configure_sagemaker",
    "cpu_task",
    "endpoint_task",
    "files",
    "find_execution",
    "gpu_task",
    "monitor",
    "monitor_sagemaker_jobs",
    "parameters",
    "plan",
    "processing_task",
    "read_csv",
    "register",
    "run",
    "run_async",
    "sagemaker_batch_transform",
    "sagemaker_batch_transform_task",
    "sagemaker_processing_task",
    "sagemaker_task",
    "sagemaker_training",
    "sagemaker_training_task",
    "sagemaker_workflow",
    "spark_task",
    "task",
    "training_task",
    "upload",
    "workflow",
]
configure_sagemaker = configure

_RUNNING = {"find_execution", "monitor", "monitor_sagemaker_jobs", "plan", "register", "run", "run_async", "upload"}


def __getattr__(name: str) -> Any:
    """What runs workflows is loaded once it is asked for."""
    if name in _RUNNING:
        from . import running

        return getattr(running, name)
    if name == "Execution":
        from .execution import Execution

        return Execution
    raise AttributeError(f"module 'sluice' has no attribute '{name}'")
