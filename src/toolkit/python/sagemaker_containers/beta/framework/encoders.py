"""Arrays to and from JSON, CSV and NPY."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from . import content_types, errors


def array_to_npy(array_like: Any):
    buffer = io.BytesIO()
    np.save(buffer, array_like)
    return buffer.getvalue()


def npy_to_numpy(npy_array: bytes):
    # Pickled objects would run as code.
    return np.load(io.BytesIO(npy_array), allow_pickle=False)


def array_to_json(array_like: Any):
    def default(value: Any):
        if hasattr(value, "tolist"):
            return value.tolist()
        raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)

    return json.dumps(array_like, default=default)


def json_to_numpy(string_like: str, dtype: Any = None):
    return np.array(json.loads(string_like), dtype=dtype)


def csv_to_numpy(string_like: str, dtype: Any = None):
    try:
        rows = list(csv.reader(io.StringIO(string_like), strict=True))
    except csv.Error as error:
        raise errors.ClientError("Error while decoding csv: %s" % error) from error
    array = np.array(rows).squeeze()
    try:
        return array.astype(float if dtype is None else dtype)
    except ValueError as error:
        if dtype is None:
            return array
        raise errors.ClientError("Error while writing numpy array: %s. dtype is: %s" % (error, dtype)) from error


def array_to_csv(array_like: Any):
    array = np.array(array_like)
    if array.ndim == 1:
        array = array.reshape(-1, 1)
    stream = io.StringIO()
    try:
        csv.writer(stream, lineterminator="\n", strict=True).writerows(array)
    except csv.Error as error:
        raise errors.ClientError("Error while encoding csv: %s" % error) from error
    return stream.getvalue()


_ENCODERS = {
    content_types.NPY: array_to_npy,
    content_types.CSV: array_to_csv,
    content_types.JSON: array_to_json,
}

_DECODERS = {
    content_types.NPY: npy_to_numpy,
    content_types.CSV: csv_to_numpy,
    content_types.JSON: json_to_numpy,
}


def encode(array_like: Any, content_type: str):
    """An array as text or bytes of a content type."""
    return _known(_ENCODERS, content_type)(array_like)


def decode(obj: Any, content_type: str):
    """Text or bytes of a content type as an array."""
    return _known(_DECODERS, content_type)(obj)


def _known(functions: Mapping[str, Callable[..., Any]], content_type: str):
    if content_type not in functions:
        raise errors.UnsupportedFormatError(content_type)
    return functions[content_type]
