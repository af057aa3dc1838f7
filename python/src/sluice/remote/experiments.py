"""Experiments and their trials."""

from __future__ import annotations

from .errors import ArgumentError
from .session import Session


def experiment_config(session: Session, experiment: str | None, trial: str | None) -> dict[str, str] | None:
    """What a job says of its experiment, which is made with its trial where they are not there."""
    if not experiment:
        if trial:
            raise ArgumentError(
                "--sagemaker-trial-name: a trial is one of an experiment: give --sagemaker-experiment-name, too."
            )
        return None
    sagemaker = session.client("sagemaker")
    missing = sagemaker.exceptions.ResourceNotFound
    try:
        sagemaker.describe_experiment(ExperimentName=experiment)
    except missing:
        print(f"Creating experiment {experiment}")
        sagemaker.create_experiment(ExperimentName=experiment)
    if not trial:
        return {"ExperimentName": experiment}
    try:
        sagemaker.describe_trial(TrialName=trial)
    except missing:
        print(f"Creating trial {trial}")
        sagemaker.create_trial(ExperimentName=experiment, TrialName=trial)
    return {"ExperimentName": experiment, "TrialName": trial}
