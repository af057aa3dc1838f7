"""The hyperparameters of the algorithm, and what they must be.

Source: AWS developer guide, "XGBoost Hyperparameters"; ranges and messages of sagemaker-xgboost-container.
Gaps: `use_dask_gpu_training` is read and refused where it is true: there are no GPUs here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import metric_names
from errors import UserError
from parameters import (
    Interval,
    comma_separated,
    integer,
    lists_of,
    number,
    one_of,
    tuple_of,
)

TREE_UPDATERS = (
    "grow_colmaker",
    "distcol",
    "grow_histmaker",
    "grow_skmaker",
    "sync",
    "refresh",
    "prune",
    "grow_quantile_histmaker",
)
GROWING_UPDATERS = ("grow_colmaker", "distcol", "grow_histmaker", "grow_quantile_histmaker")
LINEAR_UPDATERS = ("shotgun", "coord_descent")
OBJECTIVES = (
    "aft_loss_distribution",
    "binary:logistic",
    "binary:logitraw",
    "binary:hinge",
    "count:poisson",
    "multi:softmax",
    "multi:softprob",
    "rank:pairwise",
    "rank:ndcg",
    "rank:map",
    "reg:linear",
    "reg:squarederror",
    "reg:logistic",
    "reg:gamma",
    "reg:pseudohubererror",
    "reg:squaredlogerror",
    "reg:absoluteerror",
    "reg:tweedie",
    "survival:aft",
    "survival:cox",
)


class EvaluationMetrics:
    """Metrics by their names, some with a threshold."""

    def __contains__(self, metric: str):
        if "<function" in metric:
            raise UserError("User defined evaluation metric %s is not supported yet." % metric)
        if "@" not in metric:
            return metric in metric_names.KNOWN
        name, threshold = (part.strip() for part in metric.split("@")[:2])
        if name not in metric_names.WITH_THRESHOLD:
            raise UserError(
                "Metric '%s' is not supported. Parameter 'eval_metric' with customized threshold should be one of "
                "these options: 'error', 'ndcg', 'map'." % metric
            )
        try:
            float(threshold)
        except ValueError:
            raise UserError("Threshold value 't' in '%s@t' expects float input." % name) from None
        return True

    def __str__(self):
        return str(metric_names.KNOWN)


PARAMETERS = {
    "num_round": integer(1, required=True),
    "csv_weights": integer(0, 1),
    "early_stopping_rounds": integer(1),
    "booster": one_of("gbtree", "gblinear", "dart"),
    "verbosity": integer(0, 3),
    "nthread": integer(1),
    "eta": number(0, 1),
    "gamma": number(0),
    "max_depth": integer(0),
    "min_child_weight": number(0),
    "max_delta_step": number(0),
    "subsample": number(0, 1, low_open=True),
    "colsample_bytree": number(0, 1, low_open=True),
    "colsample_bylevel": number(0, 1, low_open=True),
    "colsample_bynode": number(0, 1, low_open=True),
    "lambda": number(0),
    "alpha": number(0),
    "tree_method": one_of("auto", "exact", "approx", "hist", "gpu_hist"),
    "sketch_eps": number(0, 1, low_open=True, high_open=True),
    "scale_pos_weight": number(0, low_open=True),
    "updater": comma_separated(list(TREE_UPDATERS + LINEAR_UPDATERS)),
    "dsplit": one_of("row", "col"),
    "refresh_leaf": integer(0, 1),
    "process_type": one_of("default", "update"),
    "grow_policy": one_of("depthwise", "lossguide"),
    "max_leaves": integer(0),
    "max_bin": integer(0),
    "predictor": one_of("auto", "cpu_predictor", "gpu_predictor"),
    "monotone_constraints": tuple_of(-1, 0, 1),
    "interaction_constraints": lists_of(Interval(1)),
    "sample_type": one_of("uniform", "weighted"),
    "normalize_type": one_of("tree", "forest"),
    "rate_drop": number(0, 1),
    "one_drop": integer(0, 1),
    "skip_drop": number(0, 1),
    "lambda_bias": number(0, 1),
    "tweedie_variance_power": number(1, 2, low_open=True, high_open=True),
    "objective": one_of(*OBJECTIVES),
    "num_class": integer(2),
    "base_score": number(0),
    "_kfold": integer(2),
    "_num_cv_round": integer(1),
    "_tuning_objective_metric": one_of(*("validation:%s" % name for name in metric_names.KNOWN)),
    "eval_metric": comma_separated(EvaluationMetrics()),
    "seed": integer(-(2**31), 2**31 - 1, low_open=True, high_open=True),
    "num_parallel_tree": integer(1),
    "save_model_on_termination": one_of("true", "false"),
    "aft_loss_distribution": one_of("normal", "logistic", "extreme"),
    "aft_loss_distribution_scale": number(0),
    "deterministic_histogram": one_of("true", "false"),
    "sampling_method": one_of("uniform", "gradient_based"),
    "prob_buffer_row": integer(1.0, low_open=True),
    "use_dask_gpu_training": one_of("true", "false"),
}

ALIASES = {
    "learning_rate": "eta",
    "min_split_loss": "gamma",
    "reg_lambda": "lambda",
    "reg_alpha": "alpha",
}


def read_hyperparameters(texts: Mapping[str, str]):
    """The values of a job's hyperparameters, checked. Raises UserError."""
    texts = {ALIASES.get(name, name): text for name, text in texts.items()}
    for name, parameter in PARAMETERS.items():
        if parameter.required and name not in texts:
            raise UserError("Missing required hyperparameter: %s" % name)
    values = {}
    for name, text in texts.items():
        if name not in PARAMETERS:
            raise UserError("Extraneous hyperparameter found: %s" % name)
        values[name] = PARAMETERS[name].read(name, text)
    for name, value in values.items():
        PARAMETERS[name].check(name, value)
    _check_together(values)
    return values


def _check_together(values: dict[str, Any]):
    if "updater" in values:
        _check_updater(values["updater"], values)
    objective = values.get("objective")
    if objective in ("multi:softmax", "multi:softprob") and "num_class" not in values:
        raise UserError("Require input for parameter 'num_class' for multi-classification")
    _check_metrics(values.get("eval_metric", ()), objective)
    _check_constraints(values)
    if values.get("use_dask_gpu_training") == "true":
        raise UserError("use_dask_gpu_training: this machine trains on its processors; leave it out.")


def _check_updater(updaters: Any, values: dict[str, Any]):
    if values.get("booster") == "gblinear":
        if len(updaters) != 1 or updaters[0] not in LINEAR_UPDATERS:
            raise UserError("Linear updater should be one of these options: 'shotgun', 'coord_descent'.")
    elif values.get("process_type") == "update":
        if any(updater not in ("refresh", "prune") for updater in updaters):
            raise UserError("process_type 'update' can only be used with updater 'refresh' and 'prune'")
    elif any(updater not in TREE_UPDATERS for updater in updaters):
        raise UserError(
            "Tree updater should be selected from these options: 'grow_colmaker', 'distcol', 'grow_histmaker', "
            "'grow_skmaker', 'grow_quantile_histmaker', 'sync', 'refresh', 'prune', 'shortgun', 'coord_descent'."
        )
    elif sum(updater in GROWING_UPDATERS for updater in updaters) > 1:
        raise UserError(
            "Only one tree grow plugin can be selected. Choose one from thefollowing: 'grow_colmaker', 'distcol', "
            "'grow_histmaker', 'grow_skmaker'"
        )


def _check_metrics(metrics: Any, objective: str | None):
    if "auc" in metrics and not (objective or "").startswith(("binary:", "rank:")):
        raise UserError("Metric 'auc' can only be applied for classification and ranking problems.")
    if "aft-nloglik" in metrics and objective != "survival:aft":
        raise UserError("Metric 'aft-nloglik' can only be applied for 'survival:aft' objective.")


def _check_constraints(values: dict[str, Any]):
    method = values.get("tree_method")
    if "monotone_constraints" in values and method not in ("exact", "hist"):
        raise UserError(
            "monotone_constraints can be used only when the tree_method parameter is set to either 'exact' or 'hist'."
        )
    if "interaction_constraints" in values and method not in ("exact", "hist", "approx"):
        raise UserError(
            "interaction_constraints can be used only when the tree_method parameter is set to either 'exact', "
            "'hist' or 'approx'."
        )
