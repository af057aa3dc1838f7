"""`from sagemaker_containers.beta.framework import content_types, encoders, env, worker`, …"""

from __future__ import annotations

import importlib
from typing import Any

#: Imported when they are asked for: encoders need numpy, worker needs Flask.
MODULES = ("content_types", "encoders", "env", "errors", "files", "modules", "transformer", "worker")


def training_env(**changes: Any):
    """The training job's environment: `channel_input_dirs`, `hyperparameters`, `model_dir`, …"""
    from . import env

    return env.training_env(**changes)


def __getattr__(name: str):
    if name in MODULES:
        return importlib.import_module("." + name, __name__)
    if name.startswith("__"):
        raise AttributeError(name)
    raise ImportError(
        "sagemaker_containers.beta.framework.%s is not to be had here: it belongs to the container, not to scripts."
        % name
    )
