"""Tasks of Sluice under flytekit: the same decorators and `task_config` forms make flytekit tasks of the connector's types.

flytekit loads this itself (entry point `flytekit.plugins`), and then `@task(task_config={"platform": "sagemaker", …})`
of flytekit makes one.
"""

from __future__ import annotations

import sys
from pathlib import PurePath

from flytekit.core.task import TaskPlugins

from .. import decorators as _decorators
from ..options import SageMakerConfig
from .decorators import (
    TaskOptions,
    batch_task,
    batch_transform_task,
    codeweave_task,
    cpu_task,
    decorate,
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
from .task import SluiceTask

__all__ = [
    "SageMakerConfig",
    "SluiceTask",
    "batch_task",
    "batch_transform_task",
    "codeweave_task",
    "cpu_task",
    "endpoint_task",
    "gpu_task",
    "processing_task",
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
    "workflow",
]

# flytekit chooses by the type of task_config; without the one for dict it would drop a dictionary without a word.
for _type in (dict, SageMakerConfig, TaskOptions):
    TaskPlugins.register_pythontask_plugin(_type, SluiceTask)

# What `sluice` and `cdao_sdk` call a task is Flyte's where Flyte's program reads the file.
if PurePath(sys.argv[0]).name.startswith("pyflyte"):
    _decorators.use_instead(decorate)
