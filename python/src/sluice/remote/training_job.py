"""A training job of SageMaker that runs a script: what is uploaded, and the request."""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import s3
from .errors import ArgumentError
from .experiments import experiment_config
from .images import Image, accounts_of, ensure_image
from .jobs import wait, write_description
from .names import job_name
from .parsers import flag
from .paths import local_path
from .roles import ensure_role
from .runtime import source_archive
from .session import Session
from .tags import tracking_tags
from .training_args import TrainingConfig
from .training_channels import input_data_config, read_channels, send_channels, suffixes
from .training_env import is_sagemaker
from .values import resolve

MAX_HYPERPARAMETERS = 100
MAX_LENGTH = 2500
CONTAINER_LOG_LEVEL = 20


def run_training(
    args: Namespace, config: TrainingConfig, metrics: Mapping[str, str] | None = None, session: Session | None = None
) -> dict[str, Any]:
    """Creates the job that the arguments say, follows it where they say so, and answers its description."""
    if is_sagemaker():
        warnings.warn("A training job starts a training job: that may go on for ever.", stacklevel=2)
    session = session or Session(args.sagemaker_profile)
    name = job_name(args.sagemaker_job_name, args.sagemaker_base_job_name)
    source, program = program_of(args)
    root = f"s3://{session.bucket}/{name}"
    checkpoints = checkpoint_place(args, session, root)
    channels = read_channels(args, config, session)
    experiment = experiment_config(session, args.sagemaker_experiment_name, args.sagemaker_trial_name)
    role = ensure_role(session, args.sagemaker_training_role)
    accounts = accounts_of(args.sagemaker_training_image_accounts)
    image = ensure_image(session, Image(args.sagemaker_training_image, args.sagemaker_training_image_path, accounts))
    sent = send_channels(channels, session, f"{root}/inputs")
    found = {key: value for key, value in suffixes(sent, session).items() if key[: -len("_suffix")] in config.inputs}
    hyperparameters = {
        **hyperparameters_of(args, found),
        "sagemaker_submit_directory": f"{root}/source/sourcedir.tar.gz",
        "sagemaker_program": program,
        "sagemaker_container_log_level": CONTAINER_LOG_LEVEL,
        "sagemaker_job_name": name,
        "sagemaker_region": session.region,
    }
    request = _request(args, config, session, name=name, role=role, image=image, metrics=metrics or {})
    request["HyperParameters"] = {key: json.dumps(value) for key, value in hyperparameters.items()}
    request["CheckpointConfig"] = {"S3Uri": checkpoints, "LocalPath": args.sagemaker_checkpoint_container}
    if sent:
        request["InputDataConfig"] = input_data_config(sent, args)
    if experiment:
        request["ExperimentConfig"] = experiment
    _send_source(session, source, [local_path(getattr(args, key)) for key in config.dependencies], root)
    _send_checkpoint(args, session, checkpoints)
    session.client("sagemaker").create_training_job(**request)
    print(f"Training job {name}")
    description = session.client("sagemaker").describe_training_job(TrainingJobName=name)
    write_description(args.sagemaker_output_json, description)
    return wait(session, "training", name) if args.sagemaker_wait else description


def program_of(args: Namespace) -> tuple[Path, str]:
    """The directory that is uploaded, and the script in it."""
    if not args.sagemaker_script:
        raise ArgumentError("--sagemaker-script: the script was not found.", "Pass script=__file__.")
    script = local_path(args.sagemaker_script)
    if not script.is_file():
        raise ArgumentError(f"--sagemaker-script: {script} does not exist.")
    source = local_path(args.sagemaker_source) if args.sagemaker_source else script.parent
    if not source.is_dir():
        raise ArgumentError(f"--sagemaker-source: expected a directory, got {source}.")
    try:
        return source, script.relative_to(source).as_posix()
    except ValueError:
        raise ArgumentError(f"--sagemaker-source: {source} does not hold the script {script}.") from None


def checkpoint_place(args: Namespace, session: Session, root: str) -> str:
    """Where checkpoints are in S3."""
    place = resolve(args.sagemaker_checkpoint_s3, session, "--sagemaker-checkpoint-s3") or "default"
    if place == "default":
        return f"{root}/checkpoints"
    if not s3.is_s3(place):
        raise ArgumentError(f"--sagemaker-checkpoint-s3: expected 'default' or s3://bucket/prefix, got '{place}'.")
    return str(place)


def hyperparameters_of(args: Namespace, more: Mapping[str, str]) -> dict[str, str]:
    """Every argument that has a value, as text, by its flag's name. Raises ValueError for what SageMaker refuses."""
    given = {
        **vars(args),
        **more,
        "sagemaker_run": False,
        "checkpoint_dir": args.sagemaker_checkpoint_container,
        "sagemaker_job_name": None,
    }
    made = {
        name.replace("_", "-"): ",".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in given.items()
        if value is not None and value != "" and value != []
    }
    if len(made) + 5 > MAX_HYPERPARAMETERS:
        raise ArgumentError(
            f"SageMaker takes {MAX_HYPERPARAMETERS} hyperparameters, and the arguments are {len(made)} with 5 of the runner."
        )
    for name, value in made.items():
        if len(json.dumps(value)) > MAX_LENGTH:
            raise ArgumentError(f"{flag(name)}: SageMaker takes {MAX_LENGTH} characters for one value.")
    return made


def _request(
    args: Namespace,
    config: TrainingConfig,
    session: Session,
    *,
    name: str,
    role: str,
    image: str,
    metrics: Mapping[str, str],
) -> dict[str, Any]:
    stopping: dict[str, Any] = {"MaxRuntimeInSeconds": args.sagemaker_max_run}
    if args.sagemaker_spot_instances:
        stopping["MaxWaitTimeInSeconds"] = args.sagemaker_max_wait
    algorithm: dict[str, Any] = {
        "TrainingImage": image,
        "TrainingInputMode": "File",
        "EnableSageMakerMetricsTimeSeries": True,
    }
    if metrics:
        algorithm["MetricDefinitions"] = [{"Name": key, "Regex": value} for key, value in metrics.items()]
    tags = tracking_tags(args.sagemaker_script, JobName=name, BaseJobName=args.sagemaker_base_job_name)
    made: dict[str, Any] = {
        "TrainingJobName": name,
        "RoleArn": role,
        "AlgorithmSpecification": algorithm,
        "OutputDataConfig": {"S3OutputPath": f"s3://{session.bucket}/"},
        "ResourceConfig": {
            "InstanceCount": 1,
            "InstanceType": args.sagemaker_training_instance,
            "VolumeSizeInGB": args.sagemaker_volume_size,
        },
        "StoppingCondition": stopping,
        "EnableManagedSpotTraining": bool(args.sagemaker_spot_instances),
        "ProfilerConfig": {"S3OutputPath": f"s3://{session.bucket}/", "DisableProfiler": False},
        "Tags": tags,
    }
    if config.env:
        made["Environment"] = config.env
    return made


def _send_source(session: Session, source: Path, dependencies: list[Path], root: str) -> None:
    for each in dependencies:
        if not each.exists():
            raise ArgumentError(f"dependencies: {each} does not exist.")
    bucket, key = s3.parse_uri(root)
    with tempfile.TemporaryDirectory(prefix="sluice-remote-") as directory:
        archive = Path(directory) / "sourcedir.tar.gz"
        source_archive(archive, source, dependencies)
        session.client("s3").upload_file(str(archive), bucket, f"{key}/source/sourcedir.tar.gz")


def _send_checkpoint(args: Namespace, session: Session, place: str) -> None:
    initial = resolve(args.checkpoint_initial, session, "--checkpoint-initial")
    if not initial:
        return
    client = session.client("s3")
    if s3.is_s3(initial):
        s3.copy(client, initial, place)
    elif not os.path.exists(initial):
        raise ArgumentError(f"--checkpoint-initial: {initial} does not exist.")
    else:
        s3.upload(client, local_path(initial), place)
