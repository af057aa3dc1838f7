"""The modes of inputs and outputs, and what each is for SageMaker's API."""

from __future__ import annotations

from typing import NamedTuple

from .errors import ArgumentError

PIPES = ("Pipe", "ManifestFile", "AugmentedManifestFile", "ManifestFolder", "AugmentedManifestFolder")
MODES = ("File", "EndOfJob", "Continuous", *[name for mode in PIPES for name in (mode, mode + "Wrapped")])
PROCESSING_INPUT_MODES = ("File", "Pipe")
OUTPUT_MODES = ("EndOfJob", "Continuous")
CHANNEL_MODES = ("File", *[name for mode in PIPES for name in (mode, mode + "Wrapped")])


class ApiMode(NamedTuple):
    """What a mode is in a request."""

    input_mode: str
    s3_data_type: str
    record_wrapper: str | None


def api_mode(mode: str | None) -> ApiMode:
    """What a mode is in a request; none is `File`."""
    mode = expect_mode("mode", mode or "File", MODES)
    is_plain = mode in ("File", "EndOfJob", "Continuous")
    data_type = "S3Prefix"
    if mode.startswith("Manifest"):
        data_type = "ManifestFile"
    elif mode.startswith("AugmentedManifest"):
        data_type = "AugmentedManifestFile"
    return ApiMode(mode if is_plain else "Pipe", data_type, "RecordIO" if mode.endswith("Wrapped") else None)


def expect_mode(name: str, mode: str, known: tuple[str, ...]) -> str:
    """The mode, which has to be a known one."""
    if mode not in known:
        raise ArgumentError(f"{name}: expected one of {', '.join(known)}, got '{mode}'.")
    return mode
