"""Answers requests as the containers of PyTorch and Hugging Face do: as a worker of MMS or TorchServe.

Source: sagemaker-inference (`transformer.py`), sagemaker-huggingface-inference-toolkit (`handler_service.py`), and
`otf_message_handler.py` of MMS and TorchServe for what a function may return.
"""

from __future__ import annotations

import inspect
import io
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from . import codecs
from .errors import HttpError
from .inference import accept_of, functions_of

UNSUPPORTED_OUTPUT = "Unsupported model output data type."


class MmsInference:
    """The functions of a script, or a framework's. Those with one parameter more get the context."""

    def __init__(self, script: Any, defaults: Any, default_accept: str, context: Any):
        self._functions = functions_of(script, defaults)
        self._default_accept = default_accept
        self._context = context
        self.execution_parameters_fn = None
        self.answer_error = defaults.answer_error
        self._model = None
        # A signature is read once, not with every request: that takes as long as a small model's prediction.
        self._callables = {}

    def load(self, model_dir: str):
        self._run_if_there("pre_model_fn", model_dir)
        self._model = self._run("model_fn", model_dir)
        self._run_if_there("model_warmup_fn", model_dir, self._model)

    def transform(self, body: bytes, headers: Mapping[str, str]):
        """Status, body, content type and more headers of the answer to an invocation."""
        self._context.begin(headers)
        content_type = headers.get("Content-Type") or headers.get("ContentType") or codecs.JSON
        accept = accept_of(headers, self._default_accept)
        content = body.decode("utf-8") if content_type in codecs.TEXT_TYPES else body
        value, content_type = self._typed(self._predicted(content, content_type, accept), accept)
        self._context.set_response_content_type(0, content_type)
        data = serialized(value)
        status, _phrase = self._context.get_response_status(0)
        headers = dict(self._context.get_response_headers(0))
        return status or 200, data, headers.pop("content-type"), headers

    def _predicted(self, content: Any, content_type: str, accept: str):
        if self._functions["transform_fn"]:
            return self._run("transform_fn", self._model, content, content_type, accept)
        data = self._run("input_fn", content, content_type)
        prediction = self._run("predict_fn", data, self._model)
        return self._run("output_fn", prediction, accept)

    def _typed(self, result: Any, accept: str):
        """A value and its content type; a tuple may say both."""
        return result[:2] if isinstance(result, tuple) else (result, accept)

    def _run_if_there(self, name: str, *arguments: Any):
        if self._functions[name]:
            self._run(name, *arguments)

    def _run(self, name: str, *arguments: Any):
        call = self._callables.get(name)
        if call is None:
            call = self._callables[name] = self._with_context(self._functions[name], len(arguments))
        return call(*arguments)

    def _with_context(self, function: Callable[..., Any], given: int):
        taken = parameters_of(function, given)
        if taken == given:
            return function
        if taken == given + 1:
            return lambda *arguments: function(*arguments, self._context)
        raise TypeError("%s takes %d arguments but %d were given." % (function.__name__, taken, given))


#: How many arguments a function of a Hugging Face script takes, without the context.
ARGUMENTS = {"model_fn": 1, "input_fn": 2, "predict_fn": 2, "output_fn": 2, "transform_fn": 4}


class HuggingFaceInference(MmsInference):
    """The same, but functions are checked at the start, and what they return is of the type that is accepted."""

    def __init__(self, script: Any, defaults: Any, context: Any):
        # Whatever SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT says.
        super().__init__(script, defaults, codecs.JSON, context)
        self._functions.update(pre_model_fn=None, model_warmup_fn=None)
        for name, given in ARGUMENTS.items():
            function = self._functions[name]
            if function and parameters_of(function, given) not in (given, given + 1):
                raise TypeError(
                    "%s definition takes %d or %d arguments but %d were given."
                    % (function.__name__, given, given + 1, parameters_of(function, given))
                )

    def _typed(self, result: Any, accept: str):
        return result, accept


def parameters_of(function: Callable[..., Any], unknown: int):
    """How many a function has, with defaults or not; `unknown` where a built-in one does not say."""
    try:
        return len(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return unknown


def serialized(value: Any):
    """The body of an answer: text and bytes as they are, a tensor as torch saves it, anything else as JSON."""
    if isinstance(value, (str, bytes, bytearray)):
        return value
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        stream = io.BytesIO()
        torch.save(value, stream)
        return stream.getvalue()
    try:
        return json.dumps(value, indent=2)
    except (TypeError, ValueError) as error:
        body = {"code": 503, "type": "InternalServerException", "message": UNSUPPORTED_OUTPUT}
        sys.stderr.write("%s %s\n" % (UNSUPPORTED_OUTPUT, error))
        raise HttpError(503, json.dumps(body, indent=2) + "\n", codecs.JSON) from error
