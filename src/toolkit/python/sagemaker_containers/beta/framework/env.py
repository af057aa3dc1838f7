"""What a job knows of itself."""

from __future__ import annotations

import json
import os
from typing import Any


class _Facts(dict):
    """A dictionary whose items are attributes too."""

    def __getattr__(self, name: str):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def training_env(**_changes: Any):
    """The training job's environment: `channel_input_dirs`, `hyperparameters`, `model_dir`, …"""
    return _Facts(json.loads(os.environ.get("SM_TRAINING_ENV", "{}")))


def TrainingEnv(**changes: Any):
    return training_env(**changes)


def ServingEnv():
    """The model server's environment."""
    environment = os.environ
    return _Facts(
        model_dir=environment.get("SM_MODEL_DIR", "/opt/ml/model"),
        module_dir=environment.get("SAGEMAKER_SUBMIT_DIRECTORY", "/opt/ml/code"),
        module_name=os.path.splitext(environment.get("SAGEMAKER_PROGRAM", "inference.py"))[0],
        default_accept=environment.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "application/json"),
        http_port=environment.get("SAGEMAKER_BIND_TO_PORT", "8080"),
        model_server_workers=int(environment.get("SAGEMAKER_MODEL_SERVER_WORKERS") or num_cpus()),
        num_cpus=num_cpus(),
        num_gpus=num_gpus(),
    )


def read_hyperparameters():
    return training_env().get("hyperparameters", {})


def read_resource_config():
    return training_env().get("resource_config", {})


def read_input_data_config():
    return training_env().get("input_data_config", {})


def channel_path(channel: str):
    return os.path.join("/opt/ml/input/data", channel)


def num_cpus():
    return os.cpu_count() or 1


def num_gpus():
    return int(os.environ.get("SM_NUM_GPUS") or 0)
