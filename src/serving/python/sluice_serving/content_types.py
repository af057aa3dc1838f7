"""The content types of the XGBoost algorithm, in training and in serving."""

from __future__ import annotations

CSV = ("text/csv",)
LIBSVM = ("text/libsvm", "text/x-libsvm")
PARQUET = ("application/x-parquet",)
RECORDIO = ("application/x-recordio-protobuf",)

_FORMATS = {
    "csv": ("csv", *CSV),
    "libsvm": ("libsvm", *LIBSVM),
    "parquet": ("parquet", *PARQUET),
    "recordio-protobuf": ("recordio-protobuf", *RECORDIO),
}
_NAMES = [*_FORMATS, *CSV, *LIBSVM, *PARQUET, *RECORDIO]


def parse_header(text: str):
    """A header's value, in lower case, and its parameters."""
    value, *parameters = (part.strip() for part in text.lower().split(";"))
    pairs = (parameter.partition("=") for parameter in parameters if "=" in parameter)
    return value, {name.strip(): value.strip().strip('"') for name, _, value in pairs}


def content_format(content_type: str | None):
    """`csv`, `libsvm`, `parquet` or `recordio-protobuf`; libsvm where nothing is said. Raises ValueError."""
    if content_type is None:
        return "libsvm"
    kind, parameters = parse_header(content_type)
    if kind in _FORMATS["csv"] and parameters.get("label_size", "1") != "1":
        raise ValueError(
            "%s is not an accepted csv ContentType. Optional parameter label_size must be equal to 1" % content_type
        )
    for name, kinds in _FORMATS.items():
        if kind in kinds:
            return name
    raise ValueError("%s is not an accepted ContentType: %s." % (content_type, ", ".join(_NAMES)))
