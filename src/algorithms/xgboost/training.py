"""Trains a model, or the models of a cross-validation."""

from __future__ import annotations

import logging
import os
import pickle
from typing import Any

import xgboost

import callbacks
from custom_metrics import custom_metric, split_metrics
from errors import AlgorithmError, UserError

MODEL = "xgboost-model"

#: What XGBoost says of data and hyperparameters that do not fit.
USER_MISTAKES = (
    # Versions say in different words which labels an objective takes.
    "label must be",
    "Target is multiclass but average='binary'",
    "feature_names mismatch",
    "Check failed: preds.size() == info.labels_.size()",
    "Check failed: !auc_error AUC: the dataset only contains pos or neg samples",
    "base_score must be in (0,1) for",
    "Parameter reg_lambda should be greater equal to 0",
)


class Job:
    """What a host trains with."""

    def __init__(self, values: dict[str, Any], directories: Any, pickled: bool):
        self.rounds = values.pop("num_round")
        self.kfold = values.pop("_kfold", None)
        self.repeats = values.pop("_num_cv_round", 1)
        self.early_stopping_rounds = values.pop("early_stopping_rounds", None)
        self.save_on_termination = values.pop("save_model_on_termination", "false") == "true"
        tuned = values.pop("_tuning_objective_metric", None)
        self.tuned_metric = tuned.split(":")[1] if tuned else None
        for name in ("csv_weights", "use_dask_gpu_training"):
            values.pop(name, None)
        if "updater" in values:
            values["updater"] = ",".join(values["updater"])
        self.model_directory, self.checkpoint_directory, self.output_directory = directories
        self.pickled = pickled
        metrics = list(values.pop("eval_metric", []))
        self.stop_metric = self.tuned_metric or (metrics[-1] if metrics else None)
        if self.tuned_metric and self.tuned_metric not in metrics:
            metrics = sorted({*metrics, self.tuned_metric})
        self.objective = values.get("objective", "reg:squarederror")
        own, self.custom = split_metrics(metrics)
        if own:
            values["eval_metric"] = own
        self.parameters = values

    def save(self, model: Any, path: str):
        """As the image's version did: those before 1.3 pickle."""
        if not self.pickled:
            model.save_model(path)
            return
        with open(path, "wb") as file:
            pickle.dump(model, file)


def train(job: Job, train_matrix: Any, validation: Any, master: bool):
    """Trains on this host, alone or as one of several. Raises UserError, AlgorithmError."""
    logging.info("Train matrix has %d rows and %d columns", train_matrix.num_row(), train_matrix.num_col())
    if validation is not None:
        logging.info("Validation matrix has %d rows", validation.num_row())
    with known_mistakes():
        model = fit(job, train_matrix, named(train_matrix, validation), master)
    if master:
        job.save(model, os.path.join(job.model_directory, MODEL))


def named(train_matrix: Any, validation: Any):
    return [(train_matrix, "train"), *([] if validation is None else [(validation, "validation")])]


def fit(job: Job, matrix: Any, watched: Any, master: bool, fold: int | None = None, history: Any = None):
    """One model. `fold` numbers those of a cross-validation; `history` is filled with the scores of each round."""
    directory, name = job.checkpoint_directory, MODEL
    if fold is not None:
        directory, name = directory and os.path.join(directory, "model-%d" % fold), "%s-%d" % (MODEL, fold)
    checkpoint, first = callbacks.last_checkpoint(directory)
    if checkpoint:
        logging.info("Checkpoint loaded from %s", checkpoint)
        logging.info("Resuming from iteration %d", first)
    after = [callbacks.LogLine(first)] if master else []
    if directory and master:
        after.append(callbacks.Checkpoints(directory, first))
    if job.save_on_termination and master:
        after.append(callbacks.IntermediateModel(job.model_directory, name, job.save))
        callbacks.stop_with_model(job.model_directory, MODEL)
    if job.early_stopping_rounds and job.stop_metric and len(watched) > 1:
        after.append(callbacks.early_stop(job.stop_metric, job.early_stopping_rounds, master))
    if first >= job.rounds:
        return xgboost.Booster(model_file=checkpoint)
    return xgboost.train(
        job.parameters,
        matrix,
        num_boost_round=job.rounds - first,
        evals=watched,
        evals_result=history,
        custom_metric=custom_metric(job.custom, job.objective),
        callbacks=after,
        xgb_model=checkpoint,
        verbose_eval=False,
    )


class known_mistakes:
    """Tells the user's mistakes from XGBoost's own failures."""

    def __enter__(self):
        return self

    def __exit__(self, _type: Any, error: BaseException | None, _trace: str):
        if error is None or isinstance(error, (UserError, AlgorithmError)) or not isinstance(error, Exception):
            return
        # XGBoost's own stack says nothing to who reads a failure reason.
        message = str(error).split("\nStack trace:")[0].strip()
        if any(mistake in message for mistake in USER_MISTAKES):
            raise UserError(message) from None
        raise AlgorithmError("XGB train call failed with exception:\n %s" % message) from error
