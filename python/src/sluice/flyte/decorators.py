"""The decorators of `sluice`, whose tasks and workflows are flytekit's."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import flytekit

from .. import decorators as own
from ..errors import SluiceError

# What is flytekit's own to know of a task; the rest are options of the job.
FLYTEKIT = frozenset(inspect.signature(flytekit.task).parameters) - {"_task_function", "task_config", "kwargs"}


class TaskOptions:
    """The options of a decorator as a `task_config`: flytekit finds the class of a task by its type."""

    def __init__(self, type_: str | None, given: dict[str, Any]) -> None:
        self.type = type_
        self.given = given


def decorate(name: str, function: Callable[..., Any] | None, options: dict[str, Any]) -> Any:
    """What the decorator of this name makes of a function under flytekit."""
    if function is None:
        _expect_function(options)
        return lambda each: decorate(name, each, options)
    if name == "workflow":
        return _workflow(function, options)
    type_, defaults = own.SPECIFIED[name]
    given = own.with_defaults(defaults, options)
    flyte = {key: value for key, value in given.items() if key in FLYTEKIT}
    rest = {key: value for key, value in given.items() if key not in FLYTEKIT}
    if "timeout_seconds" in rest:
        flyte["timeout"] = rest.pop("timeout_seconds")
    return flytekit.task(task_config=TaskOptions(type_, rest), **flyte)(function)


def _expect_function(options: dict[str, Any]) -> None:
    if "script" in options and "name" in options and ("inputs" in options or "outputs" in options):
        raise SluiceError(
            "GraphInvalid",
            f"Task '{options['name']}': under flytekit a function says what a task takes.",
            "Decorate one with these options: @processing_task(script='prepare.py').",
        )


def _workflow(function: Callable[..., Any], options: dict[str, Any]) -> Any:
    policy = options.get("failure_policy")
    chosen = getattr(flytekit.WorkflowFailurePolicy, policy) if isinstance(policy, str) else policy
    return flytekit.workflow(failure_policy=chosen)(function) if chosen is not None else flytekit.workflow(function)


def _decorator(name: str) -> Callable[..., Any]:
    def made(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
        return decorate(name, function, options)

    made.__name__ = made.__qualname__ = name
    made.__doc__ = getattr(own, name).__doc__
    return made


task = _decorator("task")
training_task = _decorator("training_task")
processing_task = _decorator("processing_task")
endpoint_task = _decorator("endpoint_task")
batch_transform_task = _decorator("batch_transform_task")
sagemaker_task = _decorator("sagemaker_task")
sagemaker_training_task = _decorator("sagemaker_training_task")
sagemaker_processing_task = _decorator("sagemaker_processing_task")
sagemaker_batch_transform_task = _decorator("sagemaker_batch_transform_task")
sagemaker_training = sagemaker_training_task
sagemaker_batch_transform = sagemaker_batch_transform_task
cpu_task = _decorator("cpu_task")
gpu_task = _decorator("gpu_task")
codeweave_task = _decorator("codeweave_task")
batch_task = _decorator("batch_task")
spark_task = _decorator("spark_task")
workflow = sagemaker_workflow = _decorator("workflow")
