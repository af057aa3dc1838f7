"""A job that was created: its description, its log, its end."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import SluiceError
from .session import Session
from .values import describe

ENDED = ("Completed", "Failed", "Stopped")
POLL_SECONDS = 2
GROUPS = {"processing": "/aws/sagemaker/ProcessingJobs", "training": "/aws/sagemaker/TrainingJobs"}
STATUS = {"processing": "ProcessingJobStatus", "training": "TrainingJobStatus"}


def write_description(path: str | None, document: Any) -> None:
    """The whole answer of Describe as JSON, dates ISO."""
    if not path:
        return
    file = Path(path).absolute()
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}")
    part.write_text(json.dumps(document, indent=4, default=lambda value: value.isoformat()), encoding="utf-8")
    part.replace(file)


def wait(session: Session, kind: str, name: str, write: Callable[[str], Any] = sys.stdout.write) -> dict[str, Any]:
    """Prints a job's log until it ends. Raises SluiceError when it did not complete."""
    log = _Log(session, GROUPS[kind], name, write)
    while True:
        found = describe(kind, name, session)
        log.read()
        if found[STATUS[kind]] in ENDED:
            break
        time.sleep(POLL_SECONDS)
    log.read()
    status = found[STATUS[kind]]
    if status == "Failed":
        reason = found.get("FailureReason") or found.get("ExitMessage") or "it does not say why"
        raise SluiceError("JobFailed", f"The {kind} job {name} has failed: {reason}")
    if status == "Stopped":
        raise SluiceError("JobStopped", f"The {kind} job {name} was stopped.")
    return found


class _Log:
    """What all instances of a job have printed; each line once."""

    def __init__(self, session: Session, group: str, name: str, write: Callable[[str], Any]) -> None:
        self._logs = session.client("logs")
        self._group = group
        self._prefix = f"{name}/"
        self._write = write
        self._tokens: dict[str, str] = {}

    def read(self) -> None:
        names = self._streams()
        for stream in names:
            self._read_stream(stream, f"{stream[len(self._prefix) :]}  " if len(names) > 1 else "")

    def _streams(self) -> list[str]:
        try:
            pages = self._logs.get_paginator("describe_log_streams").paginate(
                logGroupName=self._group, logStreamNamePrefix=self._prefix
            )
            return [each["logStreamName"] for page in pages for each in page["logStreams"]]
        except self._logs.exceptions.ResourceNotFoundException:
            return []

    def _read_stream(self, stream: str, prefix: str) -> None:
        while True:
            token = self._tokens.get(stream)
            page = self._logs.get_log_events(
                logGroupName=self._group,
                logStreamName=stream,
                startFromHead=True,
                **({"nextToken": token} if token else {}),
            )
            for event in page["events"]:
                self._write(f"{prefix}{event['message']}\n")
            following = page.get("nextForwardToken")
            self._tokens[stream] = following or ""
            if not following or following == token or not page["events"]:
                return
