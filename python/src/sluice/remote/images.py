"""The image of a job: one in ECR, which is built where it is not there."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
from typing import Any, NamedTuple

from .errors import ArgumentError
from .session import Session

ECR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ecr")
DEEP_LEARNING = "763104351884"


class Image(NamedTuple):
    """An image by its tag, and the directory with `TAG/Dockerfile` that it is built from."""

    tag: str
    path: str
    accounts: tuple[str, ...] = ()


PROCESSING = Image("aws-sagemaker-remote-processing:latest", os.path.join(ECR, "processing"), (DEEP_LEARNING,))
TRAINING = Image("aws-sagemaker-remote-training:latest", os.path.join(ECR, "training"), (DEEP_LEARNING,))
INFERENCE = Image("aws-sagemaker-remote-inference:latest", os.path.join(ECR, "inference"), (DEEP_LEARNING,))
IMAGES = {"processing": PROCESSING, "training": TRAINING, "inference": INFERENCE}


class Reference(NamedTuple):
    """A tag that is read: account, where it names one, repository and tag."""

    registry: str | None
    repository: str
    tag: str


def parse_tag(tag: str) -> Reference | None:
    """A tag of ECR; none for an image that another registry has."""
    found = re.fullmatch(
        r"(?:(\d{12})\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/)?([a-z0-9._/-]+?)(?::([\w.-]+))?", tag
    )
    if found is None:
        return None
    return Reference(found.group(1), found.group(2), found.group(3) or "latest")


def ensure_image(session: Session, image: Image) -> str:
    """The URI of an image: as it is in ECR, else built and pushed there."""
    reference = parse_tag(image.tag)
    is_elsewhere = reference is None or "." in reference.repository.split("/")[0]
    if reference is None or is_elsewhere or reference.repository.startswith("sluice/"):
        return image.tag
    ecr = session.client("ecr")
    account = reference.registry or session.account
    if _has_image(ecr, account, reference):
        return f"{_repository(ecr, account, reference.repository)}:{reference.tag}"
    if account != session.account:
        raise ArgumentError(f"Image {image.tag}: account {account} does not have it.")
    return build(session, image)


def build(
    session: Session, image: Image, *, pull: bool = True, cache: bool = True, push: bool = True, account: str = ""
) -> str:
    """Builds an image with Docker or Podman and pushes it; answers its URI."""
    reference = parse_tag(image.tag)
    if reference is None:
        raise ArgumentError(f"Image: expected a tag such as 'my-image:latest', got '{image.tag}'.")
    context = os.path.join(image.path, reference.tag)
    if not os.path.isfile(os.path.join(context, "Dockerfile")):
        raise ArgumentError(
            f"Image {image.tag} is not in ECR, and there is no {context}/Dockerfile to build it from.",
            "Name an image that is there, or the directory that has TAG/Dockerfile.",
        )
    engine = shutil.which("docker") or shutil.which("podman")
    if engine is None:
        raise ArgumentError(
            f"Image {image.tag} is not in ECR, and neither Docker nor Podman is there to build it.",
            "Install one of them, or name an image that is there.",
        )
    ecr = session.client("ecr")
    own = reference.registry or account or session.account
    uri = f"{_repository(ecr, own, reference.repository, make=True)}:{reference.tag}"
    for registry in (*image.accounts, own) if push or image.accounts else ():
        _log_in(engine, ecr, registry)
    arguments = [engine, "build", "--tag", uri, *(["--pull"] if pull else []), *([] if cache else ["--no-cache"])]
    for name, value in (("REGION", session.region), ("ACCOUNT", own)):
        arguments += ["--build-arg", f"{name}={value}"]
    _run([*arguments, context], f"Image {image.tag} could not be built")
    if push:
        _run([engine, "push", uri], f"Image {uri} could not be pushed")
    return uri


def _has_image(ecr: Any, account: str, reference: Reference) -> bool:
    try:
        answer = ecr.batch_get_image(
            registryId=account, repositoryName=reference.repository, imageIds=[{"imageTag": reference.tag}]
        )
    except ecr.exceptions.RepositoryNotFoundException:
        return False
    return bool(answer["images"])


def _repository(ecr: Any, account: str, name: str, *, make: bool = False) -> str:
    try:
        found = ecr.describe_repositories(registryId=account, repositoryNames=[name])["repositories"][0]
    except ecr.exceptions.RepositoryNotFoundException:
        if not make:
            raise
        found = ecr.create_repository(repositoryName=name)["repository"]
    return found["repositoryUri"]


def _log_in(engine: str, ecr: Any, account: str) -> None:
    for given in ecr.get_authorization_token(registryIds=[account])["authorizationData"]:
        user, _, password = base64.b64decode(given["authorizationToken"]).decode().partition(":")
        registry = given["proxyEndpoint"].split("//")[-1]
        command = [engine, "login", "--username", user, "--password-stdin", registry]
        _run(command, f"{registry} does not let {engine} in", password)


def _run(command: list[str], problem: str, text: str | None = None) -> None:
    try:
        subprocess.run(command, input=text, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ArgumentError(f"{problem}: {os.path.basename(command[0])} {command[1]} failed ({error}).") from None


def accounts_of(given: Any) -> tuple[str, ...]:
    """Accounts as a list, or joined with commas."""
    names = given.split(",") if isinstance(given, str) else list(given or [])
    return tuple(str(name).strip() for name in names if str(name).strip())
