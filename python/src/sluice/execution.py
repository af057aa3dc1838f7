"""A run, as Python sees it."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import RunCancelled, SluiceError, TaskError, as_raised
from .job.values import decode, kind_of, results_of

if TYPE_CHECKING:
    from .node_log import NodeLog
    from .workflow import Workflow

# Nodes whose logs are shown.
MOST_LOGS = 20
NODE_ENDED = ("Succeeded", "Failed", "TimedOut", "Aborted", "Skipped")
ENDED = ("Succeeded", "Failed", "Aborted")
_LAST = re.compile(r"^([A-Za-z_][\w.]*)(?:: ([\s\S]*))?$")


class Execution:
    """A run that was begun: follow it, read what it has made, cancel it."""

    def __init__(self, server: Any, id: str, workflow: Workflow | None = None) -> None:  # noqa: A002
        self.id = id
        self.server = server
        self._workflow = workflow
        self._logs: dict[str, NodeLog] = {}
        self._run: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"<execution {self.id}: {self._run.get('phase', 'begun')}>"

    def refresh(self) -> dict[str, Any]:
        """What the server knows of it now."""
        if self._run.get("phase") not in ENDED:
            self._run = self._ask()
        return self._run

    def _ask(self) -> dict[str, Any]:
        return self.server.ask("GET", f"/runs/{self.id}")

    @property
    def phase(self) -> str:
        """Running, Succeeded, Failed or Aborted."""
        return self.refresh()["phase"]

    @property
    def nodes(self) -> list[dict[str, Any]]:
        """Its nodes, each with phase, attempt, durationMs, metrics, outputs, error."""
        return self.refresh()["nodes"]

    @property
    def cost(self) -> dict[str, Any]:
        """What its jobs would have cost on SageMaker, US dollars."""
        return self.refresh()["cost"]

    def wait(self, timeout: float | None = None, *, raise_error: bool = True) -> Execution:
        """Waits until it ends. Raises what its task has raised, TimeoutError after `timeout` seconds.

        Ctrl-C leaves it to the server: `cancel` ends it.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        if self.refresh()["phase"] not in ENDED:
            self._wait_for_end(deadline)
        if raise_error:
            self._raise()
        return self

    def _wait_for_end(self, deadline: float | None) -> None:
        ended = threading.Event()
        failure: list[BaseException] = []

        def follow() -> None:
            try:
                for _ in self.server.events(f"/runs/{self.id}/events"):
                    pass
            except BaseException as error:
                failure.append(error)
            ended.set()

        threading.Thread(target=follow, daemon=True).start()
        self._until(ended, deadline)
        if failure:
            raise failure[0]
        while self.refresh()["phase"] not in ENDED:
            if deadline is not None and time.monotonic() >= deadline:
                raise TimeoutError(f"Run {self.id} has not ended in time; it goes on.")
            time.sleep(0.1)

    def _until(self, ended: threading.Event, deadline: float | None) -> None:
        # In short waits, so that Ctrl-C is heard.
        while not ended.wait(0.5 if deadline is None else min(0.5, max(0.0, deadline - time.monotonic()))):
            if deadline is not None and time.monotonic() >= deadline:
                raise TimeoutError(f"Run {self.id} has not ended in time; it goes on.")

    async def wait_async(self, timeout: float | None = None, *, raise_error: bool = True) -> Execution:
        """As `wait`, for an event loop."""
        return await asyncio.to_thread(self.wait, timeout, raise_error=raise_error)

    def __await__(self) -> Any:
        return self.wait_async().__await__()

    @property
    def outputs(self) -> dict[str, Any]:
        """Its outputs by name, once it has ended: waits for that."""
        self.wait()
        return decoded_outputs(self._workflow and self._workflow.annotations, self._run.get("outputs") or {})

    @property
    def result(self) -> Any:
        """What the workflow's function returns: one value, or several."""
        values = list(self.outputs.values())
        return values[0] if len(values) == 1 else tuple(values) if values else None

    def logs(self, node: str | None = None, *, follow: bool = False) -> Iterator[str]:
        """The lines that a node has printed, or all nodes one after the other."""
        if node is not None:
            yield from self._log(node, follow)
            return
        for each in self.nodes:
            if each["attempt"] > 0:
                yield from (f"{each['id']}  {line}" for line in self._log(each["id"], follow))

    def _log(self, node: str, follow: bool) -> Iterator[str]:
        path = f"/runs/{self.id}/nodes/{node}/logs"
        if follow:
            for line in self.server.events(f"{path}?follow=true"):
                yield line["message"]
            return
        cursor = ""
        while True:
            from urllib.parse import quote

            page = self.server.ask("GET", path + (f"?cursor={quote(cursor, safe='')}" if cursor else ""))
            yield from (line["message"] for line in page["lines"])
            cursor = page.get("nextCursor") or ""
            if not cursor or not page["lines"]:
                return

    async def logs_async(self, node: str | None = None) -> AsyncIterator[str]:
        """As `logs`, for an event loop."""
        for line in await asyncio.to_thread(lambda: list(self.logs(node))):
            yield line

    def cancel(self) -> None:
        """Asks it to end: jobs get SIGTERM. `wait` tells when it has."""
        self.server.ask("POST", f"/runs/{self.id}/cancel")

    async def cancel_async(self) -> None:
        """As `cancel`, for an event loop."""
        await asyncio.to_thread(self.cancel)

    def download(self, uri: str, to: str | Path) -> Path:
        """Fetches an output from the server's bucket: an object into a file, a prefix into a directory."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        if not uri.startswith("s3://") or not key:
            raise SluiceError("InvalidArgument", f"download: expected s3://bucket/key, got '{uri}'.")
        target = Path(to)
        if not key.endswith("/") and self.server.has_object(bucket, key):
            target = target / Path(key).name if target.is_dir() else target
            self.server.get_object(bucket, key, target)
            return target
        prefix = key.rstrip("/") + "/"
        for each in self.server.list_objects(bucket, prefix):
            below = each[len(prefix) :]
            if below and ".." not in Path(below).parts and not each.endswith("/"):
                self.server.get_object(bucket, each, target / below)
        return target

    def _raise(self) -> None:
        run = self._run
        if run["phase"] == "Succeeded":
            return
        error: dict[str, Any] = run.get("error") or {}
        if run["phase"] == "Aborted":
            raise RunCancelled("JobStopped", f"Run {self.id} was cancelled.")
        failed = next((each for each in run["nodes"] if each.get("error")), None)
        name = error.get("node") or (failed["id"] if failed else None)
        own: dict[str, Any] = (failed or {}).get("error") or error
        text = own.get("message") or error.get("message") or "The run has failed."
        if name is None or own.get("code") not in ("JobFailed", None):
            raise SluiceError(own.get("code", "JobFailed"), text, own.get("hint"))
        kind, message, traceback = _exception(list(self._log(name, False)))
        hint = f"\n{own['hint']}" if own.get("hint") else ""
        if not traceback:
            raise TaskError(text + hint, node=name, type="", traceback="\n".join(own.get("logTail") or []))
        shown = (f"{kind}: {message}" if message else kind) + hint
        raise as_raised(TaskError(shown, node=name, type=kind, traceback=traceback), message)

    def look(self) -> dict[str, Any]:
        """How it stands, each node that has begun with the end of its log and how its metrics went: what displays show."""
        run = self.refresh()
        begun = [node["id"] for node in run["nodes"] if node["attempt"] > 0][:MOST_LOGS]
        nodes = [{**node, **self._told(node)} if node["id"] in begun else node for node in run["nodes"]]
        return {**run, "nodes": nodes}

    def _told(self, node: dict[str, Any]) -> dict[str, Any]:
        from .node_log import NodeLog

        log = self._logs.get(node["id"])
        if log is None:
            steps = self._workflow.steps() if self._workflow is not None else []
            metrics = next((each["metrics"] for each in steps if each["id"] == node["id"]), {})
            log = NodeLog(self.server, f"/runs/{self.id}/nodes/{node['id']}/logs", metrics)
            self._logs[node["id"]] = log
        if not log.ended:
            # A display goes on without a log that cannot be read.
            with suppress(SluiceError, OSError):
                log.read()
            log.ended = node["phase"] in NODE_ENDED
        return {"log": list(log.lines), "series": log.series}

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        from .display import html, text

        run = self.look()
        return {"text/plain": text(run), "text/html": html(run)}


def decoded_outputs(annotations: Any, given: dict[str, Any]) -> dict[str, Any]:
    """Outputs as the annotations of a workflow's results say; places of data stay URIs."""
    by_name = dict(results_of(annotations) or []) if annotations is not None else {}
    outputs: dict[str, Any] = {}
    for name, value in given.items():
        annotation = by_name.get(name)
        is_value = annotation is not None and not kind_of(annotation).is_place
        outputs[name] = decode(annotation, value) if is_value else value
    return outputs


def _exception(lines: list[str]) -> tuple[str, str, str]:
    """The type, message and traceback of the exception that a log ends with."""
    at = max((index for index, line in enumerate(lines) if line.startswith("Traceback (most recent")), default=-1)
    if at < 0:
        return "", "", ""
    found = lines[at:]
    for index, line in enumerate(found[1:], 1):
        if line and not line[0].isspace():
            match = _LAST.match("\n".join(found[index:]))
            if match:
                kind = match.group(1).rpartition(".")[2]
                return kind, (match.group(2) or "").rstrip("\n"), "\n".join(found)
    return "", "", "\n".join(found)
