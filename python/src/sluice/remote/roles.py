"""The role that a job runs as."""

from __future__ import annotations

import json
from typing import Any

from .session import Session

POLICY = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"


def ensure_role(session: Session, role: str) -> str:
    """The ARN of a role, which is made where it is not there: SageMaker may take it on, with full access to SageMaker."""
    if role.startswith("arn:"):
        return role
    iam = session.client("iam")
    try:
        return iam.get_role(RoleName=role)["Role"]["Arn"]
    except iam.exceptions.NoSuchEntityException:
        return _create(iam, role)


def _create(iam: Any, role: str) -> str:
    principal = {"Service": "sagemaker.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    made = iam.create_role(
        RoleName=role,
        Description="Runs jobs of scripts",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    iam.attach_role_policy(RoleName=role, PolicyArn=POLICY)
    return made["Role"]["Arn"]
