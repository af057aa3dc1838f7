"""The small language of values: `output/job.json,json:ProcessingJobName,processing:ProcessingOutputConfig.Outputs.data`."""

from __future__ import annotations

import csv
import json
import os
from typing import Any

from . import s3
from .errors import ArgumentError
from .fields import read_field
from .session import Session

OPERATIONS = "sagemaker, json:FIELD, processing:FIELD, training:FIELD, batch:FIELD"


def resolve(value: Any, session: Session | None = None, what: str = "value") -> Any:
    """What a value says, read from left to right; one without operations is itself. Asks AWS only where it says so."""
    if not isinstance(value, str) or not value or "," not in value or os.path.exists(value):
        return value or None
    first, *operations = next(csv.reader([value]))
    found: Any = first
    for operation in operations:
        name, _, field = operation.partition(":")
        session = session or Session()
        found = _apply(name, field, found, session, what, operation)
    return found


def _apply(name: str, field: str, value: Any, session: Session, what: str, operation: str) -> Any:
    if name == "sagemaker" and not field:
        return f"s3://{session.bucket}/{str(value).lstrip('/')}"
    if not field or name not in ("json", "processing", "training", "batch"):
        raise ArgumentError(f"{what}: '{operation}' is no operation on values.", f"There are: {OPERATIONS}.")
    if name == "json":
        return read_field(_read_json(value, session, what), field)
    return read_field(describe(name, str(value), session), field)


def describe(kind: str, name: str, session: Session) -> dict[str, Any]:
    """What AWS says of a job."""
    if kind == "processing":
        return session.client("sagemaker").describe_processing_job(ProcessingJobName=name)
    if kind == "training":
        return session.client("sagemaker").describe_training_job(TrainingJobName=name)
    answer = session.client("s3control").describe_job(AccountId=session.account, JobId=name)
    return answer["Job"]


def _read_json(place: Any, session: Session, what: str) -> Any:
    try:
        return json.loads(s3.read_text(session.client("s3") if s3.is_s3(place) else None, str(place)))
    except (OSError, ValueError) as error:
        raise ArgumentError(f"{what}: {place} is no JSON that can be read: {error}.") from None
