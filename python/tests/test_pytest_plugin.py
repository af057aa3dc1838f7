"""The fixtures for pytest, with boto3 as it is."""

from __future__ import annotations

import boto3
from botocore.exceptions import ClientError

boto3.setup_default_session(aws_access_key_id="other", aws_secret_access_key="other", region_name="eu-west-1")


def test_clients_of_boto3_go_to_a_fresh_server_with_its_keys(sluice_server, sluice_boto3):
    sagemaker = sluice_boto3("sagemaker")
    assert sagemaker.list_training_jobs()["TrainingJobSummaries"] == []
    s3 = sluice_server.resource("s3")
    s3.create_bucket(Bucket="models")
    s3.Object("models", "a/b").put(Body=b"model")
    # As the code under test has them: the session that was there before is not asked.
    own = boto3.client("s3")
    assert own.meta.endpoint_url == sluice_server.url and own.meta.region_name == "us-east-1"
    assert own.get_object(Bucket="models", Key="a/b")["Body"].read() == b"model"
    assert sluice_server.session().client("sts", endpoint_url=sluice_server.url).get_caller_identity()["Account"]
    try:
        boto3.client("s3", aws_access_key_id="AKIAWRONG", aws_secret_access_key="wrong").list_buckets()
    except ClientError as error:
        assert error.response["Error"]["Code"] == "InvalidAccessKeyId"
    else:
        raise AssertionError("Other keys were taken.")


def test_the_next_server_knows_nothing_of_the_one_before(sluice_boto3):
    assert sluice_boto3("s3").list_buckets()["Buckets"] == []
    assert boto3.client("s3").list_buckets()["Buckets"] == []
