"""What a training container says of where things are."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from typing import Any

from .training_args import TrainingConfig

ENVIRONMENT = "SM_TRAINING_ENV"


def training_environment() -> dict[str, Any] | None:
    """What the container's toolkit says; none outside of one."""
    text = os.environ.get(ENVIRONMENT)
    return json.loads(text) if text else None


def is_sagemaker() -> bool:
    """Whether this runs in a training container."""
    return training_environment() is not None


def sagemaker_env_args(args: Namespace, config: TrainingConfig) -> Namespace:
    """The arguments with the places of the container; outside of one untouched, but that `is_sagemaker` is False."""
    found = training_environment()
    values = {**vars(args), "is_sagemaker": found is not None}
    if found is None:
        return Namespace(**values)
    channels: dict[str, str] = found.get("channel_input_dirs") or {}
    for key in config.inputs:
        values.update(_channel(key, channels, values))
    for name, member in (
        ("output_dir", "output_data_dir"),
        ("model_dir", "model_dir"),
        ("sagemaker_job_name", "job_name"),
    ):
        if found.get(member):
            values[name] = found[member]
    values["sagemaker_run"] = False
    return Namespace(**values)


def _channel(key: str, channels: dict[str, str], values: dict[str, Any]) -> dict[str, Any]:
    """A channel's directory, its file, or the prefix of its FIFOs; of several channels each, and all in a dict."""
    if key in channels:
        place = channels[key]
        suffix = values.get(f"{key}_suffix")
        return {key: os.path.join(place, suffix) if suffix and os.path.exists(place) else place}
    several = {name[len(key) + 1 :]: place for name, place in channels.items() if name.startswith(f"{key}_")}
    return {**{f"{key}_{name}": place for name, place in several.items()}, key: several or None}
