"""The task of flytekit that is a job of Sluice's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flytekit import FlyteContextManager, PythonFunctionTask
from flytekit.configuration.default_images import DefaultImages
from flytekit.core.array_node_map_task import ArrayNodeMapTask
from flytekit.core.promise import Promise
from flytekit.extend.backend.base_connector import AsyncConnectorExecutorMixin
from flytekit.models.task import Container, Resources

from .. import builder as building
from ..errors import SluiceError
from ..tasks import Task
from .custom import custom_of
from .decorators import TaskOptions

TASK_TYPES = {
    "training": "sluice_training",
    "processing": "sluice_processing",
    "batch_transform": "sluice_batch_transform",
    "endpoint": "sluice_endpoint",
}


class SluiceTask(AsyncConnectorExecutorMixin, PythonFunctionTask[Any]):  # pyright: ignore[reportUntypedBaseClass]
    """A task whose function, script or algorithm runs as a job, by the connector `sluice connector`."""

    def __init__(self, task_config: Any, task_function: Callable[..., Any], **kwargs: Any) -> None:
        type_, given = _options(task_config)
        image, environment = kwargs.get("container_image"), kwargs.get("environment")
        # An ImageSpec has a name once it is built.
        options = {
            **given,
            **({"image": image} if isinstance(image, str) and "{{" not in image else {}),
            **({"environment": environment} if environment and "environment" not in given else {}),
        }
        self.job = Task(type_, options, task_function)
        self._trained_by: Task | None = None
        super().__init__(task_config=task_config, task_function=task_function, task_type=self._type(), **kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        # In a workflow of `sluice` it is a step of that.
        if building.current is not None:
            return self.job(*args, **kwargs)
        return super().__call__(*args, **kwargs)

    def compile(self, ctx: Any, *args: Any, **kwargs: Any) -> Any:
        """A node of a workflow. One that serves a model remembers which task has trained it."""
        promise: Any = kwargs.get(self.job.serves or "")
        if isinstance(promise, Promise) and promise.ref is not None:
            trained = getattr(promise.ref.node.flyte_entity, "job", None)
            self._trained_by = trained if isinstance(trained, Task) else None
        return super().compile(ctx, *args, **kwargs)

    def execute(self, **kwargs: Any) -> Any:
        """In a container of Flyte's the function itself; on somebody's machine a job."""
        state = FlyteContextManager.current_context().execution_state
        if state is None or not state.is_local_execution():
            return PythonFunctionTask.execute(self, **kwargs)
        from .local import execute_locally

        return execute_locally(self, kwargs)

    def get_custom(self, settings: Any) -> dict[str, Any]:
        """What the connector makes a job of."""
        return custom_of(self.job, self._trained_by)

    def get_container(self, settings: Any) -> Any:
        """Without resources: FlyteAdmin holds them against its limits for pods, and the job runs elsewhere."""
        own = super()._get_container(settings)
        return Container(
            image=own.image,
            command=own.command,
            args=own.args,
            resources=Resources([], []),
            env=own.env,
            config=own.config,
        )

    def get_image(self, settings: Any) -> str:
        """The job's own; one of a framework that the connector chooses has no name yet, and Flyte wants one."""
        if "image" in self.job.options:
            return self.job.options["image"]
        if self.container_image is None and settings.image_config.default_image is None:
            return DefaultImages.default_image()
        return super().get_image(settings)

    def get_k8s_pod(self, settings: Any) -> None:
        """None: no pod runs it."""
        return

    def get_config(self, settings: Any) -> dict[str, str]:
        """Nothing: it would name a container of a pod."""
        return {}

    def set_command_fn(self, get_command_fn: Callable[[Any], list[str]] | None = None) -> None:
        """Raises SluiceError where a map of this task is to be registered: Flyte runs no connector's tasks in one."""
        if isinstance(getattr(get_command_fn, "__self__", None), ArrayNodeMapTask):
            raise SluiceError(
                "GraphInvalid",
                f"{self.job.what}: map_task of a connector's task runs locally, and not on Flyte, whose ArrayNode takes none.",
                "Call it once for each element in the workflow, or have one job work on all of them.",
            )
        super().set_command_fn(get_command_fn)

    def _type(self) -> str:
        if self.job.type == "processing" and ("spark" in self.job.options or self.job.options.get("platform") == "emr"):
            return "sluice_spark"
        return TASK_TYPES[self.job.type]


def _options(task_config: Any) -> tuple[str | None, dict[str, Any]]:
    if isinstance(task_config, TaskOptions):
        return task_config.type, task_config.given
    return None, {"task_config": task_config}
