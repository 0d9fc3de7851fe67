"""Messages between the studio's server and its training process, over a pipe.

A frame is eight bytes, two little-endian uint32: the length of a JSON document and that of a blob
behind it; then both.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO, NamedTuple

_HEAD = struct.Struct("<II")

LARGEST_DOCUMENT, LARGEST_BLOB = 64 << 20, 1 << 30
"""Bytes; a head that says more is not one of ours."""


class Frame(NamedTuple):
    """A document, and bytes that belong to it."""

    document: dict[str, Any]
    blob: bytes


def opening(document: Mapping[str, Any], size: int = 0) -> bytes:
    """A frame up to its blob of ``size`` bytes; ValueError, TypeError for what JSON cannot say."""
    text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
    return _HEAD.pack(len(text), size) + text


def write(stream: BinaryIO, document: Mapping[str, Any], blob: bytes = b"") -> None:
    """Write one frame and flush it. Raises OSError where nobody reads any more."""
    send(stream, opening(document, len(blob)), blob)


def send(stream: BinaryIO, opening: bytes, blob: bytes) -> None:
    """Write a frame of which the opening is made already."""
    stream.write(opening)
    if blob:
        stream.write(blob)
    stream.flush()


def read(stream: BinaryIO) -> Frame | None:
    """The next frame, or None at the end of the stream, also where it ends within a frame.

    Raises ValueError for what is no frame.
    """
    head = _exactly(stream, _HEAD.size)
    if head is None:
        return None
    length, size = _HEAD.unpack(head)
    if length > LARGEST_DOCUMENT or size > LARGEST_BLOB:
        raise ValueError(f"a frame of {length:,} and {size:,} bytes")
    text, blob = _exactly(stream, length), _exactly(stream, size)
    if text is None or blob is None:
        return None
    document = json.loads(text)
    if not isinstance(document, dict):
        raise ValueError("a frame without an object")
    return Frame(document, blob)


def _exactly(stream: BinaryIO, size: int) -> bytes | None:
    """So many bytes, or None where the stream ends before."""
    parts = []
    while size:
        part = stream.read(size)
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
