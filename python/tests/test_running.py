"""Runs on a real server: functions run inside jobs, and what they return comes back."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

import sluice
from sluice import SluiceError, TaskError, configure

FLOW = """
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, NamedTuple

from sluice import channel, configure, files, run, task, training_task, workflow, Directory

configure(platform="local")

class Two(NamedTuple):
    a: int
    b: str

@dataclass
class Info:
    rows: int
    names: List[str]

@task
def two(x: int, names: List[str]) -> Two:
    print("two says", names)
    return Two(x + 1, names[0])

@task
def count(data: Path, name: str) -> Info:
    assert files("data") == [str(data)], files("data")
    return Info(len(data.read_text().splitlines()), [name, "é"])

@task
def write(info: Info) -> Directory:
    directory = Path("made")
    directory.mkdir()
    (directory / "names.txt").write_text(",".join(info.names))
    return Directory(directory)

@training_task
def fit(data: Directory, scale: float, label: str = "12") -> Dict[str, float]:
    import os
    text = open(os.path.join(str(data), "names.txt")).read()
    open("/opt/ml/model/model.txt", "w").write(label)
    return {"length": len(text), "scaled": scale * 2}

@training_task
def place(data: Directory) -> str:
    open("/opt/ml/model/model.txt", "w").write("model")
    return "/opt/ml/model/model.txt"

@task
def check(model: Path) -> str:
    import tarfile
    with tarfile.open(str(model)) as archive:
        return archive.extractfile("model.txt").read().decode()

class Results(NamedTuple):
    info: Info
    metrics: Dict[str, float]
    made: str
    text: str
    at: str

@workflow
def flow(data: str, n: int = 3) -> Results:
    first = two(x=n, names=["a", "b"])
    info = count(data=data, name=first.b)
    made = write(info=info)
    trained = fit(data=made, scale=first.a)
    return Results(info, trained, made, check(model=trained.model), place(data=made))

# As scripts end that forget their guard: the job takes what is above.
if globals().get("BEGIN"):
    run(flow)
"""


def test_functions_run_inside_jobs_and_what_they_return_comes_back(load, tmp_path: Path, sluice_session_server):
    module = load(FLOW, "steps")
    data = tmp_path / "in" / "rows.csv"
    data.parent.mkdir()
    data.write_text("a\nb\nc\n")
    execution = sluice.run(module.flow, inputs={"data": data})
    outputs = execution.outputs
    assert outputs["info"] == module.Info(3, ["a", "é"])
    assert outputs["metrics"] == {"length": 3.0, "scaled": 8.0}
    assert outputs["text"] == "12"
    assert outputs["at"].endswith("/output/model.tar.gz")
    execution.download(outputs["made"], tmp_path / "back")
    assert (tmp_path / "back" / "names.txt").read_text() == "a,é"
    assert "two says ['a', 'b']" in list(execution.logs("two"))
    assert execution.phase == "Succeeded" and len(execution.nodes) == 6
    bundle = execution._repr_mimebundle_()
    assert "two" in bundle["text/html"] and "Succeeded" in bundle["text/plain"]
    # The same run, found again by its id.
    assert sluice.find_execution(execution.id).outputs["text"] == "12"


ELSEWHERE = """
from pathlib import Path
from typing import Dict
from sluice import sagemaker_task, sagemaker_training_task, workflow

@sagemaker_task
def write(text: str) -> Path:
    Path("made.txt").write_text(text)
    return Path("made.txt")

@sagemaker_training_task
def measure(data: Path, factor: int) -> Dict[str, int]:
    return {"length": len(data.read_text()) * factor}

@workflow
def flow(text: str) -> Dict[str, int]:
    return measure(data=write(text=text), factor=2)
"""


def test_functions_run_on_sagemaker_as_they_do_here(load, tmp_path: Path, sluice_session_server):
    """What answers SageMaker's API is a server of another home."""
    module = load(ELSEWHERE, "elsewhere")
    home = tmp_path / "home"
    home.mkdir()
    role = "arn:aws:iam::123456789012:role/Test"
    settings = {"region": "us-east-1", "endpoint": sluice_session_server.url, "executionRole": role}
    (home / "config.yaml").write_text(json.dumps({"platforms": {"sagemaker": settings}}))
    from sluice import embedded

    configure(home=home, endpoint=None)
    server = embedded.embedded_server()
    try:
        assert sluice.run(module.flow, inputs={"text": "abc"}).result == {"length": 6}
    finally:
        embedded.stop(server)
        configure(home=sluice_session_server.home)


FAILS = """
from pathlib import Path
from typing import Any
from sluice import run, task, workflow, configure
configure(platform="local")

class Odd(Exception):
    pass

@task
def bad(kind: str) -> int:
    if kind == "key":
        return {}["nope"]
    if kind == "value":
        raise ValueError("first line\\nsecond <b>line</b>")
    if kind == "own":
        raise Odd("odd")
    if kind == "type":
        return "text"
    return len(Path(kind).read_text())

@workflow
def flow(kind: str) -> int:
    return bad(kind=kind)

run(flow, inputs={"kind": "value"}) if __name__ == "__main__" else None
"""


def test_what_a_function_raises_is_raised_here(load, sluice_session_server):
    module = load(FAILS, "failing")
    runs = {
        kind: sluice.run(module.flow, inputs={"kind": kind}) for kind in ("key", "value", "own", "type", "/no/file")
    }
    with pytest.raises(KeyError) as key:
        runs["key"].wait()
    assert key.value.args == ("nope",)
    assert isinstance(key.value.__cause__, TaskError) and "in bad" in key.value.__cause__.traceback
    with pytest.raises(ValueError, match="first line\nsecond <b>line</b>"):
        runs["value"].wait()
    with pytest.raises(TaskError) as own:
        runs["own"].wait()
    assert (own.value.type, own.value.node) == ("Odd", "bad")
    with pytest.raises(TypeError, match="its result: expected int, got 'text' of type str"):
        runs["type"].wait()
    with pytest.raises(FileNotFoundError, match="/no/file"):
        runs["/no/file"].wait()
    html = runs["value"]._repr_mimebundle_()["text/html"]
    assert "<b>line</b>" not in html and sluice_session_server.secret_access_key not in html


def test_inputs_that_do_not_fit_are_refused_here(load, sluice_session_server):
    module = load(FAILS, "failing_inputs")
    with pytest.raises(SluiceError, match="input 'kind': expected a string, got 3"):
        sluice.run(module.flow, inputs={"kind": 3})
    with pytest.raises(SluiceError, match="there is no input 'knd'"):
        sluice.run(module.flow, inputs={"knd": "x"})
    with pytest.raises(SluiceError, match="the input 'kind' is missing"):
        sluice.run(module.flow)
    with pytest.raises(SluiceError, match="Expected a workflow"):
        sluice.run(module.bad)
    with pytest.raises(SluiceError, match="Expected the id of a run"):
        sluice.find_execution("../x")
    with pytest.raises(SluiceError) as unknown:
        sluice.find_execution("nobody-1")
    assert unknown.value.code == "RunNotFound"


SLOW = """
import time
from sluice import task, workflow, configure
configure(platform="local")

@task
def sleep(seconds: int) -> int:
    time.sleep(seconds)
    return seconds

@workflow
def flow(seconds: int) -> int:
    return sleep(seconds=seconds)
"""


def test_a_run_is_cancelled_and_waited_for_in_an_event_loop(load, sluice_session_server):
    module = load(SLOW, "slow")

    async def cancel() -> str:
        execution = await sluice.run_async(module.flow, inputs={"seconds": 600})
        with pytest.raises(TimeoutError):
            await execution.wait_async(timeout=0.2)
        await execution.cancel_async()
        await execution.wait_async(raise_error=False)
        return execution.phase

    assert asyncio.run(cancel()) == "Aborted"


def test_a_run_that_nobody_waits_for_ends_with_its_process(tmp_path: Path):
    (tmp_path / "left.py").write_text(
        SLOW
        + "\nif __name__ == '__main__':\n    import sluice\n    print(sluice.run(flow, inputs={'seconds': 600}).id)\n"
    )
    home = {**os.environ, "SLUICE_HOME": str(tmp_path / "home")}
    ended = subprocess.run([sys.executable, "left.py"], cwd=tmp_path, env=home, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    from sluice.program import find_program

    shown = subprocess.run(
        [*find_program(), "runs", "show", ended.stdout.strip(), "--json"], env=home, capture_output=True, text=True
    )
    assert json.loads(shown.stdout)["phase"] == "Aborted", shown.stderr


def test_the_server_ends_with_the_process_that_is_killed(tmp_path: Path):
    (tmp_path / "alone.py").write_text(
        SLOW
        + "\nif __name__ == '__main__':\n    import sluice\n    from sluice import embedded\n    made = embedded.embedded_server()\n    print(made.process.pid, flush=True)\n    time.sleep(600)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "alone.py"],
        cwd=tmp_path,
        env={**os.environ, "SLUICE_HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    server = int(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 60
    while Path(f"/proc/{server}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{server}").exists()


def test_a_program_that_is_not_there_or_too_old_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from sluice import program

    monkeypatch.setenv("SLUICE", "/no/sluice")
    with pytest.raises(SluiceError, match="SLUICE: there is no program '/no/sluice'"):
        program.find_program()
    old = tmp_path / "node"
    old.write_text("#!/bin/sh\necho v18.2.0\n")
    old.chmod(0o755)
    script = tmp_path / "a" / "b" / "sluice.cjs"
    script.parent.mkdir(parents=True)
    script.write_text("")
    monkeypatch.setenv("SLUICE", str(script))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SluiceError, match=r"Node.js 24 or newer is needed: .*node is 18.2.0"):
        program.find_program()


def test_what_answers_and_is_no_server_of_sluice_is_told_and_an_id_is_looked_at_first():
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>another")

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        try:
            with pytest.raises(sluice.SluiceError, match=r"answered what is no JSON: <html>another\n.*of this version"):
                sluice.find_execution("abc", endpoint=f"http://127.0.0.1:{other.server_port}")
        finally:
            other.shutdown()
    with pytest.raises(sluice.SluiceError, match=r"Expected the id of a run, got '\.\./x'"):
        sluice.find_execution("../x", endpoint="http://127.0.0.1:9")
