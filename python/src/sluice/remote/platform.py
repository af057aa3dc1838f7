"""A script as a job of a platform, by its name: local, auto, kubernetes, … It goes through the program itself."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import s3
from .errors import ArgumentError
from .images import PROCESSING, TRAINING
from .jobs import write_description
from .modes import api_mode
from .names import job_name
from .parsers import flag
from .paths import local_path
from .processing_args import INPUT_MOUNT, OUTPUT_MOUNT, ProcessingConfig
from .runtime import runtime_files
from .s3 import files_below
from .training_args import TrainingConfig
from .training_channels import SEED, TrainingChannel, args_repeat, attribute_names, read_channels
from .training_job import hyperparameters_of, program_of
from .values import resolve

ENTRY = "sluice_remote_entry.py"
POLL_SECONDS = 0.5
_PROCESSING_ENTRY = '''"""Runs the script of a processing job as processing.sh says."""
import json
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "sluice_remote.json")) as stream:
    settings = json.load(stream)
for name, value in settings.items():
    os.environ[name] = value.replace("{here}", here)
os.execvp("sh", ["sh", os.path.join(here, "processing.sh")] + sys.argv[1:])
'''


def run_processing_on(platform: str, args: Namespace, config: ProcessingConfig) -> Any:
    """Runs a processing script on a platform; answers the execution."""
    from ..decorators import processing_task

    name = job_name(args.sagemaker_job_name, args.sagemaker_base_job_name)
    for key in ("sagemaker_input_mount", "sagemaker_output_mount"):
        _expect_default(args, key, INPUT_MOUNT if "input" in key else OUTPUT_MOUNT, platform)
    channels: dict[str, Any] = {}
    places: dict[str, str] = {}
    for key, path in config.inputs.items():
        value = resolve(getattr(args, key), None, flag(key))
        if not value:
            if not path.optional:
                raise ArgumentError(f"{flag(key)}: input '{key}' has no value, and is not optional.")
            continue
        channels[key] = {"s3_uri": _place(key, value), "input_mode": getattr(args, f"{key}_mode")}
        places[key] = f"{INPUT_MOUNT}/{key}" + (f"/{os.path.basename(value)}" if _is_file(value) else "")
    outputs: dict[str, Any] = {}
    for key in config.outputs:
        place = resolve(getattr(args, f"{key}_s3"), None, f"{flag(key)}-s3")
        if place != "default" and not s3.is_s3(place):
            raise ArgumentError(f"{flag(key)}-s3: expected 'default' or s3://bucket/prefix, got '{place}'.")
        outputs[key] = {
            "upload_mode": getattr(args, f"{key}_mode"),
            **({} if place == "default" else {"s3_uri": place}),
        }
        places[key] = f"{OUTPUT_MOUNT}/{key}"
    with tempfile.TemporaryDirectory(prefix="sluice-remote-") as directory:
        _stage_processing(Path(directory), args, config)
        task = processing_task(
            name=name,
            script=ENTRY,
            source_dir=directory,
            input_channels=channels,
            output_channels=outputs,
            arguments=_arguments(args, config, places),
            environment=config.env,
            volume_size_gb=args.sagemaker_volume_size,
            max_runtime_seconds=args.sagemaker_runtime_seconds,
            instance_type=args.sagemaker_instance,
            **_image(args.sagemaker_image, PROCESSING.tag),
        )
        return _run(task, name, platform, args)


def run_training_on(platform: str, args: Namespace, config: TrainingConfig, metrics: Mapping[str, str]) -> Any:
    """Runs a training script on a platform; answers the execution."""
    from ..decorators import training_task

    for name in ("sagemaker_experiment_name", "sagemaker_trial_name", "checkpoint_initial"):
        if getattr(args, name):
            raise ArgumentError(f"{flag(name)}: it needs SageMaker's API: --sagemaker-run yes.")
    name = job_name(args.sagemaker_job_name, args.sagemaker_base_job_name)
    source, program = program_of(args)
    found = read_channels(args, config, None)
    channels: dict[str, Any] = {}
    more: dict[str, str] = {}
    for key, channel in found.items():
        if "Folder" in channel.mode or args_repeat(args, _input_of(key, config)) > 1:
            raise ArgumentError(f"{flag(key)}: folders of manifests and repeated channels need --sagemaker-run yes.")
        channels[key] = _channel(key, channel, len(channels), args)
        if channel.mode == "File" and _is_file(channel.place) and key in config.inputs:
            more[f"{key}_suffix"] = os.path.basename(channel.place)
    checkpoints = args.sagemaker_checkpoint_s3
    with tempfile.TemporaryDirectory(prefix="sluice-remote-") as directory:
        _stage_training(Path(directory), source, [local_path(getattr(args, key)) for key in config.dependencies])
        task = training_task(
            name=name,
            script=program,
            source_dir=directory,
            input_channels=channels,
            hyperparameters=hyperparameters_of(args, more),
            metric_definitions=dict(metrics),
            environment=config.env,
            volume_size_gb=args.sagemaker_volume_size,
            max_runtime_seconds=args.sagemaker_max_run,
            instance_type=args.sagemaker_training_instance,
            use_spot_instances=args.sagemaker_spot_instances,
            **({"max_wait_seconds": args.sagemaker_max_wait} if args.sagemaker_spot_instances else {}),
            **(
                {"checkpoint": {"s3_uri": checkpoints, "local_path": args.sagemaker_checkpoint_container}}
                if s3.is_s3(checkpoints)
                else {}
            ),
            **_image(args.sagemaker_training_image, TRAINING.tag),
        )
        return _run(task, name, platform, args)


def _run(task: Any, name: str, platform: str, args: Namespace) -> Any:
    from ..running import run
    from ..settings import settings
    from ..workflow import Workflow

    if not args.sagemaker_wait and settings.endpoint is None:
        raise ArgumentError(
            "--sagemaker-wait no: the server that runs the job ends with this process.",
            "Start `sluice serve`, and name it: SLUICE_SERVER=http://127.0.0.1:4777",
        )

    def script() -> Any:
        return task()

    execution = run(Workflow(script, {"name": name}), platform=platform)
    print(f"Run {execution.id} on {platform}")
    if args.sagemaker_wait:
        _follow(execution)
    write_description(args.sagemaker_output_json, execution.refresh())
    if args.sagemaker_wait:
        execution.wait()
        for output, value in (execution.nodes[0].get("outputs") or {}).items():
            print(f"{output}: {value}")
    return execution


def _follow(execution: Any) -> None:
    """Prints the log of the one node until it ends."""
    node = execution.nodes[0]["id"]
    is_begun = False
    # There is no log to follow before there is a job.
    while not is_begun and execution.phase == "Running":
        for line in execution.logs(node, follow=True):
            is_begun = True
            sys.stdout.write(line + "\n")
        time.sleep(0 if is_begun else POLL_SECONDS)
    execution.wait(raise_error=False)
    if not is_begun:
        sys.stdout.writelines(line + "\n" for line in execution.logs(node))


def _stage_processing(directory: Path, args: Namespace, config: ProcessingConfig) -> None:
    """Puts all that the job needs into one directory."""
    import json

    if not args.sagemaker_script or not local_path(args.sagemaker_script).is_file():
        raise ArgumentError(f"--sagemaker-script: {args.sagemaker_script} does not exist.")
    prefix = "AWS_SAGEMAKER_REMOTE_"
    settings = {
        f"{prefix}MODULE_MOUNT": "{here}/modules:{here}/runtime",
        f"{prefix}PYTHON": args.sagemaker_python,
        "IS_SAGEMAKER": "1",
    }
    (directory / ENTRY).write_text(_PROCESSING_ENTRY)
    _link(Path(__file__).with_name("processing.sh"), directory / "processing.sh")
    for name, content in runtime_files():
        _write(directory / "runtime" / name, content)
    for key in config.dependencies:
        place = local_path(getattr(args, key))
        if not place.exists():
            raise ArgumentError(f"{flag(key)}: {place} does not exist.")
        _link_all(place, directory / "modules" / (key if place.is_dir() else place.name))
    for name in ("script", "requirements", "configuration_script"):
        value = getattr(args, f"sagemaker_{name}")
        if value:
            place = local_path(value)
            if not place.is_file():
                raise ArgumentError(f"{flag('sagemaker_' + name)}: {place} does not exist.")
            _write(directory / "script" / name / place.name, place.read_bytes().replace(b"\r\n", b"\n"))
            settings[prefix + name.upper()] = "{here}/script/" + f"{name}/{place.name}"
    if args.sagemaker_configuration_command:
        settings[f"{prefix}CONFIGURATION_COMMAND"] = args.sagemaker_configuration_command
    (directory / "sluice_remote.json").write_text(json.dumps(settings))


def _stage_training(directory: Path, source: Path, dependencies: list[Path]) -> None:
    _link_all(source, directory)
    for each in dependencies:
        _link_all(each, directory / each.name)
    own = {each.name for each in directory.iterdir()}
    for name, content in runtime_files():
        if name.split("/")[0] not in own:
            _write(directory / name, content)


def _link_all(source: Path, target: Path) -> None:
    if source.is_file():
        _link(source, target)
        return
    for file in files_below(source, everything=False):
        _link(file, target / file.relative_to(source))


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        target.symlink_to(source.resolve())


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def _arguments(args: Namespace, config: ProcessingConfig, places: dict[str, str]) -> list[str]:
    """The arguments of the script, with the places of the container; what is the runner's own is left out."""
    made: list[str] = []
    for name, value in vars(args).items():
        is_absent = name in config.inputs and name not in places
        if (
            is_absent
            or name in config.dependencies
            or (name.startswith("sagemaker_") and name != "sagemaker_remote_command")
        ):
            continue
        given = places.get(name, value)
        if given is not None and str(given) != "":
            made += [flag(name), str(given)]
    return made


def _channel(key: str, channel: TrainingChannel, index: int, args: Namespace) -> dict[str, Any]:
    input_mode, data_type, wrapper = api_mode(channel.mode)
    names = attribute_names(channel, args)
    return {
        "s3_uri": _place(key, channel.place),
        "input_mode": input_mode,
        "s3_data_type": data_type,
        **({"record_wrapping": wrapper} if wrapper else {}),
        **({"attribute_names": names} if names else {}),
        **({"shuffle_seed": SEED + index} if channel.path.shuffle else {}),
    }


def _input_of(key: str, config: TrainingConfig) -> str:
    return key if key in config.inputs else key.rpartition("_")[0]


def _place(key: str, value: str) -> str:
    if s3.is_s3(value):
        return value
    path = local_path(value)
    if not path.exists():
        raise ArgumentError(f"{flag(key)}: {path} does not exist.")
    return str(path)


def _is_file(value: str) -> bool:
    if not s3.is_s3(value):
        return local_path(value).is_file()
    from ..running import server

    bucket, key = s3.parse_uri(value)
    return bool(key) and not key.endswith("/") and server().has_object(bucket, key)


def _image(given: str, default: str) -> dict[str, str]:
    return {} if given == default else {"image": given}


def _expect_default(args: Namespace, name: str, default: str, platform: str) -> None:
    if getattr(args, name, default) != default:
        raise ArgumentError(f"{flag(name)}: on the platform '{platform}' it is {default}.")
