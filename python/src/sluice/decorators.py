"""Decorators that make tasks, by the names of the guide for SageMaker under Flyte too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from .errors import SluiceError
from .options import SageMakerConfig
from .tasks import Task
from .workflow import workflow as _workflow

__all__ = [
    "SageMakerConfig",
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


# By its name, what a decorator says before its options do.
SPECIFIED: dict[str, tuple[str | None, dict[str, Any]]] = {}
_instead: Callable[[str, Callable[..., Any] | None, dict[str, Any]], Any] | None = None


def use_instead(decorate: Callable[[str, Callable[..., Any] | None, dict[str, Any]], Any]) -> None:
    """Has every decorator, by its name with function and options, make what this makes."""
    global _instead
    _instead = decorate


def _decorator(name: str, type_: str | None, defaults: dict[str, Any], doc: str) -> Callable[..., Any]:
    SPECIFIED[name] = (type_, defaults)

    def decorate(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
        if _instead is not None:
            return _instead(name, function, options)
        given = with_defaults(defaults, options)
        if function is not None:
            if not callable(function):
                raise SluiceError("GraphInvalid", f"@{name}: options have names, got {function!r}.")
            return Task(type_, given, function)
        if "name" in options and (type_ in ("batch_transform", "endpoint") or any(key in options for key in _RUNS)):
            return NamedTask(type_, given)
        return lambda each: Task(type_, given, cast("Callable[..., Any]", each))

    decorate.__name__ = decorate.__qualname__ = name
    decorate.__doc__ = doc
    return decorate


# What a task may run that no function says.
_RUNS = (
    "script",
    "entry_point",
    "command",
    "algorithm",
    "model_name",
    "image",
    "container_image",
    "built_in",
    "channels",
    "input_channels",
    "inputs",
)


class NamedTask(Task):
    """A task without a function. Used as a decorator after all, it takes the function's parameters."""

    def __init__(self, type_: str | None, given: dict[str, Any]) -> None:
        self._given = (type_, given)
        super().__init__(type_, given)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        import inspect

        if len(args) == 1 and not kwargs and inspect.isfunction(args[0]):
            return Task(*self._given, args[0])
        return super().__call__(*args, **kwargs)


def with_defaults(defaults: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """The options, with defaults for those that neither they nor their task_config say."""
    return {**{key: value for key, value in defaults.items() if key not in _said(options)}, **options}


def _said(options: dict[str, Any]) -> set[str]:
    config = options.get("task_config")
    inside = set(cast("dict[str, Any]", config)) if isinstance(config, dict) else set(getattr(config, "__dict__", {}))
    return {*options, *inside}


_SAGEMAKER = {"platform": "sagemaker"}
_JOB = "Makes a step of a function, or of a script: a {} job. Options: docs/python.md."


def workflow(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Makes a workflow of a function: it is called once, now, with what stands for values, and builds a graph."""
    if _instead is not None:
        return _instead("workflow", function, options)
    return _workflow(**options) if function is None else _workflow(function)


task = _decorator("task", None, {}, _JOB.format("processing job, or the job that task_config names, a"))
training_task = _decorator("training_task", "training", {}, _JOB.format("training"))
processing_task = _decorator("processing_task", "processing", {}, _JOB.format("processing"))
endpoint_task = _decorator("endpoint_task", "endpoint", {}, "Makes a step that has an endpoint serve models.")
batch_transform_task = _decorator("batch_transform_task", "batch_transform", {}, _JOB.format("batch transform"))

sagemaker_task = _decorator("sagemaker_task", None, _SAGEMAKER, _JOB.format("SageMaker"))
sagemaker_training_task = _decorator(
    "sagemaker_training_task", "training", _SAGEMAKER, _JOB.format("SageMaker training")
)
sagemaker_processing_task = _decorator(
    "sagemaker_processing_task", "processing", _SAGEMAKER, _JOB.format("SageMaker processing")
)
sagemaker_batch_transform_task = _decorator(
    "sagemaker_batch_transform_task", "batch_transform", _SAGEMAKER, _JOB.format("SageMaker batch transform")
)
sagemaker_training = sagemaker_training_task
sagemaker_batch_transform = sagemaker_batch_transform_task
sagemaker_workflow = workflow

cpu_task = _decorator("cpu_task", None, {"platform": "kubernetes"}, _JOB.format("Kubernetes"))
gpu_task = _decorator(
    "gpu_task", None, {"platform": "coreweave", "instance_type": "ml.g4dn.xlarge"}, _JOB.format("GPU")
)
codeweave_task = _decorator(
    "codeweave_task", None, {"platform": "coreweave", "instance_type": "ml.g4dn.xlarge"}, _JOB.format("GPU")
)
batch_task = _decorator("batch_task", None, {"platform": "batch"}, _JOB.format("AWS Batch"))
spark_task = _decorator("spark_task", "processing", {"platform": "emr"}, _JOB.format("Spark"))
