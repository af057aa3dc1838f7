"""What Python adds: a graph of 10,000 nodes in 1 s; ten no-op functions on an embedded server within 1.5 times of the same
jobs by the command line; a DataFrame in and out of a task against pandas' own Parquet, where pandas is installed.

Both sides alternate in one run, as compiled: npm run build && python bench/python-functions.py [rounds [MiB]]
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python" / "src"))
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5

FLOW = """
from sluice import configure, task, workflow

@task
def nothing(x: int) -> int:
    return x

@workflow
def ten(x: int) -> int:
    for _ in range(10):
        x = nothing(x=x)
    return x

def large():
    @workflow
    def flow(x: int) -> int:
        for _ in range(10_000):
            x = nothing(x=x)
        return x
    return flow
"""
FRAMES = """
import pandas
from sluice import task, workflow

@task
def same(frame: pandas.DataFrame) -> pandas.DataFrame:
    return frame

@workflow
def flow(frame: pandas.DataFrame) -> pandas.DataFrame:
    return same(frame=frame)
"""


def timed(work) -> float:
    """Seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def verdict(name: str, value: float, limit: float, text: str) -> None:
    """A line."""
    print(f"{name}: {text} (limit {limit}) {'ok' if value <= limit else 'TOO SLOW'}")


def graph(flow) -> None:
    """Building, and writing as JSON."""
    seconds = min(timed(lambda: json.dumps(flow.large().graph)) for _ in range(ROUNDS))
    verdict("graph of 10,000 nodes", seconds, 1, f"{seconds:.2f} s")


def ten(flow, sluice, program: list, directory: Path) -> None:
    """The server is there before; the command line starts one process for the run."""
    from sluice.bundles import Bundler

    bundler = Bundler()
    (directory / "graph.json").write_text(json.dumps(flow.ten.compile(bundler)))
    (directory / "bundles").mkdir()
    for digest, bundle in bundler.by_digest.items():
        (directory / "bundles" / f"{digest[7:]}.tar.gz").write_bytes(bundle.pack())
    command = [*program, "run", str(directory / "graph.json"), "--input", "x=1", "--json"]
    home = {**os.environ, "SLUICE_HOME": str(directory / "other")}

    def by_python() -> None:
        assert sluice.run(flow.ten, inputs={"x": 1}).result == 1

    def by_command() -> None:
        subprocess.run(command, check=True, env=home, stdout=subprocess.DEVNULL)

    by_python()
    by_command()
    pairs = [(timed(by_python), timed(by_command)) for _ in range(ROUNDS)]
    own, other = (statistics.median(side) for side in zip(*pairs))
    verdict("ten no-op functions", own / other, 1.5, f"{own:.2f} s, sluice run {other:.2f} s, ratio {own / other:.2f}")


def frame(sluice, directory: Path, mib: int) -> None:
    """Reading and writing a DataFrame of so many MiB."""
    import numpy
    import pandas

    made = pandas.DataFrame(numpy.random.default_rng(7).random((mib * 2**20 // 80, 10)))
    made.columns = [f"c{each}" for each in made.columns]
    file = directory / "frame.parquet"
    made.to_parquet(file)
    import frames

    uri = sluice.upload(file, "s3://bench/frame.parquet")

    def by_pandas() -> None:
        pandas.read_parquet(file).to_parquet(directory / "again.parquet")

    def by_task() -> None:
        sluice.run(frames.flow, inputs={"frame": uri}).wait()

    by_task()
    own, bare = timed(by_task), timed(by_pandas)
    verdict(f"a DataFrame of {mib} MiB", own / bare, 1.2, f"{own:.2f} s, pandas {bare:.2f} s, ratio {own / bare:.2f}")


def main() -> None:
    """Prints a line for each claim."""
    print(f"{os.cpu_count()} CPUs, Python {sys.version.split()[0]}, {ROUNDS} rounds\n")
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as name:
        directory = Path(name)
        code = directory / "code"
        code.mkdir()
        (code / "flow.py").write_text(FLOW)
        (code / "frames.py").write_text(FRAMES)
        sys.path.insert(0, str(code))
        import flow
        import sluice
        from sluice import embedded
        from sluice.program import find_program

        sluice.configure(home=str(directory / "home"), platform="local")
        graph(flow)
        server = embedded.embedded_server()
        try:
            ten(flow, sluice, find_program(), directory)
            if len(sys.argv) > 2:
                frame(sluice, directory, int(sys.argv[2]))
        finally:
            embedded.stop(server)


main()
