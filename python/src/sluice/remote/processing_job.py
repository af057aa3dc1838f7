"""A processing job of SageMaker that runs a script: what is uploaded, and the request."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path
from typing import Any, NamedTuple

from . import s3
from .errors import ArgumentError
from .images import Image, accounts_of, ensure_image
from .jobs import wait, write_description
from .names import job_name
from .parsers import flag
from .paths import local_path
from .processing_args import ProcessingConfig
from .roles import ensure_role
from .runtime import runtime_zip
from .session import Session
from .tags import tracking_tags
from .values import resolve

CODE_MOUNT = "/opt/ml/processing/input/code"
ENTRY = "processing.sh"
MAX_INPUTS = 10
MAX_ARGUMENTS = 100
MAX_LENGTH = 256
PREFIX = "AWS_SAGEMAKER_REMOTE_"
PACKED = "aws_sagemaker_remote_modules"


class Channel(NamedTuple):
    """One ProcessingInput: what is uploaded for it, where it is in S3, and where in the container."""

    name: str
    source: Path | None
    uri: str
    mount: str
    mode: str = "File"
    is_code: bool = False


def run_processing(args: Namespace, config: ProcessingConfig, session: Session | None = None) -> dict[str, Any]:
    """Creates the job that the arguments say, follows it where they say so, and answers its description."""
    session = session or Session(args.sagemaker_profile)
    name = job_name(args.sagemaker_job_name, args.sagemaker_base_job_name)
    values = _read_values(args, config, session)
    channels = plan_channels(args, config, values, f"s3://{session.bucket}/{name}/input", session)
    arguments = container_arguments(args, config, channels, values, session)
    environment = container_environment(args, config, channels)
    outputs = _outputs(args, config, values, f"s3://{session.bucket}/{name}/output")
    _check_files(args, channels)
    image = Image(args.sagemaker_image, args.sagemaker_image_path, accounts_of(args.sagemaker_image_accounts))
    request: dict[str, Any] = {
        "ProcessingJobName": name,
        "RoleArn": ensure_role(session, args.sagemaker_role),
        "AppSpecification": {
            "ImageUri": ensure_image(session, image),
            "ContainerEntrypoint": ["sh", f"{CODE_MOUNT}/{ENTRY}"],
            "ContainerArguments": arguments,
        },
        "ProcessingInputs": [_processing_input(each) for each in channels if not _is_packed(each)],
        "ProcessingOutputConfig": {"Outputs": outputs},
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": args.sagemaker_instance,
                "VolumeSizeInGB": args.sagemaker_volume_size,
            }
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": args.sagemaker_runtime_seconds},
        "Environment": environment,
        "Tags": tracking_tags(args.sagemaker_script, BaseJobName=args.sagemaker_base_job_name),
    }
    _upload(session, channels)
    session.client("sagemaker").create_processing_job(**request)
    print(f"Processing job {name}")
    description = session.client("sagemaker").describe_processing_job(ProcessingJobName=name)
    write_description(args.sagemaker_output_json, description)
    return wait(session, "processing", name) if args.sagemaker_wait else description


def _read_values(args: Namespace, config: ProcessingConfig, session: Session) -> dict[str, str]:
    """What inputs and the places of outputs say, by key; inputs that say nothing are left out."""
    values: dict[str, str] = {}
    for key, path in config.inputs.items():
        value = resolve(getattr(args, key), session, flag(key))
        if value:
            values[key] = str(value)
        elif not path.optional:
            raise ArgumentError(f"{flag(key)}: input '{key}' has no value, and is not optional.")
    for key in config.outputs:
        place = str(resolve(getattr(args, f"{key}_s3"), session, f"{flag(key)}-s3"))
        if place != "default" and not s3.is_s3(place):
            raise ArgumentError(f"{flag(key)}-s3: expected 'default' or s3://bucket/prefix, got '{place}'.")
        values[key] = place
    return values


def plan_channels(
    args: Namespace, config: ProcessingConfig, values: dict[str, str], root: str, session: Session
) -> list[Channel]:
    """Every ProcessingInput, in the order of the request; modules together where they would be too many."""
    data = [
        Channel(
            key,
            None if s3.is_s3(values[key]) else local_path(values[key]),
            values[key] if s3.is_s3(values[key]) else f"{root}/{key}",
            f"{args.sagemaker_input_mount}/{key}",
            getattr(args, f"{key}_mode"),
        )
        for key in config.inputs
        if key in values
    ]
    # A file's ProcessingInput names the file.
    data = [
        each._replace(uri=f"{each.uri}/{each.source.name}") if each.source and each.source.is_file() else each
        for each in data
    ]
    mount = args.sagemaker_module_mount
    scripts = [
        Channel(
            f"aws_sagemaker_remote_{name}",
            local_path(value),
            f"{root}/aws_sagemaker_remote_{name}",
            place,
            "File",
            True,
        )
        for name, value, place in _scripts(args, mount)
        if value
    ]
    scripts = [each._replace(uri=f"{each.uri}/{each.source.name}") for each in scripts if each.source]
    modules = [
        Channel(key, local_path(getattr(args, key)), f"{root}/{key}", f"{mount}/{key}", "File", True)
        for key in config.dependencies
    ]
    code = Channel("code", None, f"{root}/code", CODE_MOUNT)
    if len(data) + len(modules) + len(scripts) + 1 > MAX_INPUTS and len(modules) > 1:
        place = f"{root}/{PACKED}"
        packed = [each._replace(uri=f"{place}/{each.name}", mount=f"{mount}/packed/{each.name}") for each in modules]
        modules = [Channel(PACKED, None, place, f"{mount}/packed"), *packed]
    channels = [*data, *modules, *scripts, code]
    count = sum(not _is_packed(each) for each in channels)
    if count > MAX_INPUTS:
        raise ArgumentError(
            f"A processing job has at most {MAX_INPUTS} ProcessingInputs, and this one has {count}: "
            f"{len(data)} inputs, {len(scripts)} of the script, its code and its modules.",
            "Put some of the inputs into one directory.",
        )
    return channels


def _scripts(args: Namespace, mount: str) -> list[tuple[str, str | None, str]]:
    """Each in a directory of its own: SageMaker refuses two inputs at one LocalPath."""
    return [
        ("script", args.sagemaker_script, f"{mount}/aws_sagemaker_remote_script"),
        ("requirements", args.sagemaker_requirements, f"{mount}/requirements_txt"),
        (
            "configuration_script",
            args.sagemaker_configuration_script,
            f"{mount}/aws_sagemaker_remote_configuration_script",
        ),
    ]


def _is_packed(channel: Channel) -> bool:
    return "/packed/" in channel.mount and channel.is_code


def container_arguments(
    args: Namespace, config: ProcessingConfig, channels: list[Channel], values: dict[str, str], session: Session
) -> list[str]:
    """Every argument that has a value as flag and value, with the places of the container. Raises ValueError."""
    places = {
        each.name: _argument(each, session) for each in channels if each.name in (*config.inputs, *config.dependencies)
    }
    for key in config.outputs:
        places[key] = f"{args.sagemaker_output_mount}/{key}"
        places[f"{key}_s3"] = values[key]
    arguments: list[str] = []
    for name, value in vars(args).items():
        if name == "sagemaker_job_name" or (name in config.inputs and name not in places):
            continue
        given = False if name == "sagemaker_run" else places.get(name, value)
        if given is None or str(given) == "":
            continue
        if isinstance(given, (list, tuple, dict)):
            raise ArgumentError(
                f"{flag(name)}: expected one value, got {given!r}.", "Join several values with commas, or as JSON."
            )
        if len(str(given)) > MAX_LENGTH and name.startswith("sagemaker_"):
            # The runner's own, which the container has no use for.
            continue
        if len(str(given)) > MAX_LENGTH:
            raise ArgumentError(
                f"{flag(name)}: SageMaker takes {MAX_LENGTH} characters for one argument, and this has {len(str(given))}."
            )
        arguments += [flag(name), str(given)]
    if len(arguments) > MAX_ARGUMENTS:
        raise ArgumentError(
            f"SageMaker takes {MAX_ARGUMENTS} ContainerArguments, and these are {len(arguments)}: flags and values.",
            "Leave some arguments empty, or put several into one as JSON.",
        )
    return arguments


def _argument(channel: Channel, session: Session) -> str:
    """The value that the script gets: the directory, or the file that is in it."""
    if channel.is_code or channel.mode == "Pipe":
        return channel.mount
    is_file = channel.source.is_file() if channel.source else s3.has_object(session.client("s3"), channel.uri)
    return f"{channel.mount}/{os.path.basename(channel.uri)}" if is_file else channel.mount


def container_environment(args: Namespace, config: ProcessingConfig, channels: list[Channel]) -> dict[str, str]:
    """What tells processing.sh how to begin."""
    mount = args.sagemaker_module_mount
    # A module of one file is found in its directory.
    files = [
        each.mount for each in channels if each.name in config.dependencies and each.source and each.source.is_file()
    ]
    paths = [each.mount for each in channels if each.name == PACKED] + files
    environment = {
        **config.env,
        f"{PREFIX}MODULE_MOUNT": mount,
        **({f"{PREFIX}PATHS": ":".join(paths)} if paths else {}),
        f"{PREFIX}PYTHON": args.sagemaker_python,
        "IS_SAGEMAKER": "1",
    }
    for name, value, place in _scripts(args, mount):
        if value:
            environment[PREFIX + name.upper()] = f"{place}/{os.path.basename(value)}"
    if args.sagemaker_configuration_command:
        environment[f"{PREFIX}CONFIGURATION_COMMAND"] = args.sagemaker_configuration_command
    for name, value in environment.items():
        if len(value) > MAX_LENGTH:
            raise ArgumentError(
                f"{name}: SageMaker takes {MAX_LENGTH} characters for one value, and this has {len(value)}."
            )
    return environment


def _outputs(args: Namespace, config: ProcessingConfig, values: dict[str, str], root: str) -> list[dict[str, Any]]:
    return [
        {
            "OutputName": key,
            "S3Output": {
                "S3Uri": f"{root}/{key}" if values[key] == "default" else values[key],
                "LocalPath": f"{args.sagemaker_output_mount}/{key}",
                "S3UploadMode": getattr(args, f"{key}_mode"),
            },
        }
        for key in config.outputs
    ]


def _processing_input(channel: Channel) -> dict[str, Any]:
    return {
        "InputName": channel.name,
        "S3Input": {
            "S3Uri": channel.uri,
            "LocalPath": channel.mount,
            "S3DataType": "S3Prefix",
            "S3InputMode": channel.mode,
            "S3DataDistributionType": "FullyReplicated",
            "S3CompressionType": "None",
        },
    }


def _check_files(args: Namespace, channels: list[Channel]) -> None:
    for each in channels:
        if each.source is not None and not each.source.exists():
            raise ArgumentError(f"{_flag_of(each)}: {each.source} does not exist.")
    if not args.sagemaker_script:
        raise ArgumentError("--sagemaker-script: the script was not found.", "Pass script=__file__.")


def _flag_of(channel: Channel) -> str:
    name = channel.name
    return flag(
        name.replace("aws_sagemaker_remote_", "sagemaker_") if name.startswith("aws_sagemaker_remote_") else name
    )


def _upload(session: Session, channels: list[Channel]) -> None:
    client = session.client("s3")
    for each in channels:
        if each.source is None:
            continue
        if each.is_code and each.source.is_dir():
            s3.upload_code(client, each.source, each.uri)
        elif each.is_code:
            _put_text_file(client, each)
        else:
            s3.upload(client, each.source, os.path.dirname(each.uri) if each.source.is_file() else each.uri)
    bucket, key = s3.parse_uri(channels[-1].uri)
    entry = Path(__file__).with_name(ENTRY).read_bytes()
    client.put_object(Bucket=bucket, Key=f"{key}/{ENTRY}", Body=_unix(entry))
    client.put_object(Bucket=bucket, Key=f"{key}/runtime.zip", Body=runtime_zip())


def _put_text_file(client: Any, channel: Channel) -> None:
    """Scripts of Windows have line ends that no shell here takes."""
    assert channel.source is not None
    bucket, key = s3.parse_uri(channel.uri)
    key = key if key.endswith(channel.source.name) else f"{key}/{channel.source.name}"
    client.put_object(Bucket=bucket, Key=key, Body=_unix(channel.source.read_bytes()))


def _unix(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n")
