"""Fields of documents, by a path such as `ProcessingOutputConfig.Outputs.output.S3Output.S3Uri`."""

from __future__ import annotations

import datetime
from typing import Any

from .errors import ArgumentError


def by_name(value: Any) -> Any:
    """A document whose lists of named things are maps by those names; dates are ISO texts."""
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, list):
        return [by_name(each) for each in value]
    if not isinstance(value, dict):
        return value
    made = {key: by_name(each) for key, each in value.items()}
    _map(made, "ProcessingInputs", "InputName")
    _map(made, "Outputs", "OutputName")
    _map(made, "Results", "TaskExecutionStatus")
    for result in made["Results"].values() if isinstance(made.get("Results"), dict) else []:
        if isinstance(result, dict) and "Bucket" in result and "Key" in result:
            result["s3"] = f"s3://{result['Bucket']}/{result['Key']}"
    report = made.get("Report")
    if isinstance(report, dict) and "Bucket" in report and "JobId" in made:
        bucket = str(report["Bucket"]).split(":")[-1]
        report["s3"] = f"s3://{bucket}/{report.get('Prefix', '')}/job-{made['JobId']}/manifest.json"
    return made


def _map(document: dict[str, Any], member: str, name: str) -> None:
    found = document.get(member)
    if isinstance(found, list) and all(isinstance(each, dict) and name in each for each in found):
        document[member] = {each[name]: each for each in found}


def read_field(document: Any, field: str | None) -> Any:
    """The member of a document at a dotted path; the whole document without one. Raises ValueError."""
    value: Any = by_name(document)
    parts = field.split(".") if field else []
    for index, part in enumerate(parts):
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            there = ", ".join(map(str, value)) if isinstance(value, dict) else type(value).__name__
            at = ".".join(parts[:index]) or "the document"
            raise ArgumentError(f"Field '{field}': there is no '{part}' in {at}.", f"There is: {there}.")
    return value
