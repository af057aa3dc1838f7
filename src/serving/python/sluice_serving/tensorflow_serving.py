"""What TensorFlow's inference containers do: TensorFlow Serving's REST interface, in front of SavedModels.

Source: sagemaker-tensorflow-serving-container and TensorFlow Serving's "RESTful API". TensorFlow itself runs the
models. Gaps: only `tfs-method=predict`; no gRPC; TensorFlow Serving's messages are not its own, but say the same.
"""

from __future__ import annotations

import io
import json
import re
from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any

from . import codecs
from .errors import HttpError, ServingError
from .saved_models import BadRequest, find_models
from .tensorflow_rest import listen

JSON_TYPES = (codecs.JSON, "application/jsonlines", "application/jsons")

Context = namedtuple(
    "Context",
    "model_name, model_version, method, rest_uri, grpc_port, channel, "
    "custom_attributes, request_content_type, accept_header, content_length",
)


class Response:
    """What an output_handler gets, as `requests` would have it."""

    def __init__(self, status: int, text: str):
        self.status_code, self.text = status, text
        self.content = text.encode("utf-8")
        self.headers = {"Content-Type": codecs.JSON}
        self.ok = status < 400

    def json(self):
        return json.loads(self.text)


class TensorFlowServing:
    """Answers requests with the SavedModels of a model directory."""

    execution_parameters_fn = None

    def __init__(self, script: Any, environment: Mapping[str, str]):
        self._default_name: Any = environment.get("SAGEMAKER_TFS_DEFAULT_MODEL_NAME")
        self._port = None
        self._handler = _handler_of(script, self._predict)

    def load(self, model_dir: str):
        self._models = find_models(model_dir)
        if not self._models:
            raise ServingError("no SavedModel bundles found!")
        if self._default_name is None:
            self._default_name = next(iter(self._models))
        for model in self._models.values():
            model.load()
        if self._handler:
            self._port = listen(self.rest)

    def transform(self, body: bytes, headers: Mapping[str, str]):
        """The status, the body and its type of the answer to an invocation."""
        attributes = _attributes(headers.get("X-Amzn-SageMaker-Custom-Attributes"))
        context = self._context(attributes, headers, len(body))
        if self._handler:
            try:
                content, kind = self._handler(io.BytesIO(body), context)
            except Exception as error:
                raise HttpError(500, json.dumps({"error": str(error)}), codecs.JSON) from error
            return 200, content, kind
        kind = headers.get("Content-Type")
        if kind in JSON_TYPES:
            request = _from_json(body.decode("utf-8"))
        elif kind == codecs.CSV:
            request = _from_csv(body.decode("utf-8"))
        else:
            message = '{"error": "Unsupported Media Type: %s"}' % (kind or "Unknown")
            raise HttpError(415, message, codecs.JSON)
        answer = self._predict(request, context)
        accepted = (headers.get("Accept") or "").strip().replace(" ", "").split(",")
        if "application/jsonlines" in accepted or codecs.JSON in accepted:
            return answer.status_code, answer.text.replace("\n", ""), accepted[0]
        return answer.status_code, answer.text, codecs.JSON

    def rest(self, path: str, body: bytes):
        """Answers TensorFlow Serving's own address, which handlers may ask: `/v1/models/<name>:predict`."""
        match = re.fullmatch(r"/v1/models/([^/:]+)(?:/versions/(\d+))?:(\w+)", path)
        if not match:
            raise HttpError(404, '{"error": "Not Found"}', codecs.JSON)
        name, version, method = match.groups()
        answer = self._answer(name, version, method, body.decode("utf-8"))
        return answer.status_code, answer.text, codecs.JSON

    def answer_error(self, error: Any, trace: str):
        return 500, json.dumps({"error": str(error)}), codecs.JSON

    def _context(self, attributes: Mapping[str, str], headers: Mapping[str, str], length: int):
        name = attributes.get("tfs-model-name")
        version, method = attributes.get("tfs-model-version"), attributes.get("tfs-method")
        place = (name or self._default_name) + ("/versions/%s" % version if version else "")
        uri = self._port and "http://127.0.0.1:%d/v1/models/%s:%s" % (self._port, place, method or "predict")
        kind = headers.get("Content-Type") or codecs.JSON
        accept = headers.get("Accept") or codecs.JSON
        custom = headers.get("X-Amzn-SageMaker-Custom-Attributes")
        return Context(name, version, method, uri, None, None, custom, kind, accept, length)

    def _predict(self, request: Any, context: Any):
        text = request.decode("utf-8") if isinstance(request, bytes) else request
        name = context.model_name or self._default_name
        return self._answer(name, context.model_version, context.method or "predict", text)

    def _answer(self, name: str | None, version: Any, method: str, text: str):
        model = self._models.get(name)
        if model is None or not model.has(version):
            asked = "Specific(%s, %s)" % (name, version) if version else "Latest(%s)" % name
            return _failure(404, "Servable not found for request: %s" % asked)
        if method != "predict":
            return _failure(400, "Only the method predict is served here, not %s." % method)
        try:
            return Response(200, model.predict(text, version))
        except BadRequest as error:
            return _failure(400, str(error))


def _failure(status: int, message: str):
    return Response(status, json.dumps({"error": message}))


def _handler_of(script: Any, predict: Callable[..., Any]):
    if script is None:
        return None
    if hasattr(script, "handler"):
        return script.handler
    if not (hasattr(script, "input_handler") and hasattr(script, "output_handler")):
        raise ServingError("Handlers are not implemented correctly in user script.")
    return lambda data, context: script.output_handler(predict(script.input_handler(data, context), context), context)


def _attributes(header: str | None):
    return dict(pair.split("=", 1) for pair in re.findall(r"tfs-[a-z\-]+=[^,]+", header or ""))


def _from_json(text: str):
    """TensorFlow Serving's own JSON as it stands; lines of JSON and anything else as instances."""
    if re.search(r'"(instances|inputs|examples)"\s*:', text):
        return text
    if re.search(r"[}\]]\s*[\[{]", text):
        lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
        return '{"instances":%s}' % (lines[0] if len(lines) == 1 else "[%s]" % ",".join(lines))
    return '{"instances":%s}' % (text if re.match(r"\s*\[\s*\[", text) else "[%s]" % text)


def _from_csv(text: str):
    quoted = re.match(r'\s*("|[\d.Ee+\-]+.*)', text) is None
    rows = []
    for line in (line.strip() for line in text.strip().splitlines()):
        if line:
            fields = line.replace('"', '\\"').replace(",", '","') if quoted else line
            value = '"%s"' % fields if quoted else fields
            rows.append("[%s]" % value if "," in line else value)
    return '{"instances":[%s]}' % ",".join(rows)
