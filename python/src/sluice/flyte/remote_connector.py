"""The connector at SLUICE_CONNECTOR, asked as Flyte asks it: `pyflyte run` on somebody's machine goes through it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
from flyteidl.admin import agent_pb2
from flyteidl.service.agent_pb2_grpc import AsyncAgentServiceStub
from flytekit import FlyteContextManager
from flytekit.core.type_engine import TypeEngine
from flytekit.extend.backend.base_connector import (
    AsyncConnectorBase,
    AsyncConnectorExecutorMixin,
    ConnectorRegistry,
    Resource,
    ResourceMeta,
)
from flytekit.models.literals import LiteralMap

if TYPE_CHECKING:
    from .task import SluiceTask

# As long as Flyte's Propeller waits for an answer.
ANSWER_SECONDS = 10


@dataclass
class Meta(ResourceMeta):  # pyright: ignore[reportUntypedBaseClass]
    """What the connector finds a task by: its own bytes."""

    resource_meta: bytes
    output_prefix: str = ""

    def encode(self) -> bytes:
        """Its bytes."""
        return self.resource_meta

    @classmethod
    def decode(cls, data: bytes) -> Meta:
        """Of its bytes."""
        return cls(data)


class RemoteConnector(AsyncConnectorBase):  # pyright: ignore[reportUntypedBaseClass]
    """Hands what flytekit asks of a connector on over gRPC."""

    name = "Sluice"

    def __init__(self, task_type: str, address: str) -> None:
        super().__init__(task_type_name=task_type, metadata_type=Meta)
        secure = address.startswith("https://")
        target = address.partition("://")[2] or address
        channel = (
            grpc.secure_channel(target, grpc.ssl_channel_credentials()) if secure else grpc.insecure_channel(target)
        )
        self._stub = AsyncAgentServiceStub(channel)

    def create(self, task_template: Any, output_prefix: str, inputs: Any = None, **_: Any) -> Meta:
        """Begins a task."""
        request = agent_pb2.CreateTaskRequest(
            inputs=inputs.to_flyte_idl() if inputs else None,
            template=task_template.to_flyte_idl(),
            output_prefix=output_prefix,
        )
        answer: Any = self._stub.CreateTask(request, timeout=ANSWER_SECONDS)
        return Meta(answer.resource_meta, output_prefix)

    def get(self, resource_meta: Meta, **_: Any) -> Any:
        """How a task stands."""
        request = agent_pb2.GetTaskRequest(**self._of(resource_meta), output_prefix=resource_meta.output_prefix)
        answer: Any = self._stub.GetTask(request, timeout=ANSWER_SECONDS)
        found: Any = answer.resource
        outputs: Any = LiteralMap.from_flyte_idl(found.outputs) if found.HasField("outputs") else None
        return Resource(phase=found.phase, message=found.message, log_links=list(found.log_links), outputs=outputs)

    def delete(self, resource_meta: Meta, **_: Any) -> None:
        """Ends a task."""
        self._stub.DeleteTask(agent_pb2.DeleteTaskRequest(**self._of(resource_meta)), timeout=ANSWER_SECONDS)

    def _of(self, meta: Meta) -> dict[str, Any]:
        own = self.task_category
        category = agent_pb2.TaskCategory(name=own.name, version=own.version)
        return {"task_type": own.name, "task_category": category, "resource_meta": meta.resource_meta}


def execute(task: SluiceTask, inputs: dict[str, Any]) -> Any:
    """Runs a task by the connector. Its outputs are values of Python's, so that a map of it works, too."""
    connector = RemoteConnector(task.task_type, os.environ["SLUICE_CONNECTOR"])
    ConnectorRegistry.register(connector, override=True)
    outputs = AsyncConnectorExecutorMixin.execute(task, **inputs)
    types = task.python_interface.outputs
    context = FlyteContextManager.current_context()
    values = [TypeEngine.to_python_value(context, outputs.literals[name], type_) for name, type_ in types.items()]
    return values[0] if len(values) == 1 else tuple(values) if values else None
