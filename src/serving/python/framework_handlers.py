"""What the framework containers do where an inference script has no function of its own.

Source: the public handlers of the scikit-learn, XGBoost, PyTorch and Hugging Face containers.
"""

import json
import os

import codecs_default as codecs
from errors import ServingError


def no_model_fn(model_dir):
    raise ServingError(
        "Please provide a model_fn implementation: the inference script has no function model_fn(model_dir)."
    )


def predict(data, model):
    return model.predict(data)


class ScikitLearn:
    """A model_fn is needed; everything else has a default."""

    model_fn = staticmethod(no_model_fn)
    predict_fn = staticmethod(predict)
    output_fn = staticmethod(codecs.encode)

    @staticmethod
    def input_fn(body, content_type):
        import numpy as np

        array = codecs.decode(body, content_type)
        if len(array.shape) == 1:
            array = array.reshape(1, -1)
        return array.astype(np.float32) if codecs.base_type(content_type) in codecs.TEXT_TYPES else array


class XGBoost:
    """A model that the algorithm itself has trained needs no script."""

    MODEL_FILE = "xgboost-model"

    @classmethod
    def model_fn(cls, model_dir):
        path = os.path.join(model_dir, cls.MODEL_FILE)
        if not os.path.isfile(path):
            no_model_fn(model_dir)
        import xgboost

        booster = xgboost.Booster()
        booster.load_model(path)
        return booster

    @staticmethod
    def input_fn(body, content_type):
        import numpy as np
        import xgboost

        kind = codecs.base_type(content_type)
        if kind in ("text/libsvm", "text/x-libsvm"):
            return xgboost.DMatrix(_libsvm(codecs.as_text(body)))
        array = codecs.decode(body, content_type)
        if kind == codecs.CSV and len(array.shape) == 1:
            rows = len([line for line in codecs.as_text(body).splitlines() if line.strip()])
            array = array.reshape(rows, -1)
        return xgboost.DMatrix(np.atleast_2d(array))

    @staticmethod
    def predict_fn(data, model):
        # A script's model may be one of XGBoost's scikit-learn models, which take arrays.
        if type(model).__name__ == "Booster":
            return model.predict(data, validate_features=False)
        return model.predict(data)

    output_fn = staticmethod(codecs.encode)


def _libsvm(text):
    import numpy as np

    rows = [dict(_feature(field) for field in line.split() if ":" in field) for line in text.splitlines() if line.strip()]
    width = max((max(row, default=-1) for row in rows), default=-1) + 1
    array = np.full((len(rows), width), np.nan)
    for number, row in enumerate(rows):
        for index, value in row.items():
            array[number, index] = value
    return array


def _feature(field):
    index, value = field.split(":", 1)
    return int(index), float(value)


class PyTorch:
    """A TorchScript file in the model's directory needs no model_fn."""

    @staticmethod
    def model_fn(model_dir):
        for name in sorted(os.listdir(model_dir)):
            if name.endswith((".pt", ".pth")):
                import torch

                return torch.jit.load(os.path.join(model_dir, name), map_location=_device()).eval()
        no_model_fn(model_dir)

    @staticmethod
    def input_fn(body, content_type):
        import numpy as np
        import torch

        return torch.tensor(codecs.decode(body, content_type).astype(np.float32)).to(_device())

    @staticmethod
    def predict_fn(data, model):
        import torch

        with torch.no_grad():
            return model(data)

    @staticmethod
    def output_fn(prediction, accept):
        if hasattr(prediction, "detach"):
            prediction = prediction.detach().cpu().numpy()
        return codecs.encode(prediction, accept)


def _device():
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


class TensorFlow:
    """A SavedModel needs no model_fn; JSON may be TensorFlow Serving's `{"instances": …}`."""

    @staticmethod
    def model_fn(model_dir):
        for directory, _, files in sorted(os.walk(model_dir)):
            if "saved_model.pb" in files:
                import tensorflow as tf

                return tf.saved_model.load(directory).signatures["serving_default"]
        no_model_fn(model_dir)

    @staticmethod
    def input_fn(body, content_type):
        if codecs.base_type(content_type) == codecs.JSON:
            value = json.loads(codecs.as_text(body))
            if isinstance(value, dict) and "instances" in value:
                body = json.dumps(value["instances"])
        return codecs.decode(body, content_type)

    @staticmethod
    def predict_fn(data, model):
        if hasattr(model, "predict"):
            return model.predict(data)
        import tensorflow as tf

        name, spec = next(iter(model.structured_input_signature[1].items()))
        outputs = model(**{name: tf.constant(data, dtype=spec.dtype)})
        return next(iter(outputs.values())).numpy()

    @staticmethod
    def output_fn(prediction, accept):
        if codecs.base_type(accept.split(",")[0]) == codecs.JSON and hasattr(prediction, "tolist"):
            prediction = {"predictions": prediction.tolist()}
        return codecs.encode(prediction, accept)


class HuggingFace:
    """A pipeline of the task that `HF_TASK` names, on `{"inputs": …, "parameters": …}`."""

    @staticmethod
    def model_fn(model_dir):
        task = os.environ.get("HF_TASK")
        if not task:
            raise ServingError("Set HF_TASK in the model's Environment, or write a model_fn(model_dir).")
        from transformers import pipeline

        return pipeline(task=task, model=os.environ.get("HF_MODEL_ID") or model_dir)

    @staticmethod
    def input_fn(body, content_type):
        if codecs.base_type(content_type) == codecs.JSON:
            return json.loads(codecs.as_text(body))
        return {"inputs": codecs.decode(body, content_type).tolist()}

    @staticmethod
    def predict_fn(data, model):
        if not isinstance(data, dict):
            return model(data)
        return model(data.get("inputs", data), **(data.get("parameters") or {}))

    output_fn = staticmethod(codecs.encode)


HANDLERS = {
    "scikit-learn": ScikitLearn,
    "xgboost": XGBoost,
    "pytorch": PyTorch,
    "tensorflow": TensorFlow,
    "huggingface-pytorch": HuggingFace,
    "huggingface-tensorflow": HuggingFace,
}
