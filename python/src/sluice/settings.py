"""What holds for all that this process does: where runs go, what tasks say where they say nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from .errors import SluiceError, suggest


@dataclass
class Settings:
    """See `configure`."""

    endpoint: str | None = field(default_factory=lambda: os.environ.get("SLUICE_SERVER") or None)
    home: str | None = None
    platform: str | None = field(default_factory=lambda: os.environ.get("SLUICE_PLATFORM") or None)
    role: str | None = None
    default_bucket: str | None = None
    default_instance_type: str = "ml.m5.large"
    max_bundle_mb: float = 50
    admin_endpoint: str | None = None
    project: str | None = None
    domain: str | None = None


settings = Settings()
_ALIASES = {"sagemaker_role": "role", "execution_role": "role", "bucket": "default_bucket"}


def configure(**given: Any) -> None:
    """Says where runs go and what holds for all tasks: `endpoint` of a server (else one is started for this process),
    `home`, `platform` of all jobs, `role`, `default_bucket`, `default_instance_type`, `max_bundle_mb`;
    `admin_endpoint`, `project` and `domain` of Flyte. None takes a setting back."""
    known = list(Settings.__dataclass_fields__)
    fresh = Settings()
    changes: dict[str, Any] = {}
    for name, value in given.items():
        key = _ALIASES.get(name, name)
        if key not in known:
            raise SluiceError("InvalidArgument", f"configure: there is no '{name}'. {suggest(name, known)}")
        expected = (int, float) if key == "max_bundle_mb" else (str, os.PathLike)
        if value is not None and not isinstance(value, expected):
            raise SluiceError("InvalidArgument", f"configure: {name}: expected text, got {value!r}.")
        changes[key] = (
            getattr(fresh, key) if value is None else os.fspath(value) if isinstance(value, os.PathLike) else value
        )
    for key, value in changes.items():
        setattr(settings, key, value)
