"""What happens after each round: the log line, the checkpoint, the model in between, the early stop."""

from __future__ import annotations

import os
import re
import signal
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

import xgboost

import metric_names

CHECKPOINT = "xgboost-checkpoint"
#: How many checkpoints are kept.
KEPT_CHECKPOINTS = 5
#: SageMaker does not upload files of this kind.
TEMPORARY = ".sagemaker-ignore"


class LogLine(xgboost.callback.TrainingCallback):
    """Prints the metrics as SageMaker's logs show them: a tab is `#011` there."""

    def __init__(self, first_round: int):
        super().__init__()
        self._first = first_round

    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Any]):
        scores = [
            "#011%s-%s:%.5f" % (data, metric, values[-1])
            for data, metrics in evals_log.items()
            for metric, values in metrics.items()
        ]
        print("[%d]%s" % (epoch + self._first, "".join(scores)), flush=True)
        return False


class Checkpoints(xgboost.callback.TrainingCallback):
    """Saves the model of each round as `xgboost-checkpoint.<round>` and keeps the last few."""

    def __init__(self, directory: str, first_round: int):
        super().__init__()
        os.makedirs(directory, exist_ok=True)
        self._directory, self._first = directory, first_round
        self._older = set(os.listdir(directory))

    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Any]):
        number = epoch + self._first
        save_whole(model, self._directory, "%s.%d" % (CHECKPOINT, number))
        old = "%s.%d" % (CHECKPOINT, number - KEPT_CHECKPOINTS)
        if old not in self._older and os.path.exists(os.path.join(self._directory, old)):
            os.remove(os.path.join(self._directory, old))
        return False


class IntermediateModel(xgboost.callback.TrainingCallback):
    """Keeps the model so far in the model's directory, for a job that is stopped."""

    def __init__(self, directory: str, name: str, save: Callable[[Any, str], None] | None):
        super().__init__()
        self._directory, self._name, self._save = directory, name, save

    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Any]):
        save_whole(model, self._directory, self._name, self._save)
        return False


def save_whole(model: Any, directory: str, name: str, save: Callable[[Any, str], None] | None = None):
    """Saves a model under another name first, so that the file is whole whenever it is there."""
    with tempfile.NamedTemporaryFile(dir=directory, suffix=TEMPORARY, delete=False) as file:
        temporary = file.name
    (save or xgboost.Booster.save_model)(model, temporary)
    os.rename(temporary, os.path.join(directory, name))


def last_checkpoint(directory: str):
    """The newest checkpoint and the number of the round that follows; None and 0 where there is none."""
    names = os.listdir(directory) if directory and os.path.isdir(directory) else []
    rounds = [int(name.split(".")[1]) for name in names if re.fullmatch(r"%s\.[0-9]+" % CHECKPOINT, name)]
    if not rounds:
        return None, 0
    return os.path.join(directory, "%s.%d" % (CHECKPOINT, max(rounds))), max(rounds) + 1


def stop_with_model(directory: str, name: str):
    """At SIGTERM the job ends well, with the model of the last whole round."""

    def stop(_signal: Any, _frame: Any):
        for file in os.listdir(directory):
            if not file.startswith(name) and os.path.isfile(os.path.join(directory, file)):
                os.remove(os.path.join(directory, file))
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)


def early_stop(metric: str, rounds: int, master: bool):
    return xgboost.callback.EarlyStopping(
        rounds=rounds,
        data_name="validation",
        metric_name=metric,
        maximize=metric.split("@", maxsplit=1)[0] in metric_names.MAXIMIZED,
        save_best=master,
    )
