"""What the XGBoost algorithm answers where SAGEMAKER_INFERENCE_OUTPUT names what is wanted of each prediction.

Source: sagemaker-xgboost-container; AWS developer guide, "Common Data Formats for Inference".
"""

from __future__ import annotations

import json
from typing import Any

from .recordio_protobuf import write_record

_CLASSES = ("predicted_label", "labels", "raw_score", "raw_scores")
_CHANCES = (*_CLASSES, "probability", "probabilities")
_NUMBER = ("predicted_score",)
#: What each objective can tell.
_KEYS = {
    "reg:squarederror": _NUMBER,
    "reg:logistic": _NUMBER,
    "reg:gamma": _NUMBER,
    "reg:absoluteerror": _NUMBER,
    "reg:tweedie": _NUMBER,
    "binary:logistic": _CHANCES,
    "binary:logitraw": _CLASSES,
    "binary:hinge": _CLASSES,
    "multi:softmax": _CLASSES,
    "multi:softprob": _CHANCES,
}
_NOTHING = float("nan")


def selected_keys(text: str | None):
    return text.replace(" ", "").lower().split(",") if text else []


def select(predictions: Any, keys: Any, objective: str, classes: int):
    """A dictionary for each prediction; what its objective cannot tell is not a number. Raises ValueError."""
    if objective not in _KEYS:
        raise ValueError("Objective `%s` unsupported for selectable inference predictions." % objective)
    told = _KEYS[objective]
    return [
        {key: _value(key, prediction, objective, classes) if key in told else _NOTHING for key in keys}
        for prediction in predictions
    ]


def _value(key: str, prediction: Any, objective: str, classes: int):
    if key == "labels":
        return [0, 1] if objective.startswith("binary:") else list(range(classes))
    if key == "predicted_label":
        return _label(prediction, objective)
    if objective == "multi:softprob":
        return prediction.tolist() if key in ("probabilities", "raw_scores") else prediction.max().item()
    score = prediction.item()
    return [1.0 - score, score] if key in ("probabilities", "raw_scores") else score


def _label(prediction: Any, objective: str):
    if objective == "multi:softprob":
        return int(prediction.argmax())
    if objective == "binary:logistic":
        return int(prediction > 0.5)
    if objective == "binary:logitraw":
        return int(prediction > 0)
    return prediction.item()


def encode_selected(rows: Any, keys: Any, accept: str, batch: bool):
    if accept == "application/json":
        return json.dumps({"predictions": rows})
    if accept == "application/jsonlines":
        return "".join(json.dumps(row) + "\n" for row in rows)
    if accept == "application/x-recordio-protobuf":
        return b"".join(
            write_record({key: value if isinstance(value, list) else [value] for key, value in row.items()})
            for row in rows
        )
    if accept == "text/csv":
        return "\n".join(",".join(_csv_field(row[key]) for key in keys) for row in rows) + ("\n" if batch else "")
    raise ValueError("Cannot encode selected predictions into accept type '%s'." % accept)


def _csv_field(value: Any):
    return '"%s"' % value if isinstance(value, list) else str(value)
