"""Endpoints, their configurations, and what they answer."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import ArgumentError
from ..inference import OUTPUT_TYPE, guess_type, model_of, write_answer
from ..paths import local_path
from .models import exists
from .options import Cli, add_command, add_delete, add_describe, add_group, add_switch

DELETE_WAIT = {"Delay": 2, "MaxAttempts": 300}


def add_commands(commands: Any) -> None:
    """endpoint-config, endpoint."""
    group = add_group(commands, "endpoint-config", "Configurations of endpoints")
    create = add_command(group, "create", "Create a configuration with a variant for each model", _create_config)
    create.add_argument("--name", default=None, help="name; else that of the one model")
    create.add_argument("--model", action="append", default=None, help="a model; repeat for more")
    create.add_argument("--instance-type", default="ml.t2.medium", help="instance type")
    add_switch(create, "--force", "--no-force", False, "replace a configuration of this name")
    add_describe(group, "a configuration", _describe("endpoint_config", "EndpointConfigName"))
    add_delete(group, "a configuration", _delete("endpoint_config", "EndpointConfigName"))
    group = add_group(commands, "endpoint", "Endpoints")
    create = add_command(group, "create", "Create an endpoint", _create)
    create.add_argument("--name", default=None, help="name; else that of the configuration")
    create.add_argument("--config", required=True, help="name of the configuration")
    add_switch(create, "--force", "--no-force", False, "replace an endpoint of this name")
    add_describe(group, "an endpoint", _describe("endpoint", "EndpointName"))
    add_delete(group, "an endpoint", _delete("endpoint", "EndpointName"))
    invoke = add_command(group, "invoke", "Ask an endpoint, or a model of a directory", _invoke)
    add = invoke.add_argument
    add("--name", default=None, help="name of the endpoint")
    add("--model", default=None, help="TargetModel, of an endpoint of many models")
    add("--variant", default=None, help="TargetVariant")
    add("--input", required=True, help="file or directory that is asked")
    add("--input-glob", default=None, help="files of the directory: **/*.wav")
    add("--output", default=None, help="file, or directory for FILE.out; printed without")
    add("--input-type", default=None, help="content type; guessed from a file's name")
    add("--output-type", default=OUTPUT_TYPE, help="content type of the answer")
    add("--model-dir", default=None, help="directory of an unpacked model, which is asked in this process")


def _create_config(cli: Cli, args: Namespace) -> None:
    models = [cli.expect(each, "--model") for each in args.model or []]
    if not models or len(set(models)) < len(models):
        raise ArgumentError("--model: expected one or more models, each once.")
    name = cli.value(args.name, "--name") or (models[0] if len(models) == 1 else None)
    if not name:
        raise ArgumentError("--name: expected a name for a configuration of several models.")
    client = cli.sagemaker
    if exists(client.describe_endpoint_config, EndpointConfigName=name):
        if not args.force:
            raise ArgumentError(f"There is a configuration '{name}' already.", "--force replaces it.")
        client.delete_endpoint_config(EndpointConfigName=name)
    variants = [
        {"VariantName": each, "ModelName": each, "InitialInstanceCount": 1, "InstanceType": args.instance_type}
        for each in models
    ]
    print(client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)["EndpointConfigArn"])


def _create(cli: Cli, args: Namespace) -> None:
    config = cli.expect(args.config, "--config")
    name = cli.value(args.name, "--name") or config
    client = cli.sagemaker
    if exists(client.describe_endpoint, EndpointName=name):
        if not args.force:
            raise ArgumentError(f"There is an endpoint '{name}' already.", "--force replaces it.")
        client.delete_endpoint(EndpointName=name)
        client.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig=DELETE_WAIT)
    print(client.create_endpoint(EndpointName=name, EndpointConfigName=config)["EndpointArn"])


def _describe(operation: str, member: str) -> Any:
    def run(cli: Cli, args: Namespace) -> None:
        ask = getattr(cli.sagemaker, f"describe_{operation}")
        cli.print_field(ask(**{member: cli.expect(args.name, "NAME")}), args.field)

    return run


def _delete(operation: str, member: str) -> Any:
    def run(cli: Cli, args: Namespace) -> None:
        getattr(cli.sagemaker, f"delete_{operation}")(**{member: cli.expect(args.name, "NAME")})

    return run


def _invoke(cli: Cli, args: Namespace) -> None:
    ask = _asker(cli, args)
    place = local_path(cli.expect(args.input, "--input"))
    if place.is_file():
        if args.input_glob:
            raise ArgumentError(f"--input-glob: it is for directories, and {place} is a file.")
        write_answer(ask(place), args.output)
        return
    if not place.is_dir():
        raise ArgumentError(f"--input: {place} does not exist.")
    files = sorted(each for each in place.glob(args.input_glob or "**/*") if each.is_file())
    if not files:
        raise ArgumentError(f"--input-glob: no file of {place} fits '{args.input_glob or '**/*'}'.")
    for file in files:
        below = os.path.join(args.output, f"{file.relative_to(place)}.out") if args.output else None
        write_answer(ask(file), below)


def _asker(cli: Cli, args: Namespace) -> Callable[[Path], bytes]:
    if args.model_dir:
        if args.name or args.model or args.variant:
            raise ArgumentError(
                "--model-dir: the model is asked in this process; leave out --name, --model and --variant."
            )
        model = model_of(cli.expect(args.model_dir, "--model-dir"))
        return lambda file: model.ask(file, args.input_type, args.output_type)
    name = cli.expect(args.name, "--name")
    client = cli.session.client("sagemaker-runtime")
    targets = {"TargetModel": cli.value(args.model, "--model"), "TargetVariant": cli.value(args.variant, "--variant")}
    given = {key: value for key, value in targets.items() if value}

    def ask(file: Path) -> bytes:
        kind = args.input_type or guess_type(file)
        answer = client.invoke_endpoint(
            EndpointName=name, Body=file.read_bytes(), ContentType=kind, Accept=args.output_type, **given
        )
        return answer["Body"].read()

    return ask
