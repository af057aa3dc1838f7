"""Content types that the framework containers decode and encode by themselves.

Source: sagemaker-inference-toolkit (PyTorch) and sagemaker-containers (scikit-learn, XGBoost): types are compared as
they stand, so that `text/csv; charset=utf-8` is none of them. By design: arrays of pickled objects are refused.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from .errors import UnsupportedFormatError

JSON = "application/json"
CSV = "text/csv"
NPY = "application/x-npy"
NPZ = "application/x-npz"
#: Given to the functions of a script as text, all others as bytes.
TEXT_TYPES = (JSON, CSV)


def as_text(body: bytes):
    return body.decode("utf-8") if isinstance(body, (bytes, bytearray)) else body


def decode(body: bytes, content_type: str):
    """The array of a request, as sagemaker-containers reads it: CSV without its dimensions of length 1."""
    import numpy as np

    if content_type != CSV:
        return _decode_common(body, content_type)
    rows = list(csv.reader(io.StringIO(as_text(body)), strict=True))
    array = np.array(rows).squeeze()
    try:
        return array.astype(np.float64)
    except ValueError:
        return array


def decode_inference(body: bytes, content_type: str):
    """The array of a request, as sagemaker-inference-toolkit reads it."""
    import numpy as np

    if content_type == CSV:
        return np.genfromtxt(io.StringIO(as_text(body)), delimiter=",")
    if content_type == NPZ:
        import scipy.sparse

        return scipy.sparse.load_npz(io.BytesIO(body))
    return _decode_common(body, content_type)


def _decode_common(body: bytes, content_type: str):
    import numpy as np

    if content_type == JSON:
        return np.array(json.loads(as_text(body)))
    if content_type == NPY:
        return np.load(io.BytesIO(body), allow_pickle=False)
    raise UnsupportedFormatError(content_type, 415)


def encode(prediction: Any, accept: str):
    """The body of an answer, and its content type."""
    encoders = {JSON: encode_json, CSV: _csv_of_rows, NPY: encode_npy}
    if accept not in encoders:
        raise UnsupportedFormatError(accept, 406)
    return encoders[accept](prediction), accept


def encode_inference(prediction: Any, accept: str):
    """The same in sagemaker-inference-toolkit: the first of several types that it knows."""
    encoders = {JSON: encode_json, CSV: _csv_of_table, NPY: encode_npy}
    for content_type in accept.replace(" ", "").split(","):
        if content_type in encoders:
            return encoders[content_type](prediction), accept
    raise UnsupportedFormatError(accept, 406)


def encode_json(prediction: Any, **options: Any):
    return json.dumps(prediction, default=_plain, **options)


def _plain(value: Any):
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


def _csv_of_rows(prediction: Any):
    import numpy as np

    array = np.array(prediction)
    stream = io.StringIO()
    rows = array.reshape(-1, 1) if array.ndim == 1 else array
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def _csv_of_table(prediction: Any):
    import numpy as np

    stream = io.StringIO()
    np.savetxt(stream, prediction, delimiter=",", fmt="%s")
    return stream.getvalue()


def encode_npy(prediction: Any):
    import numpy as np

    stream = io.BytesIO()
    np.save(stream, prediction, allow_pickle=False)
    return stream.getvalue()
