"""SavedModels, as TensorFlow Serving finds them and answers with them."""

from __future__ import annotations

import base64
import json
import os
from typing import Any


class BadRequest(Exception):
    """A request that the model cannot answer."""


def find_models(model_dir: str):
    """Models by name: every directory with a numbered directory that holds a SavedModel."""
    models = {}
    for directory, _, files in sorted(os.walk(model_dir)):
        version = os.path.basename(directory)
        if "saved_model.pb" in files and version.isdigit():
            base = os.path.dirname(directory)
            models.setdefault(os.path.basename(base), SavedModel()).add(int(version), directory)
    return models


class SavedModel:
    """The versions of one model."""

    def __init__(self):
        self._paths = {}
        self._loaded = {}

    def add(self, version: Any, path: str):
        self._paths[version] = path

    def has(self, version: Any):
        return version is None or int(version) in self._paths

    def load(self):
        import tensorflow as tf

        self._loaded = {version: tf.saved_model.load(path) for version, path in self._paths.items()}

    def predict(self, text: str, version: Any):
        """TensorFlow Serving's answer to the text of a request. Raises BadRequest."""
        try:
            request = json.loads(text)
        except ValueError as error:
            raise BadRequest("JSON Parse error: %s" % error) from error
        if not isinstance(request, dict) or ("instances" in request) == ("inputs" in request):
            raise BadRequest("Missing 'inputs' or 'instances' key")
        model = self._loaded[max(self._loaded) if version is None else int(version)]
        name = request.get("signature_name", "serving_default")
        if name not in model.signatures:
            raise BadRequest('Serving signature name: "%s" not found in signature def' % name)
        signature = model.signatures[name]
        inputs = _by_input(request, signature)
        outputs = {name: output.numpy() for name, output in _call(signature, inputs).items()}
        return _rows(outputs) if "instances" in request else _columns(outputs)


def _call(signature: Any, inputs: Any):
    import tensorflow as tf

    specification = signature.structured_input_signature[1]
    missing = [name for name in specification if name not in inputs]
    if missing:
        raise BadRequest("Missing named input: %s" % ", ".join(missing))
    try:
        tensors = {name: tf.constant(inputs[name], dtype=specification[name].dtype) for name in specification}
        return signature(**tensors)
    except (ValueError, TypeError, tf.errors.OpError) as error:
        raise BadRequest(str(error)) from error


def _by_input(request: Any, signature: Any):
    """The value of each input of the signature."""
    names = list(signature.structured_input_signature[1])
    if "inputs" in request:
        inputs = _decoded(request["inputs"])
        return inputs if isinstance(inputs, dict) else {names[0]: inputs}
    instances = _decoded(request["instances"])
    if not isinstance(instances, list) or not instances:
        raise BadRequest("Expecting 'instances' value to be an non-empty list")
    if not isinstance(instances[0], dict):
        return {names[0]: instances}
    try:
        return {name: [instance[name] for instance in instances] for name in instances[0]}
    except (KeyError, TypeError):
        raise BadRequest("Failed to process element of 'instances' list: the instances are not alike") from None


def _decoded(value: Any):
    """Bytes come as `{"b64": …}`."""
    if isinstance(value, list):
        return [_decoded(each) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"b64"}:
        return base64.b64decode(value["b64"])
    return {name: _decoded(each) for name, each in value.items()}


def _rows(outputs: Any):
    columns = {name: _plain(name, array) for name, array in outputs.items()}
    only = next(iter(columns.values()))
    rows = only if len(columns) == 1 else [dict(zip(columns, row)) for row in zip(*columns.values())]
    if not isinstance(rows, list):
        raise BadRequest("Tensor name: %s has no shape information" % next(iter(columns)))
    return '{\n    "predictions": [%s\n    ]\n}' % ", ".join(json.dumps(row) for row in rows)


def _columns(outputs: Any):
    columns = {name: _plain(name, array) for name, array in outputs.items()}
    value = next(iter(columns.values())) if len(columns) == 1 else columns
    return '{\n    "outputs": %s\n}' % json.dumps(value)


def _plain(name: str, array: Any):
    import numpy as np

    if array.dtype.kind == "f" and array.dtype.itemsize < 8:
        # The shortest number that is the same in 32 bits, as TensorFlow Serving writes it.
        return array.astype("U32").astype(np.float64).tolist()
    if array.dtype.kind == "O":
        return _texts(array.tolist(), name.endswith("_bytes"))
    return array.tolist()


def _texts(value: Any, as_bytes: bool):
    if isinstance(value, list):
        return [_texts(each, as_bytes) for each in value]
    return {"b64": base64.b64encode(value).decode("ascii")} if as_bytes else value.decode("utf-8", "replace")
