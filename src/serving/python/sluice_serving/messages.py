"""What the server and its workers say to each other over a pair of sockets: values in frames with their length.

Both ends are of one Python, and neither is trusted less than the other: the user's code runs in both cases as the
server does.
"""

from __future__ import annotations

import marshal
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    import socket

_LENGTH = struct.Struct("!Q")


def pack(value: Any):
    """A frame of plain values: numbers, text, bytes, None, and tuples, lists and dicts of them."""
    data = marshal.dumps(value)
    return _LENGTH.pack(len(data)) + data


async def receive(reader: asyncio.StreamReader):
    """The next value. Raises asyncio.IncompleteReadError where the other end has gone."""
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    return marshal.loads(await reader.readexactly(length))


def receive_blocking(connection: socket.socket):
    """The next value, or None where the other end has gone."""
    head = _exactly(connection, _LENGTH.size)
    data = head and _exactly(connection, _LENGTH.unpack(head)[0])
    return data and marshal.loads(data)


def _exactly(connection: socket.socket, length: int):
    data = bytearray(length)
    view, start = memoryview(data), 0
    while start < length:
        count = connection.recv_into(view[start:])
        if count == 0:
            return None
        start += count
    return data
