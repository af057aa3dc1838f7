"""Evaluation metrics that the container adds to XGBoost's own.

By design: classes are told from what XGBoost hands over (probabilities, or scores for `binary:logitraw`), so that
they are those that the model would predict.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_AVERAGES = {
    "f1": "macro",
    "f1_binary": "binary",
    "f1_macro": "macro",
    "precision": "binary",
    "precision_macro": "macro",
    "precision_micro": "micro",
    "recall": "binary",
    "recall_macro": "macro",
    "recall_micro": "micro",
}
_CLASSES = ("accuracy", "balanced_accuracy", *_AVERAGES)
_NUMBERS = ("mse", "r2")
#: XGBoost has its own `rmse` and `mae`, which are the same.
CUSTOM = (*_CLASSES, *_NUMBERS)


def split_metrics(metrics: Any):
    """Those that XGBoost evaluates itself, and those that `custom_metric` does."""
    return [name for name in metrics if name not in CUSTOM], [name for name in metrics if name in CUSTOM]


def custom_metric(names: Sequence[str], objective: str):
    """The function that XGBoost calls for these metrics, or None for none."""
    if not names:
        return None

    def evaluate(predictions: Any, matrix: Any):
        labels = matrix.get_label()
        return [(name, _evaluate(name, labels, predictions, objective)) for name in names]

    return evaluate


def _evaluate(name: str, labels: Any, predictions: Any, objective: str):
    from sklearn import metrics

    if name == "mse":
        return metrics.mean_squared_error(labels, predictions)
    if name == "r2":
        return metrics.r2_score(labels, predictions)
    classes = _classes(predictions, objective)
    if name == "accuracy":
        return metrics.accuracy_score(labels, classes)
    if name == "balanced_accuracy":
        return metrics.balanced_accuracy_score(labels, classes)
    function = getattr(metrics, "%s_score" % name.split("_", maxsplit=1)[0])
    return function(labels, classes, average=_AVERAGES[name])


def _classes(predictions: Any, objective: str):
    import numpy as np

    if predictions.ndim > 1 and predictions.shape[1] > 1:
        return np.argmax(predictions, axis=-1)
    if objective.startswith("multi:"):
        return predictions
    return (predictions > (0 if objective == "binary:logitraw" else 0.5)).astype(int)
