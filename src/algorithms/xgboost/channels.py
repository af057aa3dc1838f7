"""The channels of the algorithm: `train`, and maybe `validation`.

Source: AWS developer guide, "Input/Output Interface for the XGBoost Algorithm"; sagemaker-xgboost-container.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from errors import UserError
from sluice_serving.content_types import CSV, LIBSVM, PARQUET, RECORDIO, content_format

DEFAULT_CONTENT_TYPE = "text/libsvm"
FILE_TYPES = ("csv", "libsvm", "parquet", "recordio-protobuf", *CSV, *LIBSVM, *PARQUET, *RECORDIO)
PIPE_TYPES = tuple(name for name in FILE_TYPES if name not in ("libsvm", *LIBSVM))
TYPES = {"train": FILE_TYPES, "validation": FILE_TYPES, "code": ("text/python",)}


class Data:
    """What the channels say of the data."""

    def __init__(self, config: Mapping[str, Any]):
        train = config["train"]
        self.format = content_format(train["ContentType"])
        self.pipe = train["TrainingInputMode"] == "Pipe"
        self.has_validation = "validation" in config


def read_channels(config: Mapping[str, Any]):
    """Checks `inputdataconfig.json`. Raises UserError."""
    if "train" not in config:
        raise UserError("Missing required channel: train")
    for name, channel in config.items():
        if name not in TYPES:
            raise UserError("Extraneous channel found: %s" % name)
        channel.setdefault("ContentType", DEFAULT_CONTENT_TYPE)
        # Parameters (`text/csv; label_size=1`) are for the reader of the data to judge.
        bare = channel["ContentType"].split(";")[0].strip().lower()
        piped = channel["TrainingInputMode"] == "Pipe" and name != "code"
        known = PIPE_TYPES if piped else TYPES[name]
        if bare not in known:
            raise UserError("Channel configuration for '%s' channel is not supported: %s" % (name, channel))
    return Data(config)
