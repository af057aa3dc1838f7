"""Flyte, by the program: `sluice flyte …` has its protocols, and all ways of being let in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .bundles import Bundle
from .errors import SluiceError
from .program import find_program
from .settings import settings

# Longer values go by a file: Linux takes at most 128 KiB in one argument.
LONGEST_ARGUMENT = 100_000


class Admin:
    """FlyteAdmin at an endpoint, and the project and domain there."""

    def __init__(self, endpoint: str, project: str | None, domain: str | None) -> None:
        self.endpoint = endpoint
        self.project = project or "flytesnacks"
        self.domain = domain or "development"

    def __repr__(self) -> str:
        return f"<Flyte {self.endpoint} {self.project}/{self.domain}>"

    def ask(self, command: str, *arguments: str) -> Any:
        """What a command answers. Raises SluiceError with its code."""
        answers = list(self.lines(command, *arguments))
        return answers[-1] if answers else None

    @contextmanager
    def start(self, command: str, *arguments: str) -> Generator[Command]:
        """A command that runs; it ends with the block."""
        where = ["--endpoint", self.endpoint, "--project", self.project, "--domain", self.domain]
        running = Command([*find_program(), "flyte", command, *arguments, *where, "--json"])
        try:
            yield running
        finally:
            running.stop()

    def lines(self, command: str, *arguments: str) -> Iterator[dict[str, Any]]:
        """What a command tells until it ends, one document after the other. Ends it where nobody listens any more."""
        with self.start(command, *arguments) as running:
            yield from running.documents()


class Command:
    """A command of the program. What it says beside its documents goes on to stderr: where to sign in, say."""

    def __init__(self, words: list[str]) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True)
        self._error: dict[str, Any] | None = None
        self._said: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def documents(self) -> Iterator[dict[str, Any]]:
        """What it tells, until it ends. Raises SluiceError where it fails."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            yield json.loads(line)
        if self._process.wait() == 0:
            return
        self._listener.join()
        error = self._error
        if error is None:
            raise SluiceError("InternalError", f"sluice flyte has failed: {' '.join(self._said[-5:])}")
        raise SluiceError(error["code"], error["message"], error.get("hint"))

    def stop(self) -> None:
        """Ends it, if it has not."""
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait()
        self._listener.join()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            try:
                self._error = json.loads(line)["error"]
            except (ValueError, KeyError, TypeError):
                self._said.append(line.strip())
                print(line, end="", file=sys.stderr, flush=True)


def configured_admin() -> Admin | None:
    """The one that `configure(admin_endpoint=…)` names."""
    if settings.admin_endpoint is None:
        return None
    return Admin(settings.admin_endpoint, settings.project, settings.domain)


@contextmanager
def written_graph(graph: dict[str, Any], bundles: dict[str, Bundle]) -> Generator[Path]:
    """A graph as a file, with its code beside it as the program finds it."""
    with tempfile.TemporaryDirectory(prefix="sluice-graph-") as directory:
        beside = Path(directory) / "bundles"
        beside.mkdir()
        for digest, bundle in bundles.items():
            (beside / f"{digest.removeprefix('sha256:')}.tar.gz").write_bytes(bundle.pack())
        file = Path(directory) / "graph.json"
        file.write_text(json.dumps(graph))
        yield file


def input_arguments(values: dict[str, Any], directory: Path) -> list[str]:
    """`--input name=value` of each: a text as it is, anything else as JSON."""
    made: list[str] = []
    for index, (name, value) in enumerate(values.items()):
        text = value if isinstance(value, str) else json.dumps(value)
        if not isinstance(value, str) and len(text) > LONGEST_ARGUMENT:
            file = directory / f"input-{index}.json"
            file.write_text(text)
            text = f"@{os.fspath(file)}"
        made.append(f"--input={name}={text}")
    return made
