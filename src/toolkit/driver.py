"""Starts a training script in an image that has Python, as SageMaker's training toolkit starts it: `driver.py [ARGUMENT …]`

It lies in a channel of its own, with `plan.json` beside it: the script's name, its arguments and the environment of each
host. The code is the channel `sluice_code`. An image that has the toolkit runs the script itself. From Python 3.6 on.
"""

import json
import os
import shutil
import subprocess
import sys
from typing import Any, NoReturn

HERE = os.path.dirname(os.path.abspath(__file__))
# Four levels above: /opt/ml, where a job has a view of its own of the system.
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
CODE = os.path.join(ROOT, "code")


def main(arguments: "list[str]") -> None:
    plan = read(os.path.join(HERE, "plan.json"))
    if not arguments and has_toolkit():
        os.execvp("train", ["train"])
    if plan["distributed"]:
        fail("distribution: the image has no training toolkit of SageMaker's (pip install sagemaker-training).")
    copy(os.path.join(ROOT, "input", "data", "sluice_code"), CODE)
    os.chdir(CODE)
    if os.path.isfile("requirements.txt"):
        install()
    run(plan["program"], plan["arguments"] + arguments, environment(plan))


def has_toolkit() -> bool:
    if shutil.which("train") is None:
        return False
    return subprocess.call([sys.executable, "-c", "import sagemaker_training"], stderr=subprocess.DEVNULL) == 0


def environment(plan: "dict[str, Any]") -> "dict[str, str]":
    host = read(os.path.join(ROOT, "input", "config", "resourceconfig.json"))["current_host"]
    own = {name: value.replace("/opt/ml", ROOT) for name, value in plan["environment"][host].items()}
    counts = {"cpus": cpus(), "gpus": gpus()}
    for name, count in counts.items():
        own["SM_NUM_" + name.upper()] = str(count)
    facts = json.loads(own["SM_TRAINING_ENV"])
    facts.update({"num_" + name: count for name, count in counts.items()})
    own["SM_TRAINING_ENV"] = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    path = [CODE, os.environ.get("PYTHONPATH", "")]
    own["PYTHONPATH"] = os.pathsep.join(filter(None, path))
    given = {name: value for name, value in os.environ.items() if not name.startswith("SM_CHANNEL_SLUICE_")}
    return dict({"PYTHONUNBUFFERED": "1"}, **dict(given, **own))


def cpus() -> int:
    return len(os.sched_getaffinity(0))


def gpus() -> int:
    try:
        listed = subprocess.check_output(["nvidia-smi", "--list-gpus"], stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return 0
    return len([line for line in listed.splitlines() if line.startswith(b"GPU ")])


def install() -> None:
    command = [sys.executable, "-m", "pip", "install", "-r", "requirements.txt"]
    if subprocess.call(command) != 0:
        fail("requirements.txt could not be installed: the log says why.")


def run(program: str, arguments: "list[str]", variables: "dict[str, str]") -> None:
    sys.stdout.flush()
    if program.endswith(".py"):
        os.execve(sys.executable, [sys.executable, program, *arguments], variables)
    os.chmod(program, 0o755)
    os.execve("/bin/sh", ["/bin/sh", "-c", '"$0" "$@"', "./" + program, *arguments], variables)


def copy(source: str, target: str) -> None:
    if not os.path.isdir(source):
        return
    os.makedirs(target, exist_ok=True)
    for name in os.listdir(source):
        here, there = os.path.join(source, name), os.path.join(target, name)
        if os.path.isdir(here):
            copy(here, there)
        else:
            shutil.copyfile(here, there)


def read(path: str) -> Any:
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def fail(reason: str) -> NoReturn:
    """SageMaker takes the job's FailureReason from this file."""
    with open(os.path.join(ROOT, "output", "failure"), "w") as file:
        file.write(reason)
    sys.exit(reason)


if __name__ == "__main__":
    main(sys.argv[1:])
