"""The processes that answer requests, each with the model, one request at a time.

Source: MMS and TorchServe (a worker that has died is told, and started anew after a while), gunicorn in
sagemaker-containers (as many processes as processors, each ended where an answer takes too long).
By design: the first worker loads the model alone, and the server is healthy from then on; the others follow. Where the
first one fails, its error is told once, and the server ends.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Coroutine
from typing import Any

from .codecs import JSON
from .messages import pack, receive
from .settings import Settings

#: Between two starts of a worker that has died: the first, and the longest, seconds.
RETRY_SECONDS = 1
MAX_RETRY_SECONDS = 60
#: How long workers may take to end by themselves, seconds.
END_SECONDS = 5

DIED = "Worker died."
NONE_LEFT = "No worker is available to serve request: model"


class Worker:
    """One process. Tells that it is ready, then answers each message with one."""

    def __init__(
        self, number: int, process: subprocess.Popen[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ):
        self.number, self._process, self._reader, self._writer = number, process, reader, writer

    @classmethod
    async def start(cls, number: int):
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(  # noqa: ASYNC220 - it takes less than a request
                [sys.executable, sys.argv[0], "--worker", str(theirs.fileno()), str(number)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        return cls(number, process, *await asyncio.open_connection(sock=ours))

    async def receive(self):
        """Its next message. Raises asyncio.IncompleteReadError and ConnectionError where it has ended."""
        return await receive(self._reader)

    async def ask(self, message: str):
        self._writer.write(pack(message))
        return await self.receive()

    def kill(self):
        self._process.kill()

    def leave(self):
        """Lets it end: it has nothing more to read."""
        self._writer.close()

    async def ended(self, seconds: float):
        """Its exit code; killed where it goes on for longer."""
        try:
            return await asyncio.to_thread(self._process.wait, seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


class Workers:
    """All of a server's workers."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._idle = asyncio.Queue()
        self._alive = set()
        self._tasks = set()
        self._starting = self._waiting = 0
        self._closing = False

    async def start(self):
        """Starts them; returns once one is ready: None, or the exit code of the first where that has failed."""
        code = await self._start(0)
        if code is None:
            for number in range(1, self._settings.workers):
                self._in_background(self._keep(number))
        return code

    async def ask(self, *message: str):
        """The answer of the next idle worker: status, body, content type, more headers."""
        worker = await self._next()
        if worker is None:
            return _failure(503, NONE_LEFT)
        limit = asyncio.get_running_loop().call_later(self._settings.timeout, self._too_slow, worker)
        try:
            answer = await worker.ask(message)
        except (asyncio.IncompleteReadError, ConnectionError):
            self._lost(worker)
            return _failure(500, DIED)
        except BaseException:
            # Its answer would be taken for that of the next request.
            worker.kill()
            self._lost(worker)
            raise
        finally:
            limit.cancel()
        self._idle.put_nowait(worker)
        return answer

    async def close(self):
        """Ends all of them."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        for worker in self._alive:
            worker.leave()
        await asyncio.gather(*(worker.ended(END_SECONDS) for worker in self._alive))

    async def _next(self):
        """An idle worker, or None where there is none and none is on its way."""
        if not self._alive and not self._starting:
            return None
        self._waiting += 1
        try:
            return await self._idle.get()
        finally:
            self._waiting -= 1

    def _too_slow(self, worker: Worker):
        _log(
            "The model did not answer within %d s (SAGEMAKER_MODEL_SERVER_TIMEOUT): its worker is started anew."
            % self._settings.timeout
        )
        worker.kill()

    def _lost(self, worker: Worker):
        self._alive.discard(worker)
        worker.leave()
        if not self._closing:
            self._starting += 1
            self._in_background(self._revive(worker))

    async def _revive(self, worker: Worker):
        try:
            code = await worker.ended(END_SECONDS)
        finally:
            self._starting -= 1
        _log("Worker %d has ended with exit code %d, and is started anew." % (worker.number, code))
        await self._keep(worker.number)

    async def _keep(self, number: int):
        """Starts a worker, as often as that needs."""
        pause = RETRY_SECONDS
        while await self._start(number) is not None:
            _log("Worker %d could not load the model; it is tried again in %d s." % (number, pause))
            self._tell_those_who_wait()
            await asyncio.sleep(pause)
            pause = min(pause * 2, MAX_RETRY_SECONDS)

    def _tell_those_who_wait(self):
        """Whoever waits for a worker where none is left gets None."""
        if not self._alive and not self._starting:
            for _ in range(self._waiting):
                self._idle.put_nowait(None)

    async def _start(self, number: int):
        """None once it is ready, or its exit code."""
        self._starting += 1
        worker = None
        try:
            worker = await Worker.start(number)
            await worker.receive()
        except (asyncio.IncompleteReadError, ConnectionError):
            return (await worker.ended(END_SECONDS) if worker else None) or 1
        except asyncio.CancelledError:
            if worker:
                worker.kill()
                await worker.ended(END_SECONDS)
            raise
        finally:
            self._starting -= 1
        self._alive.add(worker)
        self._idle.put_nowait(worker)
        return None

    def _in_background(self, coroutine: Coroutine[Any, Any, Any]):
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _failure(status: int, message: str):
    """As MMS and TorchServe tell it."""
    body = {"code": status, "type": "InternalServerException", "message": message}
    return status, (json.dumps(body, indent=2) + "\n").encode("utf-8"), JSON, {}


def _log(message: str):
    sys.stderr.write("Model server: %s\n" % message)
    sys.stderr.flush()
