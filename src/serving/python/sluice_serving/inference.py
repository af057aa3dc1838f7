"""The functions of an inference script, with a framework's where the script has none."""

import importlib.util
import inspect
import os
import sys

from . import codecs
from .errors import ServingError

DEFAULT_SCRIPT = "inference.py"
DEFAULT_MODEL_DIRECTORY = "/opt/ml/model"


def model_directory(environment):
    return environment.get("SM_MODEL_DIR") or DEFAULT_MODEL_DIRECTORY


def code_directory(environment):
    """SAGEMAKER_SUBMIT_DIRECTORY where it is a place here, else `code` in the model."""
    given = environment.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
    if given.startswith("file://"):
        given = given[len("file://") :]
    return given if given.startswith("/") else os.path.join(model_directory(environment), "code")


def load_script(environment, program):
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
    spec = importlib.util.spec_from_file_location("sagemaker_user_module_" + name.replace("-", "_"), path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    if name not in sys.modules:
        sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


class Inference:
    """Answers requests with a model."""

    def __init__(self, script, defaults, default_accept):
        self._default_accept = getattr(defaults, "default_accept", default_accept)
        self.answer_error = defaults.answer_error
        own = {
            name: getattr(script, name, None)
            for name in ("model_fn", "input_fn", "predict_fn", "output_fn", "transform_fn")
        }
        if own["transform_fn"] and (own["input_fn"] or own["predict_fn"] or own["output_fn"]):
            raise ServingError(
                "Cannot use transform_fn implementation with input_fn, predict_fn, and/or output_fn"
            )
        self._transform_fn = own["transform_fn"] and _taking(4, own["transform_fn"])
        self._model_fn = _taking(1, own["model_fn"] or defaults.model_fn)
        self._input_fn = _taking(2, own["input_fn"] or defaults.input_fn)
        self._predict_fn = _taking(2, own["predict_fn"] or defaults.predict_fn)
        self._output_fn = _taking(2, own["output_fn"] or defaults.output_fn)
        self.execution_parameters_fn = getattr(script, "execution_parameters_fn", None)
        self._model = None

    def load(self, model_dir):
        self._model = self._model_fn(model_dir)

    def transform(self, body, headers):
        """The status, the body and its type of the answer to an invocation."""
        content_type = headers.get("Content-Type") or codecs.JSON
        accept = headers.get("Accept")
        if not accept or accept == "*/*":
            accept = self._default_accept
        if content_type in codecs.TEXT_TYPES:
            body = body.decode("utf-8")
        if self._transform_fn:
            result = self._transform_fn(self._model, body, content_type, accept)
        else:
            data = self._input_fn(body, content_type)
            prediction = self._predict_fn(data, self._model)
            result = self._output_fn(prediction, accept)
        return (200, *(result if isinstance(result, tuple) else (result, accept)))


def _taking(count, function):
    """The function as one of so many arguments: some take a context as their last one; there is none here.

    A signature is read once, not with every request: that takes as long as a small model's prediction.
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return function
    required = [
        parameter
        for parameter in parameters
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        and parameter.default is parameter.empty
    ]
    if len(required) != count + 1:
        return function
    return lambda *arguments: function(*arguments, None)
