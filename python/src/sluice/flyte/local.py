"""Runs of tasks on somebody's machine, as `pyflyte run` without `--remote` has them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flytekit import FlyteContextManager, FlyteDirectory, FlyteFile

from ..job.values import hints_of, kind_of, results_of
from ..workflow import Workflow

if TYPE_CHECKING:
    from ..execution import Execution
    from .task import SluiceTask


def execute_locally(task: SluiceTask, inputs: dict[str, Any]) -> Any:
    """Runs the task's job: by the connector at SLUICE_CONNECTOR, else on a server of this process's own."""
    if os.environ.get("SLUICE_CONNECTOR"):
        from .remote_connector import execute

        return execute(task, inputs)
    return _execute_embedded(task, inputs)


def _execute_embedded(task: SluiceTask, inputs: dict[str, Any]) -> Any:
    from ..running import run
    from ..settings import settings

    hints = hints_of(task.task_function)
    with tempfile.TemporaryDirectory(prefix="sluice-flyte-") as directory:
        given = {name: _given(name, value, Path(directory)) for name, value in inputs.items()}

        def once() -> Any:
            return task.job(**given)

        once.__annotations__ = {"return": hints.get("return")}
        execution = run(Workflow(once, {"name": task.job.name}), platform=settings.platform or "local", wait=True)
    values = list(execution.outputs.values())
    results = results_of(hints.get("return")) or []
    made = [_made(annotation, value, execution) for (_, annotation), value in zip(results, values, strict=True)]
    return made[0] if len(made) == 1 else tuple(made) if made else None


def _given(name: str, value: Any, directory: Path) -> Any:
    """A value of flytekit's as one that `sluice` takes."""
    if isinstance(value, FlyteFile | FlyteDirectory):
        source = value.remote_source or os.fspath(value)
        return source if "://" in str(source) else os.path.abspath(source)
    if type(value).__name__ == "DataFrame":
        file = directory / f"{name}.parquet"
        value.to_parquet(file)
        return str(file)
    if isinstance(value, str) and "://" not in value and os.path.exists(value):
        # A path is relative to where pyflyte was started.
        return os.path.abspath(value)
    return value


def _made(annotation: Any, value: Any, execution: Execution) -> Any:
    """What the job has left, as flytekit has it: data comes to this machine."""
    kind = kind_of(annotation)
    if not kind.is_place or value is None:
        return value
    # flytekit's own place for data of a local run.
    here = FlyteContextManager.current_context().file_access.get_random_local_directory()
    path = execution.download(value, here)
    if kind.name == "dataframe":
        import pandas

        return pandas.read_parquet(path)
    if kind.name == "directory":
        return FlyteDirectory(str(path))
    return path if kind.name == "path" else FlyteFile(str(path))
