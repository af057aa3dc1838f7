"""What a task says to the connector: its job as a graph has it, and how Flyte's inputs and outputs are called there."""

from __future__ import annotations

import base64
import importlib
from typing import Any

from ..bundles import Bundle, Bundler
from ..code import Code
from ..errors import SluiceError
from ..settings import settings
from ..tasks import Task

# Code that is larger lies in a bucket: what is in the task stands in every execution of a workflow.
INLINE_BYTES = 128 * 1024


def custom_of(task: Task, trained_by: Task | None = None) -> dict[str, Any]:
    """The `custom` of a task's template."""
    job = task.graph_task(trained_by)
    if settings.role is not None:
        job.setdefault("role", settings.role)
    custom: dict[str, Any] = {"task": job, "inputs": _inputs(task), "outputs": dict(task.results)}
    script: dict[str, Any] | None = job.get("script")
    if script is not None and isinstance(script["bundle"], Code):
        bundle = Bundler().bundle(script["bundle"], task.what)
        place, inline = _place(bundle, task.what)
        job["script"] = {"entry": script["entry"], "bundle": {"digest": bundle.digest, **place}}
        if inline is not None:
            custom["bundles"] = {bundle.digest: inline}
    return custom


def _inputs(task: Task) -> dict[str, str | None]:
    """By the name of a parameter, the input of the job that it is; None for one that the job has no use for."""
    named: dict[str, str | None] = {}
    for name, target in task.targets.items():
        if name not in task.signature.parameters:
            continue
        if target.place == "ignored":
            named[name] = None
        else:
            named[name] = f"hyperparameters.{target.name}" if target.place == "hyperparameter" else target.name
    return named


def _place(bundle: Bundle, what: str) -> tuple[dict[str, str], str | None]:
    """Where the code is to be found: in the task itself, in a bucket, or with the server that was configured."""
    packed = bundle.pack()
    if len(packed) <= INLINE_BYTES:
        return {}, base64.b64encode(packed).decode()
    if settings.default_bucket is not None:
        return {"uri": _upload(bundle, packed, settings.default_bucket, what)}, None
    if settings.endpoint is not None:
        from ..running import server

        at = server()
        if at.has(f"/bundles/{bundle.digest}") is None:
            at.ask("POST", f"/bundles?digest={bundle.digest}", data=packed)
        return {}, None
    raise SluiceError(
        "LimitExceeded",
        f"{what}: its code has {len(packed) // 1024} KB packed, and more than {INLINE_BYTES // 1024} KB do not fit into a task.",
        "Name what no job needs in .sluiceignore, or say where the connector finds it: sluice.configure(default_bucket=…).",
    )


def _upload(bundle: Bundle, packed: bytes, bucket: str, what: str) -> str:
    try:
        boto3: Any = importlib.import_module("boto3")
    except ImportError:
        raise SluiceError(
            "InvalidArgument",
            f"{what}: its code goes to s3://{bucket}, which needs boto3.",
            "pip install 'sluice[boto3]'",
        ) from None
    key = f"sluice-bundles/sha256/{bundle.digest.removeprefix('sha256:')}/sourcedir.tar.gz"
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=packed)
    return f"s3://{bucket}/{key}"
