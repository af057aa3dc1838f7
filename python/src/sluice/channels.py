"""Channels as tasks say them: names, places, SageMaker's own form."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .builder import to_uri
from .errors import SluiceError, suggest

_CHANNEL = {
    "ContentType": "contentType",
    "InputMode": "inputMode",
    "CompressionType": "compressionType",
    "RecordWrapperType": "recordWrapperType",
    "S3DataType": "s3DataType",
    "S3DataDistributionType": "s3DataDistributionType",
    "AttributeNames": "attributeNames",
    "ShuffleConfig": "shuffleSeed",
    "S3Uri": "uri",
    "LocalPath": "localPath",
    "ChannelName": None,
    "content_type": "contentType",
    "input_mode": "inputMode",
    "compression": "compressionType",
    "compression_type": "compressionType",
    "record_wrapping": "recordWrapperType",
    "record_wrapper_type": "recordWrapperType",
    "s3_data_type": "s3DataType",
    "distribution": "s3DataDistributionType",
    "s3_data_distribution_type": "s3DataDistributionType",
    "attribute_names": "attributeNames",
    "shuffle_seed": "shuffleSeed",
    "s3_data": "uri",
    "s3_uri": "uri",
    "uri": "uri",
    "local_path": "localPath",
}
_OUTPUT = {
    "S3Uri": "s3Uri",
    "LocalPath": "localPath",
    "S3UploadMode": "uploadMode",
    "s3_uri": "s3Uri",
    "local_path": "localPath",
    "upload_mode": "uploadMode",
}


def named(given: Any, what: str) -> dict[str, Any]:
    """A list of names, or a dict that says more of each."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        entries: Mapping[str, Any] = given
        return dict(entries)
    if isinstance(given, list | tuple):
        names: list[Any] = list(given)
        return {str(name): None for name in names}
    raise SluiceError("GraphInvalid", f"{what}: expected a list of names or a dict, got {given!r}.")


def read_channel(given: Any, what: str, directory: Path) -> tuple[dict[str, Any], str | None]:
    """A channel without its data, and its data."""
    if given is None:
        return {}, None
    if isinstance(given, str) or hasattr(given, "__fspath__"):
        return {}, to_uri(given, directory)
    if not isinstance(given, Mapping):
        raise SluiceError("GraphInvalid", f"{what}: expected a URI, a path or a dict, got {given!r}.")
    entries: dict[str, Any] = dict(given)  # pyright: ignore[reportUnknownArgumentType]
    nested = entries.pop("DataSource", None)
    if nested is not None:
        entries = {**nested["S3DataSource"], **entries}
    found: dict[str, Any] = {}
    for name, value in entries.items():
        if name not in _CHANNEL:
            raise SluiceError("GraphInvalid", f"{what}: there is no field '{name}'. {suggest(name, list(_CHANNEL))}")
        field = _CHANNEL[name]
        if field is not None:
            found[field] = value["Seed"] if name == "ShuffleConfig" else value
    uri = found.pop("uri", None)
    return found, None if uri is None else to_uri(uri, directory)


def processing_input(name: str, definition: dict[str, Any]) -> dict[str, Any]:
    """An input of a processing task, as a graph has it."""
    return {"inputMode": "File", "localPath": f"/opt/ml/processing/input/{name}", **definition}


def processing_output(name: str, given: Any, what: str, directory: Path) -> dict[str, Any]:
    """An output of a processing task, as a graph has it."""
    made: dict[str, Any] = {"localPath": f"/opt/ml/processing/output/{name}", "uploadMode": "EndOfJob"}
    if given is None:
        return made
    if isinstance(given, str) or hasattr(given, "__fspath__"):
        return {**made, "s3Uri": to_uri(given, directory)}
    if not isinstance(given, Mapping):
        raise SluiceError("GraphInvalid", f"{what}: expected a URI or a dict, got {given!r}.")
    entries: dict[str, Any] = dict(given)  # pyright: ignore[reportUnknownArgumentType]
    for key, value in entries.items():
        if key not in _OUTPUT:
            raise SluiceError("GraphInvalid", f"{what}: there is no field '{key}'. {suggest(key, list(_OUTPUT))}")
        made[_OUTPUT[key]] = to_uri(value, directory) if _OUTPUT[key] == "s3Uri" else value
    return made
