"""Where jobs go: an account of AWS, or what answers in its place."""

from __future__ import annotations

import os
import re
from typing import Any

from .errors import ArgumentError

PROFILE = "default"


class Session:
    """boto3 with a profile, and what SageMaker's SDK knows beside it: the default bucket."""

    def __init__(self, profile: str = PROFILE) -> None:
        try:
            import boto3
            from botocore.exceptions import ProfileNotFound
        except ImportError:
            raise ArgumentError("boto3 is not installed.", "pip install 'sluice[boto3]'") from None
        try:
            # What boto3 takes without a name: AWS_PROFILE and the environment count then.
            self.boto: Any = boto3.Session(profile_name=None if profile == PROFILE else profile)
        except ProfileNotFound as error:
            raise ArgumentError(f"--sagemaker-profile: {error}.") from None
        self._clients: dict[str, Any] = {}
        self._bucket: str | None = None
        self._account: str | None = None

    def client(self, service: str) -> Any:
        """The client of a service, made once."""
        if service not in self._clients:
            if self.region is None:
                raise ArgumentError(
                    "There is no region.", "Set AWS_DEFAULT_REGION, or region in the profile of AWS's configuration."
                )
            self._clients[service] = self.boto.client(service)
        return self._clients[service]

    @property
    def region(self) -> str | None:
        """The region that requests go to."""
        return self.boto.region_name or os.environ.get("AWS_REGION")

    @property
    def account(self) -> str:
        """The number of the account."""
        if self._account is None:
            self._account = str(self.client("sts").get_caller_identity()["Account"])
        return self._account

    @property
    def bucket(self) -> str:
        """SageMaker's default bucket, made where it is not there."""
        if self._bucket is None:
            name = _configured_bucket() or f"sagemaker-{self.region}-{self.account}"
            _make_bucket(self.client("s3"), name, self.region)
            self._bucket = name
        return self._bucket


def _configured_bucket() -> str | None:
    """What the configuration of SageMaker's SDK says, which `sluice serve` writes."""
    file = os.environ.get("SAGEMAKER_USER_CONFIG_OVERRIDE")
    if not file or not os.path.isfile(file):
        return None
    with open(file, encoding="utf-8") as stream:
        found = re.search(r"^\s*DefaultS3Bucket:\s*['\"]?([a-z0-9.-]+)", stream.read(), re.MULTILINE)
    return found.group(1) if found else None


def _make_bucket(s3: Any, name: str, region: str | None) -> None:
    from botocore.exceptions import ClientError

    try:
        s3.head_bucket(Bucket=name)
        return
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
            raise
    where = {} if region in (None, "us-east-1") else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        s3.create_bucket(Bucket=name, **where)
    except ClientError as error:
        if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise
