"""k-fold cross-validation (`_kfold`, `_num_cv_round`): a model for each fold, and what they predict of the others."""

from __future__ import annotations

import logging
import os
from typing import Any

from training import MODEL, Job, fit, known_mistakes


def cross_validate(job: Job, matrix: Any, watched: Any):
    """Trains the folds' models and saves them as `xgboost-model-<n>`, and what they predict as `predictions.csv`."""
    import numpy as np

    logging.info("Run %d-round of %d-fold cross validation with %d rows", job.repeats, job.kfold, matrix.num_row())
    classes = "num_class" in job.parameters or job.objective.startswith("binary:")
    predicted = Predictions(matrix.get_label(), job.repeats, classes)
    models, histories = [], []
    with known_mistakes():
        for train_rows, other_rows in _splits(job, matrix, classes):
            logging.info("Train cross validation fold %d", len(models) % job.kfold + 1)
            history = {}
            models.append(fit(job, matrix.slice(train_rows), watched, True, len(models), history))
            histories.append(history)
            predicted.record(other_rows, models[-1].predict(matrix.slice(other_rows)))
            if len(models) % job.kfold == 0:
                logging.info("The metrics of round %d cross validation", len(models) // job.kfold)
                _print_means(job.rounds, histories[-job.kfold :])
    if job.repeats > 1:
        logging.info("The overall metrics of %d-round cross validation", job.repeats)
        _print_means(job.rounds, histories)
    path = os.path.join(job.output_directory, "predictions.csv")
    logging.info("Storing predictions on validation set(s) in %s", path)
    np.savetxt(path, predicted.table(), delimiter=",", fmt="%f")
    for fold, model in enumerate(models):
        job.save(model, os.path.join(job.model_directory, "%s-%d" % (MODEL, fold)))


def _splits(job: Job, matrix: Any, classes: int):
    from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold

    kind = RepeatedStratifiedKFold if classes else RepeatedKFold
    rows = range(matrix.num_row())
    return kind(n_splits=job.kfold, n_repeats=job.repeats).split(X=rows, y=matrix.get_label() if classes else None)


def _print_means(rounds: int, histories: Any):
    """The last scores of each fold, as one line. Folds that were resumed at their end have none."""
    histories = [history for history in histories if history]
    if not histories:
        return
    scores = [
        "#011%s-%s:%.5f" % (data, metric, sum(each[data][metric][-1] for each in histories) / len(histories))
        for metric in histories[0]["train"]
        for data in histories[0]
    ]
    print("[%d]%s" % (rounds, "".join(scores)), flush=True)


class Predictions:
    """What was predicted of each row by the models that did not see it."""

    def __init__(self, labels: Any, repeats: int, classes: int):
        import numpy as np

        self._labels, self._classes = labels, classes
        self._values = np.zeros((len(labels), repeats))
        self._chances = np.zeros((len(labels), repeats))
        self._seen = np.zeros(len(labels), dtype=int)

    def record(self, rows: Any, predictions: Any):
        import numpy as np

        at = (rows, self._seen[rows])
        if not self._classes:
            self._values[at] = predictions
        elif predictions.ndim > 1:
            self._values[at] = np.argmax(predictions, axis=-1)
            self._chances[at] = predictions.max(axis=-1)
        else:
            self._values[at] = predictions > 0.5
            self._chances[at] = predictions
        self._seen[rows] += 1

    def table(self):
        """Label and mean prediction; for classes label, mean probability and the most frequent class."""
        import numpy as np
        from scipy import stats

        if not self._classes:
            return np.column_stack([self._labels, self._values.mean(axis=1)])
        common = stats.mode(self._values, axis=1, keepdims=False).mode
        return np.column_stack([self._labels, self._chances.mean(axis=1), common])
