"""Answers requests as the containers of scikit-learn and XGBoost do: with a Flask application.

Source: sagemaker-containers (`_transformer.py`, `_worker.py`), and Flask for what a view may return.
By design: an array or a list of numbers, which Flask would fail on half way, is an error like any other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from . import codecs
from .inference import accept_of, functions_of

HTML = "text/html; charset=utf-8"


class FlaskInference:
    """The functions of a script, or a framework's. They get no context."""

    def __init__(self, script: Any, defaults: Any, default_accept: str):
        self._functions = functions_of(script, defaults)
        self._transform = self._functions["transform_fn"] or self._default_transform
        self._default_accept = default_accept
        self.execution_parameters_fn = getattr(script, "execution_parameters_fn", None)
        self.answer_error = defaults.answer_error
        self._model = None

    def load(self, model_dir: str):
        self._model = self._functions["model_fn"](model_dir)

    def transform(self, body: bytes, headers: Mapping[str, str]):
        """Status, body, content type and more headers of the answer to an invocation."""
        content_type = headers.get("ContentType") or headers.get("Content-Type") or codecs.JSON
        # As Werkzeug decodes a body.
        content = body.decode("utf-8", "replace") if content_type in codecs.TEXT_TYPES else body
        accept = accept_of(headers, self._default_accept)
        result = self._transform(self._model, content, content_type, accept)
        if isinstance(result, tuple):
            return 200, _joined(result[0]), _with_charset(result[1])
        return _of_view(result)

    def _default_transform(self, model: Any, content: Any, content_type: str, accept: str):
        data = self._functions["input_fn"](content, content_type)
        prediction = self._functions["predict_fn"](data, model)
        return self._functions["output_fn"](prediction, accept)


def _of_view(value: Any):
    """What Flask makes of the value of a view."""
    if isinstance(value, (str, bytes, bytearray)):
        return 200, value, HTML
    if isinstance(value, (dict, list)):
        return 200, json.dumps(value, separators=(",", ":"), sort_keys=True) + "\n", codecs.JSON
    if _is_response(value):
        headers = {name: text for name, text in value.headers.items() if name.lower() not in _OWN}
        return value.status_code, value.get_data(), value.headers.get("Content-Type"), headers
    said = "The view function for 'invocations' did not return a valid response."
    if value is None:
        raise TypeError("%s The function either returned None or ended without a return statement." % said)
    raise TypeError(
        "%s The return type must be a string, dict, list, tuple with headers or status, Response instance, or WSGI "
        "callable, but it was a %s." % (said, type(value).__name__)
    )


#: Headers of a response that this server says itself.
_OWN = ("content-type", "content-length", "connection", "transfer-encoding")


def _is_response(value: Any):
    """A flask.Response, whichever of its classes: sagemaker_containers has one of its own."""
    return all(hasattr(value, name) for name in ("get_data", "status_code", "headers"))


def _joined(data: Any):
    """The body of a flask.Response made of this."""
    if isinstance(data, (str, bytes, bytearray)):
        return data
    if data is None:
        return b""
    parts = list(data)
    wrong = next((part for part in parts if not isinstance(part, (str, bytes))), None)
    if wrong is not None:
        raise TypeError(
            "The first element of what output_fn or transform_fn returns must be text or bytes, not a %s of %s."
            % (type(data).__name__, type(wrong).__name__)
        )
    return b"".join(part.encode("utf-8") if isinstance(part, str) else part for part in parts)


def _with_charset(mimetype: str):
    """The Content-Type that Werkzeug makes of a mimetype."""
    text = str(mimetype)
    return "%s; charset=utf-8" % text if text.startswith("text/") and "charset" not in text else text
