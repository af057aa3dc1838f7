"""Starts programs on the other hosts of a job, in place of ssh, which the containers use: `remote.py`

    follow PORT                         on the other hosts: waits to be led, and runs what it is asked to
    lead -- COMMAND …                   on the first host: waits for the others, runs the command, and lets them go
    shell [OPTION …] HOST COMMAND …     what the command runs in place of ssh

Environment: SLUICE_REMOTE_PORTS, a JSON object of the port of each other host; SLUICE_REMOTE_TOKEN, which whoever asks has to
know, because any program of this machine could.
"""

from __future__ import annotations

import hmac
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

ADDRESS = "127.0.0.1"
#: How long hosts may take to start, seconds.
START_LIMIT = 600
MAX_REQUEST = 1 << 20


def token():
    return os.environ["SLUICE_REMOTE_TOKEN"]


def read_exactly(connection: socket.socket, count: int):
    data = b""
    while len(data) < count:
        chunk = connection.recv(count - len(data))
        if not chunk:
            raise ConnectionError("The other host closed the connection.")
        data += chunk
    return data


def send(connection: socket.socket, message: Mapping[str, Any]):
    data = json.dumps(message).encode()
    connection.sendall(struct.pack(">I", len(data)) + data)


def receive(connection: socket.socket):
    (length,) = struct.unpack(">I", read_exactly(connection, 4))
    if length > MAX_REQUEST:
        raise ConnectionError("A request of %d bytes is too large." % length)
    return json.loads(read_exactly(connection, length))


def follow(port: int):
    """Serves until the leader, who comes first, goes. Returns the exit code."""
    led = threading.Event()
    done = threading.Event()
    server = socket.create_server((ADDRESS, port))

    def serve(connection: socket.socket):
        with connection:
            try:
                connection.settimeout(30)
                request = receive(connection)
                if not hmac.compare_digest(str(request.get("token", "")).encode(), token().encode()):
                    return
                connection.settimeout(None)
                if request.get("lead"):
                    led.set()
                    send(connection, {"ready": True})
                    connection.recv(1)
                    done.set()
                else:
                    run(connection, request["command"])
            except (OSError, ValueError):
                pass

    def accept():
        while True:
            connection, _ = server.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    if not led.wait(START_LIMIT):
        sys.stderr.write("The first host did not come within %d s.\n" % START_LIMIT)
        return 1
    done.wait()
    return 0


def run(connection: socket.socket, command: str):
    """Runs a command for another host; its output is this host's, as far as the launcher does not carry it itself."""
    process = subprocess.Popen(["/bin/sh", "-c", command], stdin=subprocess.DEVNULL)
    send(connection, {"code": process.wait()})


def connect(port: int):
    until = time.monotonic() + START_LIMIT
    while True:
        try:
            return socket.create_connection((ADDRESS, port))
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def lead(command: Sequence[str]):
    """Returns the command's exit code."""
    followers = []
    for port in json.loads(os.environ["SLUICE_REMOTE_PORTS"]).values():
        connection = connect(port)
        send(connection, {"token": token(), "lead": True})
        receive(connection)
        followers.append(connection)
    process = subprocess.Popen(command)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    code = process.wait()
    for connection in followers:
        connection.close()
    return code if code >= 0 else 128 - code


def shell(arguments: Sequence[str]):
    """`[OPTION …] HOST COMMAND …`. Returns the command's exit code."""
    ports = json.loads(os.environ["SLUICE_REMOTE_PORTS"])
    position = next((index for index, each in enumerate(arguments) if each in ports), None)
    if position is None:
        sys.stderr.write("None of %s is another host of this job.\n" % " ".join(arguments[:3]))
        return 255
    with connect(ports[arguments[position]]) as connection:
        send(connection, {"token": token(), "command": " ".join(arguments[position + 1 :])})
        try:
            return receive(connection)["code"]
        except ConnectionError:
            # The other host has been let go, or has died: whoever asked sees that by itself.
            return 255


if __name__ == "__main__":
    mode, rest = sys.argv[1], sys.argv[2:]
    if mode == "follow":
        sys.exit(follow(int(rest[0])))
    sys.exit(lead(rest[1:]) if mode == "lead" else shell(rest))
