"""The evaluation metrics that the algorithm knows.

Source: AWS developer guide, "Tune an XGBoost Model" and "XGBoost Hyperparameters"; sagemaker-xgboost-container.
"""

MAXIMIZED = (
    "accuracy",
    "auc",
    "aucpr",
    "balanced_accuracy",
    "f1",
    "f1_binary",
    "f1_macro",
    "map",
    "ndcg",
    "precision",
    "r2",
    "recall",
    "precision_macro",
    "precision_micro",
    "recall_macro",
    "recall_micro",
)

MINIMIZED = (
    "aft-nloglik",
    "cox-nloglik",
    "error",
    "gamma-deviance",
    "gamma-nloglik",
    "interval-regression-accuracy",
    "logloss",
    "mae",
    "mape",
    "merror",
    "mlogloss",
    "mphe",
    "mse",
    "poisson-nloglik",
    "rmse",
    "rmsle",
    "tweedie-nloglik",
)

KNOWN = list(MAXIMIZED + MINIMIZED)

#: Those that take a threshold or a cut: `error@0.6`.
WITH_THRESHOLD = ("error", "ndcg", "map")
