"""A parameter server of TensorFlow beside a script, as the toolkit starts it: `parameter_server.py INDEX -- COMMAND …`

It serves, from this process, as the parameter server of this index in the cluster of TF_CONFIG while the command runs, and
until the master, on the first host, has closed its port: the others read and write their variables here. Ends with the
command's exit code.

Source: sagemaker-tensorflow-training-toolkit, `training.py` (`_run_ps`, `_wait_until_master_is_down`).
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

#: Seconds between two looks at the master.
PAUSE = 1
CONNECT_LIMIT = 10


def say(text: str):
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def start_server(cluster: Mapping[str, Any], index: int):
    """The server lives as long as what this returns."""
    import tensorflow as tf

    # The script has the GPUs.
    config = tf.compat.v1.ConfigProto(device_count={"GPU": 0})
    return tf.distribute.Server(tf.train.ClusterSpec(cluster), job_name="ps", task_index=index, config=config)


def run(command: Sequence[str]):
    """Returns the command's exit code; it is stopped when this process is."""
    process = subprocess.Popen(command)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    code = process.wait()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return code if code >= 0 else 128 - code


def wait_until_down(address: str):
    host, port = address.rsplit(":", 1)
    while is_up(host, int(port)):
        time.sleep(PAUSE)


def is_up(host: str, port: int):
    try:
        socket.create_connection((host, port), timeout=CONNECT_LIMIT).close()
        return True
    except OSError:
        return False


def main(index: int, command: Sequence[str]):
    config = json.loads(os.environ["TF_CONFIG"])
    say("Running distributed training job with parameter servers")
    say("Launching parameter server process")
    server = start_server(config["cluster"], index)
    say("Launching worker process")
    code = run(command)
    if code == 0 and config["task"]["type"] != "master":
        say("Waiting for the master to exit, before the parameter server stops.")
        wait_until_down(config["cluster"]["master"][0])
    del server
    return code


if __name__ == "__main__":
    code = main(int(sys.argv[1]), sys.argv[3:])
    sys.stdout.flush()
    # TensorFlow's threads would keep the process.
    os._exit(code)
