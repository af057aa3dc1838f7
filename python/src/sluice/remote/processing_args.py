"""The command line of a script for processing jobs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple

from .errors import ArgumentError
from .images import DEEP_LEARNING, PROCESSING
from .modes import OUTPUT_MODES, PROCESSING_INPUT_MODES, expect_mode
from .parsers import Group, RemoteParser, add_arguments, bool_argument, flag, run_argument
from .paths import PathArgument, check_keys, module_paths, path_arguments
from .session import PROFILE

INPUT_MOUNT = "/opt/ml/processing/input"
OUTPUT_MOUNT = "/opt/ml/processing/output"
MODULE_MOUNT = "/opt/ml/processing/modules"
ROLE = "aws-sagemaker-remote-processing-role"


class ProcessingConfig(NamedTuple):
    """What the function's arguments say beside the command line."""

    inputs: dict[str, PathArgument]
    outputs: dict[str, PathArgument]
    dependencies: dict[str, str]
    env: dict[str, str]


def sagemaker_processing_args(
    parser: argparse.ArgumentParser,
    script: str | None,
    profile: str = PROFILE,
    run: bool | str = False,
    wait: bool = True,
    python: str = "python3",
    job_name: str = "",
    base_job_name: str = "processing-job",
    runtime_seconds: int = 3600,
    role: str = ROLE,
    requirements: str | None = None,
    configuration_script: str | None = None,
    configuration_command: str | None = None,
    image: str = PROCESSING.tag,
    image_path: str = PROCESSING.path,
    image_accounts: Any = DEEP_LEARNING,
    instance: str = "ml.t3.medium",
    volume_size: int = 30,
    output_json: str | None = None,
    inputs: Any = None,
    input_mount: str = INPUT_MOUNT,
    outputs: Any = None,
    output_mount: str = OUTPUT_MOUNT,
    dependencies: Any = None,
    modules: Any = None,
    module_mount: str = MODULE_MOUNT,
    env: dict[str, str] | None = None,
    additional_arguments: Any = None,
    argparse_callback: Callable[[Any], Any] | None = None,
) -> ProcessingConfig:
    """Adds the arguments of a processing script to a parser. Each is the default of the flag of its name."""
    config = ProcessingConfig(
        path_arguments("inputs", inputs),
        path_arguments("outputs", outputs),
        {**module_paths("dependencies", dependencies), **module_paths("modules", modules)},
        {str(key): str(value) for key, value in (env or {}).items()},
    )
    check_keys(inputs=config.inputs, outputs=config.outputs, dependencies=config.dependencies)
    accounts = image_accounts if isinstance(image_accounts, str) else ",".join(image_accounts)
    group = parser.add_argument_group("SageMaker", "where and how the script runs")
    add = group.add_argument
    add("--sagemaker-profile", default=profile, help="profile of AWS's configuration")
    run_argument(group, run)
    bool_argument(group, "--sagemaker-wait", default=wait, help="follow the log until the job ends")
    add("--sagemaker-script", default=script, help="the script that runs")
    add("--sagemaker-python", default=python, help="the interpreter in the container")
    add("--sagemaker-job-name", default=job_name, help="name of the job; else the base name with the time")
    add("--sagemaker-base-job-name", default=base_job_name, help="what the job's name begins with")
    add("--sagemaker-runtime-seconds", default=runtime_seconds, type=int, help="after so long the job is stopped")
    add("--sagemaker-role", default=role, help="role that the job runs as; made where it is not there")
    add("--sagemaker-requirements", default=requirements, help="requirements.txt that pip installs in the container")
    add(
        "--sagemaker-configuration-script",
        default=configuration_script,
        help="script for bash that prepares the container",
    )
    add(
        "--sagemaker-configuration-command",
        default=configuration_command,
        help="command for bash that prepares the container",
    )
    add("--sagemaker-image", default=image, help="tag in ECR, or URI, of the image")
    add(
        "--sagemaker-image-path",
        default=image_path,
        help="directory with TAG/Dockerfile, for an image that is not there",
    )
    add("--sagemaker-image-accounts", default=accounts, help="accounts whose images the Dockerfile builds on")
    add("--sagemaker-instance", default=instance, help="instance type")
    add("--sagemaker-volume-size", default=volume_size, type=int, help="disk in GB")
    add("--sagemaker-output-json", default=output_json, help="file for the description of the job")
    _add_inputs(parser, config.inputs, input_mount)
    _add_outputs(parser, config.outputs, output_mount)
    _add_modules(parser, config.dependencies, module_mount)
    _add_own(parser, additional_arguments, argparse_callback)
    return config


def _add_inputs(parser: argparse.ArgumentParser, inputs: dict[str, PathArgument], mount: str) -> None:
    if not inputs:
        return
    group = parser.add_argument_group("Inputs")
    group.add_argument("--sagemaker-input-mount", default=mount, help="directory of inputs in the container")
    for key, path in inputs.items():
        mode = expect_mode(f"inputs['{key}']: mode", path.mode or "File", PROCESSING_INPUT_MODES)
        group.add_argument(flag(key), default=path.local, help=f"input '{key}': a path here, or s3://")
        group.add_argument(flag(key) + "-mode", default=mode, choices=PROCESSING_INPUT_MODES, help="how it is brought")


def _add_outputs(parser: argparse.ArgumentParser, outputs: dict[str, PathArgument], mount: str) -> None:
    if not outputs:
        return
    group = parser.add_argument_group("Outputs")
    group.add_argument("--sagemaker-output-mount", default=mount, help="directory of outputs in the container")
    for key, path in outputs.items():
        mode = expect_mode(f"outputs['{key}']: mode", path.mode or "EndOfJob", OUTPUT_MODES)
        group.add_argument(flag(key), default=path.local, help=f"output '{key}': a path here")
        group.add_argument(flag(key) + "-s3", default=path.remote, help="where it goes: s3://, or 'default'")
        group.add_argument(flag(key) + "-mode", default=mode, choices=OUTPUT_MODES, help="when it is uploaded")


def _add_modules(parser: argparse.ArgumentParser, modules: dict[str, str], mount: str) -> None:
    group = parser.add_argument_group("Modules")
    group.add_argument("--sagemaker-module-mount", default=mount, help="directory of modules in the container")
    for key, path in modules.items():
        group.add_argument(flag(key), default=path, help=f"module '{key}', which the script imports")


def _add_own(parser: argparse.ArgumentParser, given: Any, callback: Callable[[Group], Any] | None) -> None:
    if not given and callback is None:
        return
    group = parser.add_argument_group("Processing", "arguments of the script")
    try:
        add_arguments(group, given)
        if callback is not None:
            callback(group)
    except argparse.ArgumentError as error:
        raise ArgumentError(f"argparse_callback: {error}.") from None


def sagemaker_processing_parser_for_docs() -> argparse.ArgumentParser:
    """The parser of a script with an input, an output and a module, for documentation."""
    parser = RemoteParser()
    sagemaker_processing_args(
        parser,
        "script.py",
        inputs={"input": "/path/to/input"},
        outputs={"output": ("/path/to/output", "default")},
        dependencies={"my_module": "/path/to/my_module"},
    )
    return parser
