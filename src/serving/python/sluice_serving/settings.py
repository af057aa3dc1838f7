"""What the environment says of the server itself.

Source of the number of workers: sagemaker-containers (scikit-learn, XGBoost: as many as processors), MMS and TorchServe
(PyTorch, Hugging Face: as many as GPUs, or as processors where there is none; one for each of many models),
sagemaker-tensorflow-serving-container (one, SAGEMAKER_GUNICORN_WORKERS). Source of the limit of an answer:
SAGEMAKER_MODEL_SERVER_TIMEOUT of sagemaker-containers and sagemaker-inference.
"""

from __future__ import annotations

import glob
import os
from collections import namedtuple
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import ServingError

DEFAULT_FRAMEWORK = "scikit-learn"
DEFAULT_TIMEOUT_SECONDS = 60
#: Served by MMS or TorchServe: on GPUs, in the model's directory, with a context.
OF_MULTI_MODEL_SERVER = ("pytorch", "huggingface-pytorch", "huggingface-tensorflow")

#: `port` and `address` to listen at, `workers`, `gpus` (their numbers), `timeout` of an answer in seconds.
Settings = namedtuple("Settings", "framework, address, port, workers, gpus, timeout")


def settings_of(environment: Mapping[str, str]):
    """Raises ServingError."""
    framework = environment.get("SLUICE_FRAMEWORK") or DEFAULT_FRAMEWORK
    gpus = gpus_of(environment)
    return Settings(
        framework=framework,
        address=environment.get("SLUICE_BIND_TO_ADDRESS") or "127.0.0.1",
        port=_number(environment, "SAGEMAKER_BIND_TO_PORT", 8080, 0, 65535),
        workers=_workers(environment, framework, gpus),
        gpus=gpus,
        timeout=_number(environment, "SAGEMAKER_MODEL_SERVER_TIMEOUT", DEFAULT_TIMEOUT_SECONDS, 1),
    )


def gpus_of(environment: Mapping[str, str]):
    """The numbers that the GPUs of this process have in CUDA: from 0, as many as it sees."""
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return list(range(len([name for name in visible.split(",") if name.strip() not in ("", "-1")])))
    return list(range(len(glob.glob("/dev/nvidia[0-9]*"))))


def _workers(environment: Mapping[str, str], framework: str, gpus: Sequence[int]):
    if environment.get("SAGEMAKER_MULTI_MODEL") == "true":
        default = 1
    elif framework == "tensorflow":
        default = _number(environment, "SAGEMAKER_GUNICORN_WORKERS", 1, 1)
    elif framework in OF_MULTI_MODEL_SERVER and gpus:
        default = len(gpus)
    else:
        default = _processors()
    return _number(environment, "SAGEMAKER_MODEL_SERVER_WORKERS", default, 1)


def _processors():
    """Those that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _number(environment: Mapping[str, str], name: str, default: Any, least: int, most: int | None = None):
    text = environment.get(name)
    if not text:
        return default
    if text.isdigit() and int(text) >= least and (most is None or int(text) <= most):
        return int(text)
    expected = "a number of at least %d" % least if most is None else "a port"
    raise ServingError("%s: expected %s, got '%s'." % (name, expected, text))
