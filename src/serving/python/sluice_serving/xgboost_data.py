"""Rows of numbers in the formats of the XGBoost algorithm, as matrices. Used in training and in serving."""

from __future__ import annotations

import csv
from typing import Any

from .recordio_protobuf import read_records


def csv_delimiter(line: str):
    """The delimiter of a line of CSV. Raises csv.Error."""
    return csv.Sniffer().sniff(line).delimiter


def libsvm_rows(text: str, labelled: bool):
    """Labels, weights, groups, and a sparse matrix. Indices count from 0, and are taken as they are.

    Each line of training data is `<label>[:<weight>] [qid:<group>] <index>:<value> …`. In a request a label may be
    missing, and is not read.
    """
    import numpy as np
    from scipy.sparse import csr_matrix

    labels, weights, groups = [], [], []
    values, columns, starts = [], [], [0]
    for line in text.splitlines():
        fields = line.split("#")[0].split()
        if labelled:
            if not fields:
                continue
            label, _, weight = fields.pop(0).partition(":")
            labels.append(float(label))
            if weight:
                weights.append(float(weight))
        for field in fields:
            index, colon, value = field.partition(":")
            if not colon and not labelled:
                continue
            if index == "qid":
                groups.append(int(value))
            else:
                columns.append(int(index))
                values.append(float(value))
        starts.append(len(values))
    matrix = csr_matrix(
        (np.array(values, dtype=np.float32), np.array(columns, dtype=np.int64), np.array(starts, dtype=np.int64)),
        shape=(len(starts) - 1, max(columns, default=-1) + 1),
    )
    return labels, weights, groups, matrix


def recordio_rows(data: Any):
    """Features (dense or sparse) and labels or None. Raises ValueError."""
    import numpy as np
    from scipy.sparse import csr_matrix, vstack

    rows, labels, sparse = [], [], False
    for features, label in read_records(data):
        tensor = features.get("values")
        if tensor is None:
            continue
        if tensor.keys is None and len(tensor.values) > 0:
            rows.append(tensor.values.reshape(1, -1))
        else:
            sparse = True
            keys = tensor.keys if tensor.keys is not None else np.zeros(0, dtype=np.int64)
            width = int(tensor.shape[0]) if tensor.shape else int(keys.max(initial=0)) + 1
            rows.append(csr_matrix((tensor.values, keys, [0, len(keys)]), shape=(1, width)))
        if "values" in label:
            labels.append(label["values"].values)
    if not rows:
        raise ValueError("No records found in RecordIO-Protobuf data")
    matrix = vstack([csr_matrix(row) for row in rows]).tocsr() if sparse else np.vstack(rows)
    return matrix, np.concatenate(labels) if labels else None


def request_csv(text: str):
    """The rows of a request: every column is a feature, and an empty field is missing. Raises ValueError."""
    import numpy as np

    text = text.strip()
    try:
        delimiter = csv_delimiter(text.split("\n")[0][:512])
    except csv.Error as error:
        raise ValueError(str(error)) from error
    # A row of one column has no delimiter, and a letter or digit is guessed to be one.
    delimiter = "," if delimiter.isalnum() else delimiter
    rows = [[field if field.strip() else "nan" for field in line.split(delimiter)] for line in text.splitlines()]
    return np.array(rows).astype(float)


def request_libsvm(text: str):
    """The rows of a request, without labels. Raises ValueError."""
    return libsvm_rows(text.strip(), labelled=False)[3]
