"""An execution of Flyte, as Python sees it."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .admin import Admin, Command, input_arguments, written_graph
from .errors import RunCancelled, SluiceError, TaskError
from .execution import Execution

if TYPE_CHECKING:
    from .bundles import Bundle
    from .workflow import Workflow

# Flyte's phases in the words of runs.
_PHASES = {"SUCCEEDED": "Succeeded", "FAILED": "Failed", "ABORTED": "Aborted", "TIMED_OUT": "Failed"}
_NODE_PHASES = {**_PHASES, "TIMED_OUT": "TimedOut", "UNDEFINED": "NotYetStarted"}
EVERY_SECONDS = 2.0


class FlyteExecution(Execution):
    """An execution of Flyte: as `Execution`, with what Flyte knows of it."""

    def __init__(self, admin: Admin, id: str, workflow: Workflow | None = None) -> None:  # noqa: A002
        super().__init__(admin, id, workflow)
        self.admin = admin

    @property
    def url(self) -> str:
        """Its page in Flyte's console."""
        return self.refresh()["url"]

    def cancel(self) -> None:
        """Has Flyte abort it: its jobs are stopped. One that has ended stays as it is."""
        self.admin.ask("abort", self.id, "--reason", "cancelled from Python")

    def download(self, uri: str, to: str | Path) -> Path:
        """Raises SluiceError: Flyte has no door to the buckets of its jobs."""
        raise SluiceError(
            "InvalidArgument",
            f"download: {uri} lies in a bucket that Flyte's jobs write to, and not with a server of Sluice.",
            "Fetch it with the keys of that bucket: aws s3 cp, or boto3.",
        )

    def _ask(self) -> dict[str, Any]:
        shown = self.admin.ask("show", self.id)
        steps = {} if self._workflow is None else {each["id"]: each for each in self._workflow.steps()}
        begun = {each["id"]: each for each in shown["nodes"]}
        nodes = [_as_node(name, begun.get(name), steps.get(name, {})) for name in {**steps, **begun}]
        told = [node["costUsd"] for node in nodes if "costUsd" in node]
        return {
            "id": self.id,
            "workflow": self._workflow.name if self._workflow else f"{self.admin.project}/{self.admin.domain}",
            "phase": _PHASES.get(shown["phase"], "Running"),
            "nodes": nodes,
            "outputs": shown["outputs"],
            "cost": {"onDemand": sum(told)} if told else {},
            "error": shown.get("error"),
            "abort": shown.get("abort"),
            "url": shown["url"],
        }

    def _wait_for_end(self, deadline: float | None) -> None:
        with self.admin.start("watch", self.id) as running:
            failure: list[BaseException] = []
            ended = threading.Event()
            threading.Thread(target=_follow, args=(running, failure, ended), daemon=True).start()
            self._until(ended, deadline)
        # The watch fails where the execution does: that one has ended.
        if self.refresh()["phase"] == "Running":
            raise failure[0] if failure else TimeoutError(f"Execution {self.id} has not ended in time; it goes on.")

    def _log(self, node: str, follow: bool) -> Iterator[str]:
        """What is known of a node's attempts: Flyte keeps no logs, and knows where they are."""
        told: set[str] = set()
        while True:
            run = self.refresh()
            for line in _lines(next((each["attempts"] for each in run["nodes"] if each["id"] == node), [])):
                if line not in told:
                    told.add(line)
                    yield line
            if run["phase"] != "Running" or not follow:
                return
            time.sleep(EVERY_SECONDS)

    def _told(self, node: dict[str, Any]) -> dict[str, Any]:
        from .node_log import shown_line

        return {"log": [shown_line(line) for line in _lines(node["attempts"])]}

    def _raise(self) -> None:
        run = self._run
        if run["phase"] == "Succeeded":
            return
        if run["phase"] == "Aborted":
            cause = (run["abort"] or {}).get("cause", "")
            raise RunCancelled("RunStopped", f"Execution {self.id} was aborted: {cause}")
        failed = next((each for each in run["nodes"] if each.get("error")), None)
        error: dict[str, Any] = (failed or {}).get("error") or run["error"] or {}
        message = error.get("message") or "The execution has failed."
        raise TaskError(message, node=failed and failed["id"], type=error.get("code", ""), traceback="")


def begin(
    admin: Admin,
    workflow: Workflow,
    graph: dict[str, Any],
    bundles: dict[str, Bundle],
    values: dict[str, Any],
    key: str,
) -> FlyteExecution:
    """Registers a workflow with Flyte and launches it. The same key is the same execution."""
    _refuse_local(workflow, graph, values)
    with written_graph(graph, bundles) as file:
        inputs = input_arguments(values, file.parent)
        name = f"s{hashlib.sha256(key.encode()).hexdigest()[:19]}"
        started = admin.ask("run", str(file), "--name", name, *inputs)
    return FlyteExecution(admin, started["name"], workflow)


def _refuse_local(workflow: Workflow, graph: dict[str, Any], values: dict[str, Any]) -> None:
    places = {name for name, each in workflow.interface["inputs"].items() if each["type"] == "uri"}
    for name, value in values.items():
        if name in places and value and (value.startswith("file:") or "://" not in value):
            raise _local(f"{workflow.what}: input '{name}'", value)
    found = _first_local([graph["interface"], graph["tasks"], graph["nodes"]])
    if found is not None:
        raise _local(workflow.what, found)


def _first_local(value: Any) -> str | None:
    if isinstance(value, str):
        return value if value.startswith("file:") else None
    items: list[Any] = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return next((found for each in items if (found := _first_local(each)) is not None), None)


def _local(what: str, place: str) -> SluiceError:
    return SluiceError(
        "InvalidArgument",
        f"{what}: '{place}' is a place of this machine, and Flyte's jobs run elsewhere.",
        "Give a place in a bucket that they read: s3://bucket/key.",
    )


def _follow(running: Command, failure: list[BaseException], ended: threading.Event) -> None:
    try:
        for _ in running.documents():
            pass
    except BaseException as error:
        failure.append(error)
    ended.set()


def _lines(attempts: list[dict[str, Any]]) -> Iterator[str]:
    for each in attempts:
        attempt = f"attempt {each['attempt'] + 1}"
        yield f"{attempt}  {each['phase']}"
        yield from (f"{attempt}  {log['name']}  {log['uri']}" for log in each["logs"])
        yield from (f"{attempt}  {name}: {value}" for name, value in each["info"].items())
        if each.get("error"):
            yield f"{attempt}  {each['error'].get('code', 'failed')}: {each['error'].get('message', '')}"


def _as_node(name: str, begun: dict[str, Any] | None, step: dict[str, Any]) -> dict[str, Any]:
    """A node in the form of a run's."""
    attempts: list[dict[str, Any]] = (begun or {}).get("attempts", [])
    phase: str = (begun or {}).get("phase", "UNDEFINED")
    costs = [each["info"]["costUsd"] for each in attempts if "costUsd" in each["info"]]
    return {
        "id": name,
        "type": step.get("type") or (attempts[-1]["taskType"] if attempts else ""),
        "phase": _NODE_PHASES.get(phase, phase.capitalize()),
        "attempt": len(attempts),
        "dependsOn": step.get("dependsOn", []),
        **({"costUsd": sum(costs)} if costs else {}),
        "attempts": attempts,
        "error": (begun or {}).get("error"),
    }
