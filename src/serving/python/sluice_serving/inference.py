"""The functions of an inference script, with a framework's where the script has none."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Mapping
from typing import Any

from .errors import ServingError

DEFAULT_SCRIPT = "inference.py"
DEFAULT_MODEL_DIRECTORY = "/opt/ml/model"


def model_directory(environment: Mapping[str, str]):
    return environment.get("SM_MODEL_DIR") or DEFAULT_MODEL_DIRECTORY


def code_directory(environment: Mapping[str, str]):
    """SAGEMAKER_SUBMIT_DIRECTORY where it is a place here, else `code` in the model."""
    given = environment.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
    given = given.removeprefix("file://")
    return given if given.startswith("/") else os.path.join(model_directory(environment), "code")


def load_script(environment: Mapping[str, str], program: str | None):
    """The inference script as a module, or None where there is none and none was named."""
    directory = code_directory(environment)
    path = os.path.join(directory, program or DEFAULT_SCRIPT)
    if not os.path.isfile(path):
        if program:
            raise ServingError("SAGEMAKER_PROGRAM: %s does not exist." % path)
        return None
    sys.path.insert(0, directory)
    name = os.path.splitext(os.path.basename(path))[0]
    # Not under its own name: it may be that of one of this server's files.
    loader = importlib.machinery.SourceFileLoader("sagemaker_user_module_" + name.replace("-", "_"), path)
    spec = importlib.machinery.ModuleSpec(loader.name, loader, origin=path)
    spec.has_location = True
    module = importlib.util.module_from_spec(spec)
    sys.modules[loader.name] = module
    if name not in sys.modules:
        sys.modules[name] = module
    loader.exec_module(module)
    return module


FUNCTIONS = ("model_fn", "input_fn", "predict_fn", "output_fn", "transform_fn", "pre_model_fn", "model_warmup_fn")


def functions_of(script: object, defaults: object) -> dict[str, Any]:
    """The functions by their names: the script's, else the framework's, else None. Raises ServingError."""
    own = {name: getattr(script, name, None) for name in FUNCTIONS}
    if own["transform_fn"] and (own["input_fn"] or own["predict_fn"] or own["output_fn"]):
        raise ServingError("Cannot use transform_fn implementation with input_fn, predict_fn, and/or output_fn")
    return {name: function or getattr(defaults, name, None) for name, function in own.items()}


def accept_of(headers: Mapping[str, str], default: Any):
    accept = headers.get("Accept")
    return default if not accept or accept == "*/*" else accept
