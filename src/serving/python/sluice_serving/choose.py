"""Which container a model is served as."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from . import codecs
from .context import Context
from .flask_inference import FlaskInference
from .handlers import PyTorch, ScikitLearn, XGBoost
from .huggingface import HuggingFace
from .inference import code_directory, load_script, model_directory
from .mms_inference import HuggingFaceInference, MmsInference
from .settings import OF_MULTI_MODEL_SERVER, Settings


def choose_inference(settings: Settings, environment: Mapping[str, str], number: int):
    """What answers the requests of the worker with this number. Raises ServingError."""
    framework, program = settings.framework, environment.get("SAGEMAKER_PROGRAM")
    if framework == "tensorflow":
        from .tensorflow_serving import TensorFlowServing

        # Its containers know no other name.
        return TensorFlowServing(load_script(environment, None), environment)
    if framework in ("xgboost", "huggingface-pytorch", "huggingface-tensorflow"):
        # As their containers have it: there are as many workers as processors already.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    if framework == "xgboost" and not program:
        from .xgboost_algorithm import XGBoostAlgorithm

        return XGBoostAlgorithm(environment)
    accept = environment.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT") or codecs.JSON
    if framework not in OF_MULTI_MODEL_SERVER:
        defaults = XGBoost if framework == "xgboost" else ScikitLearn
        return FlaskInference(load_script(environment, program), defaults, accept)
    enter_model_directory(environment)
    gpu = settings.gpus[number % len(settings.gpus)] if settings.gpus else None
    context = Context(model_directory(environment), gpu)
    script = load_script(environment, program)
    if framework == "pytorch":
        return MmsInference(script, PyTorch, accept, context)
    return HuggingFaceInference(script, HuggingFace, context)


def enter_model_directory(environment: Mapping[str, str]):
    """As MMS and TorchServe start a worker: in the model's directory, which is on its Python path after the code."""
    model = model_directory(environment)
    code = code_directory(environment)
    os.chdir(model)
    sys.path.insert(0, model)
    paths = [code, model, os.environ.get("PYTHONPATH")]
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
