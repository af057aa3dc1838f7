"""A server of this process's own: only it knows its keys, and it ends with the process, however that ends."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from .client import Server
from .errors import SluiceError
from .program import find_program
from .settings import settings
from .sigv4 import Credentials

if TYPE_CHECKING:
    from .execution import Execution

START_SECONDS = 120
_lock = threading.Lock()
_running: dict[str | None, Embedded] = {}
_begun: list[Execution] = []


class Embedded(NamedTuple):
    """A server that was started here, or that of a home which has one already."""

    server: Server
    home: str
    process: subprocess.Popen[str] | None
    pid: int


def embedded_server(home: str | None = None) -> Embedded:
    """The server of a home, started once for this process."""
    place = home or settings.home
    with _lock:
        known = _running.get(place)
        if known is not None and known.pid == os.getpid() and (known.process is None or known.process.poll() is None):
            return known
        made = _start(place)
        _running[place] = made
        return made


def stop(embedded: Embedded) -> None:
    """Ends a server that was started here, with its jobs."""
    process = embedded.process
    if process is None or embedded.pid != os.getpid():
        return
    for key in [key for key, each in _running.items() if each is embedded]:
        del _running[key]
    if process.poll() is None and process.stdin is not None:
        process.stdin.close()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait()


def remember(execution: Execution) -> None:
    """A run that ends with this process, where its server does."""
    if any(each.server is execution.server and each.process is not None for each in _running.values()):
        _begun.append(execution)


@atexit.register
def _stop_all() -> None:
    """Runs that were not waited for are cancelled: the next server of the home would carry them on."""
    if any(each.pid == os.getpid() for each in _running.values()):
        for execution in _begun:
            with contextlib.suppress(Exception):
                if execution.phase not in ("Succeeded", "Failed", "Aborted"):
                    execution.cancel()
                    execution.wait(5, raise_error=False)
    for each in list(_running.values()):
        stop(each)


def _start(home: str | None) -> Embedded:
    command = find_program()
    arguments = ["serve", "--credentials", "--port", "0", "--json", "--end-with-input"]
    environment = {
        **os.environ,
        **_own_python(),
        "NO_COLOR": "1",
        **({"SLUICE_HOME": home} if home is not None else {}),
    }
    # Of a session of its own: Ctrl-C is this process's, and what it does to a run is said by it.
    process = subprocess.Popen(
        [*command, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )
    timer = threading.Timer(START_SECONDS, process.kill)
    timer.start()
    try:
        document = _read_document(process)
    finally:
        timer.cancel()
    if document is None:
        assert process.stderr is not None
        problem = process.stderr.read()
        process.wait()
        return _other_server(command, environment, problem)
    threading.Thread(target=_drain, args=(process,), daemon=True).start()
    return Embedded(_server(document), document["home"], process, os.getpid())


def _own_python() -> dict[str, str]:
    """Jobs have the packages of this virtual environment, activated or not: a notebook's kernel seldom is."""
    if sys.prefix == sys.base_prefix:
        return {}
    return {"PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])}


def _read_document(process: subprocess.Popen[str]) -> Any:
    """What the server prints once it serves; None when it ends without."""
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        try:
            return json.loads(text)
        except ValueError:
            continue
    return None


def _drain(process: subprocess.Popen[str]) -> None:
    """Its log must not stop it; the last lines are nobody's yet."""
    assert process.stdout is not None and process.stderr is not None
    for _ in process.stderr:
        pass


def _server(document: dict[str, Any]) -> Server:
    given = document.get("credentials")
    credentials = Credentials(given["accessKeyId"], given["secretAccessKey"]) if given else None
    return Server(document["url"], credentials)


def _other_server(command: list[str], environment: dict[str, str], problem: str) -> Embedded:
    """Where the home is served already, that server is used."""
    answer = subprocess.run(
        [*command, "env", "--json"], check=False, capture_output=True, text=True, env=environment, timeout=60
    )
    if answer.returncode != 0:
        raise _start_error(command, problem)
    document = json.loads(answer.stdout)
    return Embedded(_server(document), environment.get("SLUICE_HOME", ""), None, os.getpid())


def _start_error(command: list[str], problem: str) -> SluiceError:
    if "end-with-input" in problem:
        version = subprocess.run(
            [*command, "--version"], check=False, capture_output=True, text=True, timeout=60
        ).stdout.strip()
        return SluiceError(
            "InvalidArgument",
            f"The program {' '.join(command)} is of another version: {version}.",
            "Install the one that goes with this package.",
        )
    return SluiceError("ExecutorUnavailable", f"{' '.join(command)} serve does not start:\n{problem.strip()}")
