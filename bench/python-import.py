"""How long `import sluice` takes over a bare interpreter: at most 80 ms. Others that are installed stand beside it.

Both sides alternate in one run: python bench/python-import.py [rounds]
"""

import importlib.util
import os
import statistics
import subprocess
import sys
import time

LIMIT_MS = 80
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 15
PACKAGE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "python", "src")


def time_ms(code: str) -> float:
    """Of a process that runs the code."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": PACKAGE})
    return (time.perf_counter() - started) * 1000


def main() -> None:
    """Prints a line for each package."""
    names = ["sluice", *[name for name in ("boto3", "flytekit", "sagemaker") if importlib.util.find_spec(name)]]
    print(f"{os.cpu_count()} CPUs, Python {sys.version.split()[0]}, {ROUNDS} rounds, medians\n")
    time_ms("import sluice")
    for name in names:
        pairs = [(time_ms("pass"), time_ms(f"import {name}")) for _ in range(ROUNDS)]
        bare, own = (statistics.median(side) for side in zip(*pairs))
        verdict = "" if name != "sluice" else " ok" if own - bare <= LIMIT_MS else " TOO SLOW"
        print(f"import {name}: {own - bare:.1f} ms over {bare:.1f} ms{verdict}")


main()
