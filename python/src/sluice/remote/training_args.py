"""The command line of a script for training jobs."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import Any, NamedTuple

from .errors import ArgumentError
from .images import TRAINING
from .modes import CHANNEL_MODES, expect_mode
from .parsers import RemoteParser, add_arguments, bool_argument, flag, run_argument
from .paths import PathArgument, check_keys, module_paths, path_arguments
from .session import PROFILE

CHECKPOINTS = "/opt/ml/checkpoints"
ROLE = "aws-sagemaker-remote-training-role"


class TrainingConfig(NamedTuple):
    """What the function's arguments say beside the command line."""

    inputs: dict[str, PathArgument]
    dependencies: dict[str, str]
    env: dict[str, str]


def sagemaker_training_args(
    parser: argparse.ArgumentParser,
    script: str | None,
    source: str = "",
    base_job_name: str = "training-job",
    job_name: str = "",
    profile: str = PROFILE,
    run: bool | str = False,
    wait: bool = True,
    inputs: Any = None,
    dependencies: Any = None,
    modules: Any = None,
    additional_arguments: Any = None,
    argparse_callback: Callable[[Any], Any] | None = None,
    model_dir: str = "output/model",
    output_dir: str = "output/output",
    checkpoint_dir: str = "output/checkpoint",
    checkpoint_s3: str = "default",
    checkpoint_container: str = CHECKPOINTS,
    checkpoint_initial: str | None = None,
    spot_instances: bool = False,
    max_run: int = 43200,
    max_wait: int = 86400,
    training_instance: str = "ml.m5.large",
    training_image: str = TRAINING.tag,
    training_image_path: str = TRAINING.path,
    training_image_accounts: Any = TRAINING.accounts,
    training_role: str = ROLE,
    experiment_name: str | None = None,
    trial_name: str | None = None,
    volume_size: int = 30,
    output_json: str | None = None,
    env: dict[str, str] | None = None,
    enable_sagemaker: bool = True,
) -> TrainingConfig:
    """Adds the arguments of a training script to a parser. Each is the default of the flag of its name."""
    config = TrainingConfig(
        path_arguments("inputs", inputs),
        {**module_paths("dependencies", dependencies), **module_paths("modules", modules)},
        {str(key): str(value) for key, value in (env or {}).items()},
    )
    check_keys(inputs=config.inputs, dependencies=config.dependencies)
    if enable_sagemaker:
        accounts = training_image_accounts
        group = parser.add_argument_group("SageMaker", "where and how the script runs")
        add = group.add_argument
        add("--sagemaker-profile", default=profile, help="profile of AWS's configuration")
        run_argument(group, run)
        bool_argument(group, "--sagemaker-wait", default=wait, help="follow the log until the job ends")
        bool_argument(group, "--sagemaker-spot-instances", default=spot_instances, help="train on spot instances")
        add("--sagemaker-script", default=script, help="the script that runs")
        add("--sagemaker-source", default=source, help="directory that is uploaded, with the script in it; its own")
        add("--sagemaker-base-job-name", default=base_job_name, help="what the job's name begins with")
        add("--sagemaker-job-name", default=job_name, help="name of the job; else the base name with the time")
        add("--sagemaker-experiment-name", default=experiment_name, help="experiment; made where it is not there")
        add("--sagemaker-trial-name", default=trial_name, help="trial of the experiment; made where it is not there")
        add("--sagemaker-max-run", default=max_run, type=int, help="after so many seconds the job is stopped")
        add("--sagemaker-max-wait", default=max_wait, type=int, help="seconds with the wait for spot instances")
        add("--sagemaker-training-instance", default=training_instance, help="instance type")
        add("--sagemaker-training-image", default=training_image, help="tag in ECR, or URI, of the image")
        add("--sagemaker-training-image-path", default=training_image_path, help="directory with TAG/Dockerfile")
        add(
            "--sagemaker-training-image-accounts",
            default=accounts if isinstance(accounts, str) else ",".join(accounts),
            help="accounts whose images the Dockerfile builds on",
        )
        add(
            "--sagemaker-training-role",
            default=training_role,
            help="role that the job runs as; made where it is not there",
        )
        add("--sagemaker-volume-size", default=volume_size, type=int, help="disk in GB")
        add("--sagemaker-output-json", default=output_json, help="file for the description of the job")
        add("--sagemaker-checkpoint-s3", default=checkpoint_s3, help="where checkpoints go: s3://, or 'default'")
        add("--sagemaker-checkpoint-container", default=checkpoint_container, help="checkpoints in the container")
        add("--checkpoint-initial", default=checkpoint_initial, help="checkpoint to begin with: a path here, or s3://")
        for key, path in config.dependencies.items():
            add(flag(key), default=path, help=f"module '{key}', which the script imports")
    group = parser.add_argument_group("Training")
    add = group.add_argument
    add("--model-dir", default=os.environ.get("SM_MODEL_DIR") or model_dir, help="directory of the model")
    add("--output-dir", default=os.environ.get("SM_OUTPUT_DIR") or output_dir, help="directory of other results")
    add("--checkpoint-dir", default=checkpoint_dir, help="directory of checkpoints")
    _add_inputs(parser, config.inputs)
    try:
        add_arguments(parser, additional_arguments)
        if argparse_callback is not None:
            argparse_callback(parser)
    except argparse.ArgumentError as error:
        raise ArgumentError(f"argparse_callback: {error}.") from None
    return config


def _add_inputs(parser: argparse.ArgumentParser, inputs: dict[str, PathArgument]) -> None:
    group = parser.add_argument_group("Inputs") if inputs else parser
    for key, path in inputs.items():
        name = flag(key)
        mode = expect_mode(f"inputs['{key}']: mode", path.mode or "File", CHANNEL_MODES)
        if path.repeated:
            group.add_argument(
                name, action="append", default=_listed(path.local), help=f"input '{key}'; may stand several times"
            )
        else:
            group.add_argument(name, default=path.local, help=f"input '{key}': a path here, or s3://")
        group.add_argument(f"{name}-mode", default=mode, choices=CHANNEL_MODES, help="how it is brought")
        group.add_argument(f"{name}-repeat", default=path.repeat, type=int, help="so many channels of it")
        bool_argument(group, f"{name}-shuffle", default=path.shuffle, help="shuffle it anew for each epoch")
        group.add_argument(f"{name}-suffix", default=None, help=argparse.SUPPRESS)


def _listed(value: Any) -> Any:
    return value if value is None or isinstance(value, list) else [value]


def sagemaker_training_parser_for_docs() -> argparse.ArgumentParser:
    """The parser of a script with an input and a module, for documentation."""
    parser = RemoteParser()
    sagemaker_training_args(
        parser, "script.py", inputs={"input": "/path/to/input"}, dependencies={"my_module": "/path/to/my_module"}
    )
    return parser
