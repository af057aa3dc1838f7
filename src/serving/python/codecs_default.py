"""Content types that the framework containers decode and encode by themselves.

Source: sagemaker-inference-toolkit, decoder and encoder. By design: arrays of pickled objects are refused, and a
content type that is not known is answered with 415 or 406.
"""

import io
import json

from errors import HttpError

JSON = "application/json"
CSV = "text/csv"
NPY = "application/x-npy"
NPZ = "application/x-npz"
#: Given to the functions of a script as text, all others as bytes.
TEXT_TYPES = (JSON, CSV)


def base_type(content_type):
    """A content type without its parameters."""
    return content_type.split(";")[0].strip().lower()


def as_text(body):
    return body.decode("utf-8") if isinstance(body, (bytes, bytearray)) else body


def decode(body, content_type):
    """The array of a request."""
    import numpy as np

    kind = base_type(content_type)
    if kind == JSON:
        return np.array(json.loads(as_text(body)))
    if kind == CSV:
        return np.genfromtxt(io.StringIO(as_text(body)), delimiter=",")
    if kind == NPY:
        return np.load(io.BytesIO(body), allow_pickle=False)
    if kind == NPZ:
        import scipy.sparse

        return scipy.sparse.load_npz(io.BytesIO(body))
    raise HttpError(
        415,
        "Content type %s is not supported by this framework: expected %s, or an input_fn that takes it."
        % (content_type, ", ".join((JSON, CSV, NPY, NPZ))),
    )


def encode(prediction, accept):
    """The body of an answer and its content type: the first of those accepted that is known."""
    for content_type in accept.replace(" ", "").split(","):
        kind = base_type(content_type)
        if kind == JSON:
            return json.dumps(prediction, default=_plain), JSON
        if kind == CSV:
            return _csv(prediction), CSV
        if kind == NPY:
            return _npy(prediction), NPY
    raise HttpError(
        406,
        "Accept %s is not supported by this framework: expected %s, or an output_fn that makes it."
        % (accept, ", ".join((JSON, CSV, NPY))),
    )


def _plain(value):
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError("%s cannot be written as JSON" % type(value).__name__)


def _csv(prediction):
    import numpy as np

    stream = io.StringIO()
    np.savetxt(stream, prediction, delimiter=",", fmt="%s")
    return stream.getvalue()


def _npy(prediction):
    import numpy as np

    stream = io.BytesIO()
    np.save(stream, prediction, allow_pickle=False)
    return stream.getvalue()
