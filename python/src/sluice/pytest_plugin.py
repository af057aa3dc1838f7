"""For pytest: the fixture `sluice_server`, a server of a fresh home for one test."""

from __future__ import annotations

import importlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest

from . import embedded
from .errors import SluiceError
from .settings import settings

REGION = "us-east-1"


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
        try:
            boto3: Any = importlib.import_module("boto3")
        except ImportError:
            raise SluiceError(
                "InvalidArgument", "sluice_server.client needs boto3.", "pip install 'sluice[boto3]'"
            ) from None
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            **options,
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
        monkeypatch.setitem(os.environ, "SLUICE_HOME", home)
        yield made
    finally:
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
