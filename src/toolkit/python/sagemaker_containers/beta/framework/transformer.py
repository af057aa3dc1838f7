"""The functions of an inference script that has none of its own."""

from __future__ import annotations

from typing import Any

from . import content_types, encoders, worker


def default_model_fn(model_dir: str):
    raise NotImplementedError("Please provide a model_fn implementation.")


def default_input_fn(input_data: Any, content_type: str):
    return encoders.decode(input_data, content_type)


def default_predict_fn(data: Any, model: Any):
    raise NotImplementedError("Please provide a predict_fn implementation.")


def default_output_fn(prediction: Any, accept: str):
    body = encoders.encode(prediction, accept)
    return worker.Response(response=body, mimetype=accept or content_types.JSON)
