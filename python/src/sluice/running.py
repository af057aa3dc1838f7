"""Begins runs, and finds those that were begun."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .builder import literal
from .bundles import Bundler
from .client import Server
from .embedded import embedded_server, remember
from .errors import SluiceError, suggest
from .execution import Execution
from .settings import settings
from .sigv4 import Credentials
from .uploads import Uploads, portable
from .workflow import Workflow

if TYPE_CHECKING:
    from .admin import Admin
    from .flyte_execution import FlyteExecution


def server(endpoint: str | None = None) -> Server:
    """The server that runs go to: one of an endpoint, or one of this process's own."""
    url = endpoint or settings.endpoint
    if url is not None and url != "embedded":
        key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
        credentials = Credentials(key, secret, os.environ.get("AWS_SESSION_TOKEN")) if key and secret else None
        return Server(url, credentials, os.environ.get("AWS_REGION", "us-east-1"))
    return embedded_server().server


def run(
    workflow: Any,
    inputs: dict[str, Any] | None = None,
    *,
    platform: str | None = None,
    endpoint: str | None = None,
    failure_policy: Any = None,
    concurrency: int | None = None,
    idempotency_key: str | None = None,
    wait: bool = False,
) -> Execution:
    """Begins a run of a workflow, one of `sluice` or of flytekit: on a server, or on Flyte where
    `configure(admin_endpoint=…)` says so.

    `platform` is where all of its jobs run (`local`, `sagemaker`, …, or `auto`); without, what `configure` says, else each
    task itself.
    """
    workflow = as_workflow(workflow)
    values = _inputs(workflow, inputs or {})
    key = idempotency_key or uuid.uuid4().hex
    policy = getattr(failure_policy, "name", failure_policy)
    admin = _admin(endpoint)
    if admin is not None:
        begun = _begin_on_flyte(admin, workflow, values, platform, policy, concurrency, key)
        _workflows[begun.id] = workflow
        return begun.wait() if wait else begun
    at = server(endpoint)
    bundler = Bundler()
    graph = _send(at, workflow, bundler, platform)
    uploads = Uploads(at, _bucket(at))
    graph = portable(graph, uploads) if _is_local(graph) else graph
    uris = {name for name, each in workflow.interface["inputs"].items() if each["type"] == "uri"}
    given = {name: uploads.uri(value) if name in uris and value else value for name, value in values.items()}
    body: dict[str, Any] = {"graph": graph, "inputs": given}
    if policy is not None:
        body["failurePolicy"] = policy
    if concurrency is not None:
        body["concurrency"] = concurrency
    started = at.ask("POST", "/runs", body, headers={"idempotency-key": key})
    made = Execution(at, started["id"], workflow)
    _workflows[made.id] = workflow
    remember(made)
    if wait:
        made.wait()
    return made


# What was begun here, by id: a display knows the metrics of its tasks then.
_workflows: dict[str, Workflow] = {}


def _admin(endpoint: str | None) -> Admin | None:
    """Flyte, where runs go there: an endpoint goes before it."""
    if endpoint is not None or settings.endpoint is not None:
        return None
    from .admin import configured_admin

    return configured_admin()


def _begin_on_flyte(
    admin: Admin,
    workflow: Workflow,
    values: dict[str, Any],
    platform: str | None,
    policy: str | None,
    concurrency: int | None,
    key: str,
) -> FlyteExecution:
    from .flyte_execution import begin

    if concurrency is not None:
        raise SluiceError("InvalidArgument", "run: concurrency: Flyte itself says how many tasks run at once.")
    bundler = Bundler()
    graph = _on_platform(workflow.compile(bundler), platform)
    graph = graph if policy is None else {**graph, "failurePolicy": policy}
    return begin(admin, workflow, graph, bundler.by_digest, values, key)


async def run_async(workflow: Any, inputs: dict[str, Any] | None = None, **options: Any) -> Execution:
    """As `run`, for an event loop."""
    import asyncio

    return await asyncio.to_thread(run, workflow, inputs, **options)


def find_execution(id: str, *, endpoint: str | None = None) -> Execution:  # noqa: A002
    """A run that was begun before, or an execution of Flyte. Raises SluiceError where there is none."""
    known = _id(id)
    admin = _admin(endpoint)
    if admin is not None:
        from .flyte_execution import FlyteExecution

        found = FlyteExecution(admin, known, _workflows.get(known))
        found.refresh()
        return found
    made = Execution(server(endpoint), known, _workflows.get(known))
    made.refresh()
    return made


def monitor(id: Any, *, endpoint: str | None = None) -> None:  # noqa: A002
    """Shows a run until it ends, in a notebook as a display that goes on. Takes an id, or an execution."""
    from .display import show

    show(id if isinstance(id, Execution) else find_execution(_id(id), endpoint=endpoint))


def monitor_sagemaker_jobs(execution_id: Any, *, endpoint: str | None = None) -> None:
    """Shows the jobs of a run until it ends."""
    monitor(execution_id, endpoint=endpoint)


def register(workflow: Any, version: str, *, endpoint: str | None = None) -> dict[str, Any]:
    """Registers a workflow with a server, or with Flyte, under a version, which never changes."""
    workflow = as_workflow(workflow)
    admin = _admin(endpoint)
    if admin is not None:
        from .admin import written_graph

        bundler = Bundler()
        with written_graph(workflow.compile(bundler), bundler.by_digest) as file:
            return admin.ask("register", str(file), "--version", version)
    at = server(endpoint)
    graph = _send(at, workflow, Bundler(), None)
    graph = portable(graph, Uploads(at, _bucket(at))) if _is_local(graph) else graph
    return at.ask("PUT", f"/workflows/{workflow.name}/versions/{version}", graph)


def upload(source: str | os.PathLike[str], uri: str, *, endpoint: str | None = None) -> str:
    """Puts a file, or a directory with all below it, into a bucket of the server: at `s3://bucket/key`, or below one that
    ends in `/`. Answers where it is."""
    path = Path(source)
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket:
        raise SluiceError("InvalidArgument", f"upload: expected s3://bucket/key, got '{uri}'.")
    if not path.exists():
        raise SluiceError("InvalidArgument", f"upload: {path} does not exist.")
    at = server(endpoint)
    if path.is_dir():
        prefix = key if key.endswith("/") or not key else f"{key}/"
        for file in sorted(each for each in path.rglob("*") if each.is_file()):
            at.put_object(bucket, prefix + file.relative_to(path).as_posix(), file)
        return f"s3://{bucket}/{prefix}"
    target = key + path.name if key.endswith("/") or not key else key
    at.put_object(bucket, target, path)
    return f"s3://{bucket}/{target}"


def plan(workflow: Any, inputs: dict[str, Any] | None = None, *, platform: str | None = None) -> dict[str, Any]:
    """What a run would do: each step with where it would run and what that would cost. Nothing runs."""
    import json
    import subprocess

    from .admin import input_arguments, written_graph
    from .program import find_program

    workflow = as_workflow(workflow)
    bundler = Bundler()
    graph = _on_platform(workflow.compile(bundler), platform)
    with written_graph(graph, bundler.by_digest) as file:
        arguments = input_arguments(_inputs(workflow, inputs or {}), file.parent)
        command = [*find_program(), "plan", str(file), "--json", *arguments]
        answer = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    if answer.returncode != 0:
        raise SluiceError("InvalidArgument", f"The plan could not be made:\n{(answer.stderr or answer.stdout).strip()}")
    return json.loads(answer.stdout)


def as_workflow(workflow: Any) -> Workflow:
    """A workflow as it is; one of flytekit's as one of ours, built by the same function."""
    if isinstance(workflow, Workflow):
        return workflow
    function = getattr(workflow, "_workflow_function", None)
    if function is None:
        raise SluiceError(
            "InvalidArgument", f"Expected a workflow, got {workflow!r}.", "Make one with @sluice.workflow."
        )
    return Workflow(function, {})


def _inputs(workflow: Workflow, given: dict[str, Any]) -> dict[str, Any]:
    variables = workflow.interface["inputs"]
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in variables:
            raise SluiceError(
                "InvalidArgument", f"{workflow.what}: there is no input '{name}'. {suggest(name, list(variables))}"
            )
        if value is None:
            continue
        values[name] = literal(value, variables[name]["type"], f"{workflow.what}: input '{name}'", Path.cwd())
    missing = [
        name
        for name, each in variables.items()
        if name not in values and "default" not in each and each.get("required", True)
    ]
    if missing:
        raise SluiceError("InvalidArgument", f"{workflow.what}: the input '{missing[0]}' is missing.")
    return values


def _send(at: Server, workflow: Workflow, bundler: Bundler, platform: str | None) -> dict[str, Any]:
    """The graph, once its code is there."""
    graph = _on_platform(workflow.compile(bundler), platform)
    for digest, bundle in bundler.by_digest.items():
        if at.has(f"/bundles/{digest}") is None:
            at.ask("POST", f"/bundles?digest={digest}", data=bundle.pack())
    return graph


def _on_platform(graph: dict[str, Any], platform: str | None) -> dict[str, Any]:
    tasks: dict[str, Any] = {}
    for key, task in graph["tasks"].items():
        made = dict(task)
        chosen = platform or settings.platform
        if chosen is not None:
            made["platform"] = chosen
        if settings.role is not None:
            made.setdefault("role", settings.role)
        tasks[key] = made
    return {**graph, "tasks": tasks}


def _is_local(graph: dict[str, Any]) -> bool:
    import json

    return '"file:' in json.dumps([graph["interface"], graph["tasks"], graph["nodes"]])


def _bucket(_: Server) -> str:
    return settings.default_bucket or "sluice-inputs"


def _id(given: Any) -> str:
    text = given.id if isinstance(given, Execution) else given
    if not isinstance(text, str) or not text.replace("-", "").isalnum():
        raise SluiceError("InvalidArgument", f"Expected the id of a run, got {given!r}.")
    return text
