"""Reads a channel's files, or its pipe, into XGBoost's matrices.

By design: a missing value of CSV is missing to XGBoost too. Files are read by pandas and pyarrow, not by XGBoost's
own reader of files, which newer versions have given up.
"""

from __future__ import annotations

import csv
import io
import logging
import os
from typing import Any

from errors import UserError
from sluice_serving.xgboost_data import csv_delimiter, libsvm_rows, recordio_rows

#: Directories below a channel whose files are read.
MAX_DEPTH = 3


def data_files(channel: str):
    """The files of a channel, sorted. Raises UserError for a hidden one."""
    if os.path.isfile(channel):
        return [channel]
    found = []
    for directory, _, names in os.walk(channel, followlinks=True):
        if any(name.startswith(".") for name in names):
            raise UserError("Hidden file found in the data path! Remove that before training.")
        depth = os.path.relpath(directory, channel).count(os.sep) + 2 if directory != channel else 1
        if depth > MAX_DEPTH:
            if names:
                logging.warning(
                    "The depth of folder %s exceed the limit %d. Files in deeper sub dirs won't be loaded. "
                    "Please adjust the folder structure accordingly.",
                    channel,
                    MAX_DEPTH,
                )
            continue
        found.extend(os.path.join(directory, name) for name in names if not name.startswith("_"))
    return sorted(path for path in found if os.path.getsize(path) > 0)


def warn_of_redundancy(train: Any, validation: Any):
    """Says which files of both channels look the same."""
    for path in data_files(train):
        other = os.path.join(validation, os.path.basename(path))
        if os.path.isfile(other) and os.path.getsize(other) == os.path.getsize(path):
            logging.warning(
                "Suspected identical files found. (%s and %s with same size %d bytes). Note: Duplicate data in the "
                "training set and validation set is usually not intentional and can impair the validity of the model "
                "evaluation by the validation score.",
                path,
                other,
                os.path.getsize(path),
            )


def read_channel(channel: str, pipe: bool):
    """The name and the place of each file of a channel, or what came through its pipe; nothing where it is empty."""
    if not pipe:
        logging.info("File path %s of input files", channel)
        paths = data_files(channel) if os.path.exists(channel) else []
        return [(os.path.basename(path), path) for path in paths]
    logging.info("Pipe path %s found.", channel)
    with open("%s_0" % channel, "rb") as stream:
        content = stream.read()
    return [("%s_0" % os.path.basename(channel), content)] if content else []


def matrix_of(sources: Any, kind: str, weighted: bool):
    """One matrix of everything, or None where there is nothing. Raises UserError."""
    import xgboost

    if not sources:
        return None
    try:
        rows = _READERS[kind](sources, weighted)
    except UserError:
        raise
    except ModuleNotFoundError as error:
        raise UserError("Reading %s data needs the Python package %s: install it." % (kind, error.name)) from error
    except Exception as error:
        raise UserError("Failed to load %s data with exception:\n%s" % (kind, error)) from error
    if rows["label"] is None or len(rows["label"]) == 0:
        raise UserError("Got input data without labels. Please check the input data set.")
    return xgboost.DMatrix(**rows)


def _opened(source: Any):
    return io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb")


def _content(source: Any):
    with _opened(source) as stream:
        return stream.read()


def _first_line(source: Any):
    with _opened(source) as stream:
        return stream.readline().decode("utf-8", "replace")


def _csv_rows(sources: Any, weighted: bool):
    import numpy as np
    import pandas as pd

    line = _first_line(sources[0][1])
    try:
        delimiter = csv_delimiter(line)
    except csv.Error as error:
        raise UserError("Could not determine delimiter on line %s:\n%s" % (line[:50], error)) from error
    logging.info("Determined delimiter of CSV input is '%s'", delimiter)
    # A file of texts is a mistake that pandas would hide behind its types.
    frames = []
    for _, source in sources:
        with _opened(source) as stream:
            frames.append(pd.read_csv(stream, sep=delimiter, header=None, dtype=np.float32).to_numpy())
    table = np.concatenate(frames)
    first = 2 if weighted else 1
    rows = {"data": table[:, first:], "label": table[:, 0]}
    return {**rows, "weight": table[:, 1]} if weighted else rows


def _libsvm_rows(sources: Any, _weighted: bool):
    from scipy.sparse import vstack

    parts = []
    for name, source in sources:
        text = _content(source).decode("utf-8")
        try:
            parts.append(libsvm_rows(text, labelled=True))
        except ValueError:
            snippet = text.split("\n", 1)[0][:50]
            raise UserError(
                "First line '%s...' of file '%s' is not 'LIBSVM' format. Please ensure the file is in 'LIBSVM' format."
                % (snippet, name)
            ) from None
    width = max(part[3].shape[1] for part in parts)
    for part in parts:
        part[3].resize((part[3].shape[0], width))
    labels, weights, groups = ([value for part in parts for value in part[at]] for at in range(3))
    rows = {"data": vstack([part[3] for part in parts]).tocsr(), "label": labels}
    if weights:
        rows["weight"] = weights
    return {**rows, "qid": groups} if groups else rows


def _parquet_rows(sources: Any, _weighted: bool):
    import numpy as np
    import pyarrow
    import pyarrow.parquet as parquet

    readers = [pyarrow.BufferReader(source) if isinstance(source, bytes) else source for _, source in sources]
    tables = [parquet.read_table(reader).to_pandas().to_numpy(dtype=np.float32) for reader in readers]
    table = np.concatenate(tables)
    return {"data": table[:, 1:], "label": table[:, 0]}


def _recordio_rows(sources: Any, _weighted: bool):
    data, label = recordio_rows(b"".join(_content(source) for _, source in sources))
    return {"data": data, "label": label}


_READERS = {
    "csv": _csv_rows,
    "libsvm": _libsvm_rows,
    "parquet": _parquet_rows,
    "recordio-protobuf": _recordio_rows,
}
