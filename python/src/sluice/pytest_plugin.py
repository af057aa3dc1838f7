"""For pytest: the fixture `sluice_server`, a server of a fresh home for one test."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from . import embedded
from .errors import SluiceError
from .settings import settings

REGION = "us-east-1"
# What would lead clients elsewhere, or stand before the keys.
_LEFT = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_SAGEMAKER")


class SluiceServer:
    """A server of a fresh home: its URL, keys, and AWS's clients of it."""

    def __init__(self, home: str, running: embedded.Embedded) -> None:
        self.home = home
        self.url = running.server.url
        credentials = running.server.credentials
        self.access_key_id = credentials.access_key_id if credentials else "sluice"
        self.secret_access_key = credentials.secret_access_key if credentials else "sluice"

    @property
    def environment(self) -> dict[str, str]:
        """What leads AWS's clients to it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }

    def client(self, service: str, **options: Any) -> Any:
        """A client of boto3: `sagemaker`, `s3`, `logs`, `sagemaker-runtime`."""
        return self.session().client(service, endpoint_url=self.url, **options)

    def resource(self, service: str, **options: Any) -> Any:
        """A resource of boto3: `s3`, `iam`, `cloudwatch`."""
        return self.session().resource(service, endpoint_url=self.url, **options)

    def session(self) -> Any:
        """A session of boto3 with its keys, as the SDK of SageMaker takes one."""
        try:
            boto3: Any = importlib.import_module("boto3")
        except ImportError:
            raise SluiceError(
                "InvalidArgument", "The clients of sluice_server need boto3.", "pip install 'sluice[boto3]'"
            ) from None
        return boto3.Session(
            region_name=REGION,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
        )


def _serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[SluiceServer]:
    home = tempfile.mkdtemp(prefix="sluice-home-")
    running = None
    try:
        running = embedded.embedded_server(home)
        made = SluiceServer(home, running)
        monkeypatch.setattr(settings, "home", home)
        monkeypatch.setattr(settings, "endpoint", None)
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        for name in _LEFT:
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setitem(os.environ, "SLUICE_HOME", home)
        # `boto3.client` of the code under test makes its session anew, with these keys.
        if "boto3" in sys.modules:
            monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
        yield made
    finally:
        if "boto3" in sys.modules:
            sys.modules["boto3"].DEFAULT_SESSION = None  # pyright: ignore[reportAttributeAccessIssue]
        if running is not None:
            embedded.stop(running)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def sluice_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SluiceServer]:
    """A server of a fresh home for this test: `sluice.run` goes to it, and so do AWS's clients of this process."""
    yield from _serve(monkeypatch)


@pytest.fixture(scope="session")
def sluice_session_server() -> Iterator[SluiceServer]:
    """As `sluice_server`, one for all tests."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield from _serve(monkeypatch)


@pytest.fixture
def sluice_boto3(sluice_server: SluiceServer) -> Callable[..., Any]:
    """Makes clients of boto3 for a fresh server: `sluice_boto3("sagemaker")`. `boto3.client` itself goes there, too."""
    return sluice_server.client
