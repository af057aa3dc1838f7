"""Records of numbers as SageMaker's algorithms exchange them: protobuf messages, framed as RecordIO.

Source: AWS developer guide, "Common Data Formats for Training" and "for Inference", which show `Record`. Written
for these few messages alone, so that no protobuf package is needed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

MAGIC = 0xCED7230A

#: The field of each tensor in `Value`, with numpy's type of its values.
_TENSORS = {2: "<f4", 3: "<f8", 7: "int32"}
_FEATURES, _LABEL = 1, 2
_VALUES, _KEYS, _SHAPE = 1, 2, 3


class Tensor:
    """Numbers; where `keys` is given, they are the few that are not zero, and these their places."""

    def __init__(self, values: dict[str, Any], keys: Any = None, shape: Any = None):
        self.values, self.keys, self.shape = values, keys, shape


def read_records(data: Any):
    """Yields the features and the label of each record, as dictionaries of tensors by name. Raises ValueError."""
    for message in _frames(data):
        record = {_FEATURES: {}, _LABEL: {}}
        for field, value in _fields(message):
            if field in record:
                entry = dict(_fields(value))
                record[field][bytes(entry.get(1, b"")).decode("utf-8")] = _tensor(entry.get(2, b""))
        yield record[_FEATURES], record[_LABEL]


def write_record(labels: Any):
    """One record whose labels are lists of 32-bit floats, by name."""
    entries = []
    for name, values in labels.items():
        packed = struct.pack("<%df" % len(values), *values)
        value = _member(2, _member(_VALUES, packed))
        entries.append(_member(_LABEL, _member(1, name.encode("utf-8")) + _member(2, value)))
    message = b"".join(entries)
    return struct.pack("<II", MAGIC, len(message)) + message + b"\0" * (-len(message) % 4)


def _frames(data: Any):
    view = memoryview(data)
    offset = 0
    while offset < len(view):
        if offset + 8 > len(view):
            raise ValueError("Truncated record at offset %d" % offset)
        magic, length = struct.unpack_from("<II", view, offset)
        if magic != MAGIC:
            raise ValueError("Invalid RecordIO magic at offset %d" % offset)
        offset += 8
        if offset + length > len(view):
            raise ValueError("Truncated record at offset %d" % offset)
        yield view[offset : offset + length]
        offset += length + (-length % 4)


def _fields(message: Any):
    """The fields of a message: numbers as integers, everything else as bytes."""
    offset = 0
    while offset < len(message):
        tag, offset = _varint(message, offset)
        kind = tag & 7
        if kind == 0:
            value, offset = _varint(message, offset)
            yield tag >> 3, value
            continue
        length = {1: 8, 5: 4}.get(kind)
        if kind == 2:
            length, offset = _varint(message, offset)
        if length is None or offset + length > len(message):
            raise ValueError("Not a record: field %d cannot be read" % (tag >> 3))
        yield tag >> 3, message[offset : offset + length]
        offset += length


def _varint(message: Any, offset: int):
    value = shift = 0
    while True:
        if offset >= len(message) or shift > 63:
            raise ValueError("Not a record: a number has no end")
        byte = message[offset]
        offset += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, offset
        shift += 7


def _tensor(value: Any):
    import numpy as np

    for field, body in _fields(value):
        if field not in _TENSORS:
            continue
        parts = {}
        for part, content in _fields(body):
            parts.setdefault(part, []).append(content)
        kind = _TENSORS[field]
        if kind == "int32":
            values = np.array(_integers(parts.get(_VALUES, [])), dtype=np.uint64).astype(np.int32)
        else:
            values = np.frombuffer(b"".join(parts.get(_VALUES, [])), dtype=kind)
        keys = np.array(_integers(parts[_KEYS]), dtype=np.int64) if _KEYS in parts else None
        return Tensor(values, keys, _integers(parts.get(_SHAPE, [])) or None)
    return Tensor(np.zeros(0, dtype=np.float32))


def _integers(contents: Iterable[Any]):
    """Packed or single, as the writer chose."""
    found = []
    for content in contents:
        if isinstance(content, int):
            found.append(content)
            continue
        offset = 0
        while offset < len(content):
            value, offset = _varint(content, offset)
            found.append(value)
    return found


def _member(field: int, content: Any):
    return _encode_varint(field << 3 | 2) + _encode_varint(len(content)) + content


def _encode_varint(value: Any):
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
