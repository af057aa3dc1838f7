"""One process that answers requests with the model, in its main thread."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import traceback
from collections.abc import Mapping
from typing import Any

from .choose import choose_inference
from .errors import HttpError
from .http_headers import Headers
from .inference import model_directory
from .messages import pack, receive_blocking
from .settings import Settings


def run_worker(settings: Settings, environment: Mapping[str, str], descriptor: int, number: int):
    """Loads the model, says so, and answers until the server has gone. Raises ServingError."""
    with socket.socket(fileno=descriptor) as connection:
        inference = choose_inference(settings, environment, number)
        inference.load(model_directory(environment))
        connection.sendall(pack("ready"))
        while True:
            message = receive_blocking(connection)
            if message is None:
                return 0
            connection.sendall(pack(_answer(inference, *message)))


def _answer(inference: Any, kind: Any, *arguments: Any):
    """Status, body, content type, more headers."""
    try:
        status, body, content_type, *more = _ask(inference, kind, *arguments)
    except HttpError as error:
        status, body, content_type, more = error.status, str(error), error.content_type, []
    except Exception as error:
        trace = traceback.format_exc()
        sys.stderr.write(trace)
        status, body, content_type, *more = inference.answer_error(error, trace)
    data = body.encode("utf-8") if isinstance(body, str) else bytes(body)
    _flush()
    return int(status), data, content_type, more[0] if more else {}


def _ask(inference: Any, kind: Any, *arguments: Any):
    if kind == "transform":
        headers, body = arguments
        return inference.transform(body, Headers(headers))
    if kind == "rest" and hasattr(inference, "rest"):
        return inference.rest(*arguments)
    if kind == "execution_parameters" and inference.execution_parameters_fn:
        parameters = inference.execution_parameters_fn()
        return 200, parameters if isinstance(parameters, str) else json.dumps(parameters), "application/json"
    method = "GET" if kind == "execution_parameters" else "POST"
    raise HttpError(404, "%s %s is not served here." % (method, arguments[0]))


def _flush():
    """What a script prints belongs to its request, also where nobody set PYTHONUNBUFFERED."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
