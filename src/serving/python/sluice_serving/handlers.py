"""What the framework containers do where an inference script has no function of its own.

Source: the public handlers of the scikit-learn, XGBoost and PyTorch containers. Those of Hugging Face and TensorFlow
Serving have files of their own.
"""

from __future__ import annotations

import json
import os
from typing import Any

from . import codecs
from .errors import ServingError, UnsupportedFormatError, answer_in_text

NO_MODEL_FN = (
    "Please provide a model_fn implementation.\n"
    "See documentation for model_fn at https://github.com/aws/sagemaker-python-sdk"
)

#: Where no framework is named, the local Python has what it has.
NO_NUMPY = (
    "No module named 'numpy'. The default input_fn needs it: name a framework (--framework scikit-learn), "
    "put numpy into requirements.txt, or write an input_fn."
)


class ScikitLearn:
    """A model_fn is needed; everything else has a default."""

    @staticmethod
    def model_fn(model_dir: str):
        raise ServingError(NO_MODEL_FN)

    @staticmethod
    def input_fn(body: bytes, content_type: str):
        try:
            import numpy as np
        except ModuleNotFoundError:
            raise ModuleNotFoundError(NO_NUMPY) from None

        array = codecs.decode(body, content_type)
        return array.astype(np.float32) if content_type in codecs.TEXT_TYPES else array

    @staticmethod
    def predict_fn(data: Any, model: Any):
        return model.predict(data)

    output_fn = staticmethod(codecs.encode)

    @staticmethod
    def answer_error(error: Any, trace: str):
        """A content type that is not known is told as JSON; everything else as text, with its trace."""
        if not isinstance(error, UnsupportedFormatError):
            return answer_in_text(error, trace)
        body = {"error": "UnsupportedFormatError", "error-message": str(error), "stack-trace": trace}
        return error.status, json.dumps(body), codecs.JSON


class XGBoost(ScikitLearn):
    """The same with XGBoost's matrices. Models without a script are served as the algorithm's."""

    @staticmethod
    def input_fn(body: bytes, content_type: str):
        import xgboost

        from .xgboost_data import recordio_rows, request_csv, request_libsvm

        kind = content_type.split(";", maxsplit=1)[0].strip()
        if kind == codecs.CSV:
            return xgboost.DMatrix(request_csv(codecs.as_text(body)))
        if kind in ("text/libsvm", "text/x-libsvm"):
            return xgboost.DMatrix(request_libsvm(codecs.as_text(body)))
        if kind == "application/x-recordio-protobuf":
            data, labels = recordio_rows(body)
            return xgboost.DMatrix(data, label=labels)
        raise UnsupportedFormatError(kind, 415)

    @staticmethod
    def predict_fn(data: Any, model: Any):
        return model.predict(data, validate_features=False)


class PyTorch:
    """A TorchScript file in the model's directory needs no model_fn."""

    @staticmethod
    def model_fn(model_dir: str, context: Any):
        import torch

        path = os.path.join(model_dir, "model.pt")
        if not os.path.exists(path):
            files = [
                name
                for name in sorted(os.listdir(model_dir))
                if name.endswith((".pt", ".pth")) and os.path.isfile(os.path.join(model_dir, name))
            ]
            if len(files) != 1:
                raise ServingError("Exactly one .pth or .pt file is required for PyTorch models: %s" % files)
            path = os.path.join(model_dir, files[0])
        try:
            return torch.jit.load(path, map_location=_device(context)).to(_device(context))
        except RuntimeError as error:
            raise ServingError("Failed to load %s. Please ensure model is saved using torchscript." % path) from error

    @staticmethod
    def input_fn(body: bytes, content_type: str, context: Any):
        import torch

        array = codecs.decode_inference(body, content_type)
        text = content_type in codecs.TEXT_TYPES
        return (torch.FloatTensor(array) if text else torch.from_numpy(array)).to(_device(context))

    @staticmethod
    def predict_fn(data: Any, model: Any, context: Any):
        import torch

        with torch.no_grad():
            model = model.to(_device(context))
            model.eval()
            return model(data.to(_device(context)))

    @staticmethod
    def output_fn(prediction: Any, accept: str):
        import torch

        if type(prediction) is torch.Tensor:
            prediction = prediction.detach().cpu().numpy().tolist()
        return codecs.encode_inference(prediction, accept)

    #: Every error is the server's, also a content type that is not known.
    answer_error = staticmethod(answer_in_text)


def _device(context: Any):
    import torch

    gpu = context.system_properties.get("gpu_id")
    return torch.device("cpu" if gpu is None or not torch.cuda.is_available() else "cuda:%d" % gpu)
