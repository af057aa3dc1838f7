"""Errors of the algorithm. What the user can mend is told without a traceback."""

from __future__ import annotations


class UserError(Exception):
    """Data, channels or hyperparameters that the algorithm cannot work with."""

    def __init__(self, message: str, caused_by: Exception | None = None):
        if caused_by is not None:
            message += " (caused by %s)" % type(caused_by).__name__
        super().__init__(message)


class AlgorithmError(Exception):
    """XGBoost itself has failed."""


# As they read in the failure reason of a job on SageMaker.
for _error in (UserError, AlgorithmError):
    _error.__module__ = "sagemaker_algorithm_toolkit.exceptions"
