"""Reads requests of HTTP/1.1."""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

#: `headers`: pairs of names and values as they came. `body`: bytes.
Request = namedtuple("Request", "method, path, headers, body, keep_alive")

MAX_BODY_BYTES = 1 << 30
MAX_HEAD_BYTES = 64 * 1024


class BadRequest(Exception):
    """Answered with its status; the connection is closed, because where the next request begins is not known."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


async def read_head(reader: asyncio.StreamReader):
    """The lines of the next request's head, or None where there is no other. Raises BadRequest, ConnectionError."""
    from asyncio import IncompleteReadError, LimitOverrunError

    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except IncompleteReadError as error:
        if error.partial.strip():
            raise BadRequest(400, "The request is cut short.") from error
        return None
    except LimitOverrunError:
        raise BadRequest(431, "The headers have more than %d bytes." % MAX_HEAD_BYTES) from None
    return head.decode("latin-1").strip("\r\n").split("\r\n")


async def read_request(head: Sequence[str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
    """The request with this head, body and all. Raises BadRequest, asyncio.IncompleteReadError, ConnectionError."""
    try:
        method, path, version = head[0].split(" ")
    except ValueError:
        raise BadRequest(400, "Bad request syntax (%r)" % head[0]) from None
    headers = [_header(line) for line in head[1:]]
    values = {name.lower(): value for name, value in headers}
    if values.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await _read_body(values, reader)
    connection = values.get("connection", "").lower()
    keep_alive = "keep-alive" in connection if version == "HTTP/1.0" else "close" not in connection
    return Request(method, path.split("?")[0], headers, body, keep_alive)


def _header(line: str):
    name, colon, value = line.partition(":")
    if not colon or not name or name != name.strip():
        raise BadRequest(400, "Bad header line (%r)" % line)
    return name, value.strip()


async def _read_body(values: dict[str, Any], reader: asyncio.StreamReader):
    if "chunked" in values.get("transfer-encoding", "").lower():
        return await _read_chunks(reader)
    length = _size(values.get("content-length", "0"), 10)
    return await reader.readexactly(_allowed(length)) if length else b""


async def _read_chunks(reader: asyncio.StreamReader):
    chunks, total = [], 0
    while True:
        size = _size((await reader.readuntil(b"\n")).split(b";")[0].strip().decode("latin-1"), 16)
        if size == 0:
            break
        total = _allowed(total + size)
        chunks.append(await reader.readexactly(size))
        await reader.readuntil(b"\n")
    while (await reader.readuntil(b"\n")).strip():
        pass
    return b"".join(chunks)


def _size(text: str, base: int):
    try:
        # int() takes signs, spaces and underscores too.
        return int(text if text.isalnum() else "", base)
    except ValueError:
        raise BadRequest(400, "Bad length (%r)" % text) from None


def _allowed(length: int):
    if length > MAX_BODY_BYTES:
        raise BadRequest(413, "The body has more than %d bytes." % MAX_BODY_BYTES)
    return length
