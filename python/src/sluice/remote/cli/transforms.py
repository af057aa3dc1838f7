"""Batch transform jobs."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from ..jobs import write_description
from ..names import job_name
from ..tags import SOURCE
from .options import Cli, add_command, add_group, print_value


def add_commands(commands: Any) -> None:
    """transform create."""
    group = add_group(commands, "transform", "Batch transform jobs")
    create = add_command(group, "create", "Create a batch transform job", _create)
    add = create.add_argument
    add("--base-job-name", default="transform-job", help="what the job's name begins with")
    add("--job-name", default=None, help="name of the job; else the base name with the time")
    add("--model-name", required=True, help="name of the model")
    add("--concurrency", type=int, default=1, help="requests at once to each container")
    add("--timeout", type=int, default=300, help="seconds for one request")
    add("--retries", type=int, default=0, help="of a request that fails")
    add("--input-s3", required=True, help="s3://bucket/prefix of the input")
    add("--output-s3", required=True, help="s3://bucket/prefix of the output")
    add("--input-type", required=True, help="content type of the input")
    add("--output-type", required=True, help="content type of the output")
    add("--output-json", default=None, help="file for what SageMaker answers")
    add("--instance-type", default="ml.m5.large", help="instance type")
    add("--instance-count", type=int, default=1, help="how many instances")
    add("--payload-mb", type=int, default=32, help="MB that a request may have")


def _create(cli: Cli, args: Namespace) -> None:
    base = cli.expect(args.base_job_name, "--base-job-name")
    answer = cli.sagemaker.create_transform_job(
        TransformJobName=job_name(cli.value(args.job_name, "--job-name"), base, "--base-job-name"),
        ModelName=cli.expect(args.model_name, "--model-name"),
        MaxConcurrentTransforms=args.concurrency,
        ModelClientConfig={"InvocationsTimeoutInSeconds": args.timeout, "InvocationsMaxRetries": args.retries},
        MaxPayloadInMB=args.payload_mb,
        BatchStrategy="SingleRecord",
        TransformInput={
            "DataSource": {
                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": cli.expect(args.input_s3, "--input-s3")}
            },
            "ContentType": args.input_type,
            "CompressionType": "None",
            "SplitType": "None",
        },
        TransformOutput={
            "S3OutputPath": cli.expect(args.output_s3, "--output-s3"),
            "Accept": args.output_type,
            "AssembleWith": "None",
        },
        TransformResources={"InstanceType": args.instance_type, "InstanceCount": args.instance_count},
        Tags=[{"Key": "Source", "Value": SOURCE}],
    )
    answer.pop("ResponseMetadata", None)
    write_description(args.output_json, answer)
    print_value(answer["TransformJobArn"])
