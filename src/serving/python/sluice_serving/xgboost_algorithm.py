"""Serves what the XGBoost algorithm has trained: a model without a script.

Source: sagemaker-xgboost-container (its statuses and messages) and the AWS developer guide, "Common Data Formats for
Inference" (JSON Lines and RecordIO without SAGEMAKER_INFERENCE_OUTPUT). By design: indices of libsvm count from 0,
as in training.
"""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Mapping
from typing import Any

from . import codecs, xgboost_output
from .content_types import content_format
from .errors import HttpError, ServingError
from .import_xgboost import import_xgboost
from .xgboost_data import recordio_rows, request_csv, request_libsvm

HTML = "text/html; charset=utf-8"
ACCEPTED = [codecs.JSON, "application/jsonlines", "application/x-recordio-protobuf", codecs.CSV]
MAX_CONTENT_BYTES = 6_291_456
#: Models whose answers are classes, of which an ensemble takes the most frequent.
VOTING = ("multi:softmax", "binary:hinge")


class XGBoostAlgorithm:
    """Answers requests with one model, or with all of a cross-validation together."""

    def __init__(self, environment: Mapping[str, str]):
        self._default_accept = environment.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT") or codecs.CSV
        self._batch = bool(environment.get("SAGEMAKER_BATCH"))
        self._ensemble = environment.get("SAGEMAKER_INFERENCE_ENSEMBLE", "true") == "true"
        self._keys = xgboost_output.selected_keys(environment.get("SAGEMAKER_INFERENCE_OUTPUT"))
        self._one_line = _before_1_5(environment.get("SLUICE_IMAGE_VERSION"))
        self._limit = int(environment.get("MAX_CONTENT_LENGTH") or MAX_CONTENT_BYTES)

    def execution_parameters_fn(self):
        return {
            "MaxConcurrentTransforms": os.cpu_count() or 1,
            "BatchStrategy": "MULTI_RECORD",
            "MaxPayloadInMB": self._limit // 1024**2,
        }

    def load(self, model_dir: str):
        paths = sorted(
            os.path.join(model_dir, name)
            for name in os.listdir(model_dir)
            if os.path.isfile(os.path.join(model_dir, name))
        )
        hidden = [path for path in paths if os.path.basename(path).startswith(".")]
        if hidden:
            raise ServingError("%s: please exclude dotfiles from model archives" % hidden[0])
        if not paths:
            raise ServingError("The model's archive holds no file that could be a model (xgboost-model).")
        self._models = [_load(path) for path in (paths if self._ensemble else paths[:1])]
        learner = json.loads(self._models[0].booster.save_config())["learner"]
        self._objective = learner["objective"]["name"]
        self._classes = int(learner["learner_model_param"].get("num_class") or 0)

    def transform(self, body: bytes, headers: Mapping[str, str]):
        """The status, the body and its type of the answer to an invocation."""
        if len(body) > self._limit:
            raise HttpError(413, "The data value transmitted exceeds the capacity limit.", HTML)
        if not body:
            return 204, b"", HTML
        try:
            rows, kind = _parse(body, headers.get("Content-Type"))
        except Exception as error:
            raise HttpError(415, str(error), HTML) from error
        try:
            predictions = self._predict(rows, kind)
        except Exception as error:
            raise HttpError(400, "Unable to evaluate payload provided: %s" % error, HTML) from error
        accept = self._accept(headers.get("Accept"))
        return 200, self._encode(predictions, accept), _with_charset(accept)

    def answer_error(self, error: Any, _trace: str):
        return 500, str(error), HTML

    def _accept(self, header: str | None):
        accept = (header or "").split(";")[0].strip()
        if not accept or accept == "*/*":
            return self._default_accept
        if accept.lower() not in ACCEPTED:
            message = "Accept type %s is not supported. Please use supported accept types: %s." % (accept, ACCEPTED)
            raise HttpError(406, message, HTML)
        return accept.lower()

    def _predict(self, rows: Any, kind: str):
        import numpy as np

        results = [model.predict(rows, kind) for model in self._models]
        if len(results) == 1:
            return results[0]
        if self._objective not in VOTING:
            return np.mean(results, axis=0)
        from scipy import stats

        return stats.mode(results, axis=0, keepdims=False).mode

    def _encode(self, predictions: Any, accept: str):
        if self._keys:
            rows = xgboost_output.select(predictions, self._keys, self._objective, self._classes)
            return xgboost_output.encode_selected(rows, self._keys, accept, self._batch)
        values = predictions.tolist()
        if self._batch:
            return "\n".join(map(str, values)) + "\n"
        if accept == codecs.CSV and self._one_line:
            return ",".join(map(str, values))
        if accept == codecs.CSV:
            return codecs.encode(values, accept)[0]
        return xgboost_output.encode_selected([{"score": value} for value in values], ["score"], accept, False)


class _Model:
    def __init__(self, booster: Any, pickled: bool):
        self.booster, self._pickled = booster, pickled

    def predict(self, rows: Any, kind: str):
        import xgboost

        if self._pickled:
            self._check_width(rows.shape[1], kind)
        return self.booster.predict(xgboost.DMatrix(rows), validate_features=False)

    def _check_width(self, given: int, kind: str):
        known = self.booster.num_features()
        if kind == "libsvm" and given > known + 1:
            raise ValueError(
                "Feature size of libsvm inference data %d is larger than feature size of trained model %d."
                % (given, known)
            )
        if kind != "libsvm" and given not in (known, known + 1):
            raise ValueError(
                "Feature size of %s inference data %d is not consistent with feature size of trained model %d."
                % (kind, given, known)
            )


def _load(path: str):
    xgboost = import_xgboost()
    try:
        with open(path, "rb") as file:
            booster = pickle.load(file)
        booster.set_param({"nthread": 1})
        return _Model(booster, True)
    except Exception as pickle_error:
        try:
            booster = xgboost.Booster({"nthread": 1}, model_file=path)
            return _Model(booster, False)
        except Exception as error:
            raise ServingError(
                "Model %s cannot be loaded:\nPickle load error=%s\nXGB load model error=%s"
                % (path, pickle_error, error)
            ) from error


def _parse(body: bytes, content_type: str | None):
    kind = content_format(content_type)
    readers = {
        "csv": lambda: request_csv(body.decode("utf-8")),
        "libsvm": lambda: request_libsvm(body.decode("utf-8")),
        "recordio-protobuf": lambda: recordio_rows(body)[0],
    }
    if kind not in readers:
        raise ValueError("Content-type %s is not supported." % content_type)
    try:
        return readers[kind](), kind
    except Exception as error:
        raise ValueError(
            "Loading %s data failed with Exception, please ensure data is in %s format:\n %s\n %s"
            % (kind, kind, type(error), error)
        ) from error


def _before_1_5(version: Any):
    """Older containers write all predictions as one line of CSV."""
    try:
        return tuple(int(part) for part in (version or "").split("-")[0].split(".")) < (1, 5)
    except ValueError:
        return False


def _with_charset(content_type: str):
    return "%s; charset=utf-8" % content_type if content_type.startswith("text/") else content_type
