"""Which container a model is served as."""

import os

from . import codecs
from .handlers import PyTorch, ScikitLearn, XGBoost
from .huggingface import HuggingFace
from .inference import Inference, load_script

HANDLERS = {
    "scikit-learn": ScikitLearn,
    "xgboost": XGBoost,
    "pytorch": PyTorch,
    "huggingface-pytorch": HuggingFace,
    "huggingface-tensorflow": HuggingFace,
}


def choose_inference(environment, port):
    """What answers requests. Raises ServingError."""
    framework = environment.get("SLUICE_FRAMEWORK") or "scikit-learn"
    program = environment.get("SAGEMAKER_PROGRAM")
    if framework == "tensorflow":
        from .tensorflow_serving import TensorFlowServing

        # Its containers know no other name.
        return TensorFlowServing(load_script(environment, None), environment, port)
    if framework == "xgboost":
        # As its container has it: the server answers several requests at once already.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    if framework == "xgboost" and not program:
        from .xgboost_algorithm import XGBoostAlgorithm

        return XGBoostAlgorithm(environment)
    accept = environment.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT") or codecs.JSON
    return Inference(load_script(environment, program), HANDLERS[framework], accept)
