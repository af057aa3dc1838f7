"""The functions of an inference script that has none of its own."""

from . import content_types, encoders, worker


def default_model_fn(model_dir):
    raise NotImplementedError("Please provide a model_fn implementation.")


def default_input_fn(input_data, content_type):
    return encoders.decode(input_data, content_type)


def default_predict_fn(data, model):
    raise NotImplementedError("Please provide a predict_fn implementation.")


def default_output_fn(prediction, accept):
    body = encoders.encode(prediction, accept)
    return worker.Response(response=body, mimetype=accept or content_types.JSON)
