"""What holds for all that this process does: where runs go, what tasks say where they say nothing."""

from __future__ import annotations

import os
from typing import Any

from .errors import SluiceError, suggest


class Settings:
    """See `configure`."""

    def __init__(self) -> None:
        self.endpoint: str | None = os.environ.get("SLUICE_SERVER") or None
        self.home: str | None = None
        self.platform: str | None = os.environ.get("SLUICE_PLATFORM") or None
        self.role: str | None = None
        self.default_bucket: str | None = None
        self.default_instance_type: str = "ml.m5.large"
        self.max_bundle_mb: float = 50
        self.admin_endpoint: str | None = None
        self.project: str | None = None
        self.domain: str | None = None


settings = Settings()
_ALIASES = {"sagemaker_role": "role", "execution_role": "role", "bucket": "default_bucket"}


def configure(**given: Any) -> None:
    """Says where runs go and what holds for all tasks: `endpoint` of a server (else one is started for this process),
    `home`, `platform` of all jobs, `role`, `default_bucket`, `default_instance_type`, `max_bundle_mb`;
    `admin_endpoint`, `project` and `domain` of Flyte. None takes a setting back."""
    fresh = Settings()
    known = list(vars(fresh))
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
