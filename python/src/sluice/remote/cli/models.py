"""Models."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from .. import s3
from ..errors import ArgumentError
from ..images import INFERENCE, Image, accounts_of, ensure_image
from ..roles import ensure_role
from ..values import describe
from .options import Cli, add_command, add_delete, add_describe, add_group, add_switch

ROLE = "aws-sagemaker-remote-inference-role"


def add_commands(commands: Any) -> None:
    """model create, describe, delete."""
    group = add_group(commands, "model", "Models")
    create = add_command(group, "create", "Create a model from a training job, or from an archive in S3", _create)
    add = create.add_argument
    add("--job", default=None, help="training job whose model it is")
    add("--model-artifact", default=None, help="s3:// of model.tar.gz, or its key in the default bucket")
    add("--name", default=None, help="name of the model; else that of the job")
    add("--inference-image", default=INFERENCE.tag, help="tag in ECR, or URI, of the image")
    add("--inference-image-path", default=INFERENCE.path, help="directory with TAG/Dockerfile")
    add("--inference-image-accounts", default=",".join(INFERENCE.accounts), help="accounts that the Dockerfile needs")
    add("--role", default=ROLE, help="role of the model; made where it is not there")
    add_switch(create, "--force", "--no-force", False, "replace a model of this name")
    add_switch(create, "--multimodel", "--singlemodel", False, "serve all archives below the artifact")
    add_describe(group, "a model", _describe)
    add_delete(group, "a model", _delete)


def _create(cli: Cli, args: Namespace) -> None:
    job, artifact = cli.value(args.job, "--job"), cli.value(args.model_artifact, "--model-artifact")
    if bool(job) == bool(artifact):
        raise ArgumentError("--job, --model-artifact: expected exactly one of them.")
    name = cli.value(args.name, "--name") or job
    if not name:
        raise ArgumentError("--name: expected a name, since there is no --job to take it from.")
    if job:
        artifact = _artifact(cli, job)
    elif not s3.is_s3(artifact):
        artifact = f"s3://{cli.session.bucket}/{artifact.lstrip('/')}"
    if exists(cli.sagemaker.describe_model, ModelName=name):
        if not args.force:
            raise ArgumentError(f"There is a model '{name}' already.", "--force replaces it.")
        cli.sagemaker.delete_model(ModelName=name)
    accounts = accounts_of(args.inference_image_accounts)
    image = Image(cli.expect(args.inference_image, "--inference-image"), args.inference_image_path, accounts)
    answer = cli.sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=ensure_role(cli.session, args.role),
        PrimaryContainer={
            "Image": ensure_image(cli.session, image),
            "ModelDataUrl": artifact,
            "Mode": "MultiModel" if args.multimodel else "SingleModel",
        },
    )
    print(answer["ModelArn"])


def _artifact(cli: Cli, job: str) -> str:
    found = describe("training", job, cli.session)
    place = (found.get("ModelArtifacts") or {}).get("S3ModelArtifacts")
    if not place:
        raise ArgumentError(f"--job: training job '{job}' has no model: it is {found['TrainingJobStatus']}.")
    return str(place)


def _describe(cli: Cli, args: Namespace) -> None:
    cli.print_field(cli.sagemaker.describe_model(ModelName=cli.expect(args.name, "NAME")), args.field)


def _delete(cli: Cli, args: Namespace) -> None:
    cli.sagemaker.delete_model(ModelName=cli.expect(args.name, "NAME"))


def exists(ask: Any, **name: str) -> bool:
    """Whether a Describe finds something."""
    from botocore.exceptions import ClientError

    try:
        ask(**name)
        return True
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ValidationException", "ResourceNotFound"):
            return False
        raise
