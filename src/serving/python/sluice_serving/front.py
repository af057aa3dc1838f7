"""The HTTP side of the model server: hands requests to workers, and their answers back."""

from __future__ import annotations

import asyncio
import signal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from .errors import TEXT
from .http_request import MAX_HEAD_BYTES, BadRequest, read_head, read_request
from .workers import Workers

if TYPE_CHECKING:
    from .settings import Settings

#: Longer than clients keep their connections, so that it is never the server that closes one under a request.
KEEP_ALIVE_SECONDS = 120
MAX_WAITING_CONNECTIONS = 256


async def serve(settings: Settings):
    """Serves until SIGTERM, and then until the requests under way are answered. Returns the exit code."""
    workers = Workers(settings)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    try:
        code = await _unless(stopping, workers.start())
        if code is not None:
            return code
        front = Front(workers)
        server = await asyncio.start_server(
            front.serve_connection,
            settings.address,
            settings.port,
            limit=MAX_HEAD_BYTES,
            backlog=MAX_WAITING_CONNECTIONS,
        )
        await stopping.wait()
        server.close()
        await front.close()
        return 0
    finally:
        await workers.close()


async def _unless(stopping: Any, starting: Any):
    """The exit code of a start that failed, 0 where the server was stopped before, None where it serves."""
    start, stop = asyncio.ensure_future(starting), asyncio.ensure_future(stopping.wait())
    await asyncio.wait({start, stop}, return_when=asyncio.FIRST_COMPLETED)
    for task in (start, stop):
        task.cancel()
    return start.result() if start.done() and not start.cancelled() else 0


class Front:
    """The connections of the server."""

    def __init__(self, workers: Any):
        self._workers = workers
        self._idle = set()
        self._under_way = 0
        self._all_answered = asyncio.Event()
        self._all_answered.set()
        self._closing = False

    async def close(self):
        """Closes idle connections, and waits for the answers to requests that have come."""
        self._closing = True
        for writer in list(self._idle):
            writer.close()
        await self._all_answered.wait()

    async def serve_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        try:
            while not self._closing and await self._serve_request(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # A client that goes away is no error of the server.
        finally:
            writer.close()

    async def _serve_request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        """Whether the connection can be used again."""
        idle = asyncio.get_running_loop().call_later(KEEP_ALIVE_SECONDS, writer.transport.abort)
        self._idle.add(writer)
        try:
            head = await read_head(reader)
        except BadRequest as error:
            return await self._refuse(writer, error)
        finally:
            idle.cancel()
            self._idle.discard(writer)
        if head is None:
            return False
        self._begin()
        try:
            request = await read_request(head, reader, writer)
            keep_alive = request.keep_alive and not self._closing
            await _write(writer, await self._answer(request), keep_alive)
            return keep_alive
        except BadRequest as error:
            return await self._refuse(writer, error)
        finally:
            self._end()

    async def _refuse(self, writer: asyncio.StreamWriter, error: Any):
        await _write(writer, (error.status, str(error).encode("utf-8"), TEXT, {}), False)
        return False

    async def _answer(self, request: Any):
        method, path = request.method, request.path
        if path == "/ping" and method == "GET":
            return 200, b"\n", "application/json", {}
        if path == "/invocations" and method == "POST":
            return await self._workers.ask("transform", request.headers, request.body)
        if path == "/execution-parameters" and method == "GET":
            return await self._workers.ask("execution_parameters", path)
        if path.startswith("/v1/") and method == "POST":
            return await self._workers.ask("rest", path, request.body)
        status = 405 if path in ("/ping", "/invocations") else 404
        return status, ("%s %s is not served here." % (method, path)).encode("utf-8"), TEXT, {}

    def _begin(self):
        self._under_way += 1
        self._all_answered.clear()

    def _end(self):
        self._under_way -= 1
        if self._under_way == 0:
            self._all_answered.set()


async def _write(writer: asyncio.StreamWriter, answer: Any, keep_alive: bool):
    status, body, content_type, more = answer
    headers = dict(more)
    if content_type is not None:
        headers["Content-Type"] = content_type
    if status != 204:
        headers["Content-Length"] = str(len(body))
    if not keep_alive:
        headers["Connection"] = "close"
    lines = ["HTTP/1.1 %d %s" % (status, _phrase(status))]
    lines += ["%s: %s" % (_line(name), _line(value)) for name, value in headers.items()]
    # Head and body leave together: two small packets would wait for each other.
    writer.write("\r\n".join([*lines, "", ""]).encode("utf-8") + body)
    await writer.drain()


def _phrase(status: int):
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _line(text: str):
    """A script's own header must not begin another one."""
    return str(text).replace("\r", "").replace("\n", "")
