"""AVIF: the size that its AV1 stream really has, which the boxes around it need not tell.

Sources: ISO/IEC 14496-12 (``stco``), and the AV1 bitstream specification, 5.5.1
(the sequence header). The decoder makes room for what the sequence header says.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO

from convlens.data.headers.boxes import IN_META, MOST_PLACES, Bits, boxes, items
from convlens.data.limits import LARGEST_COSTLY_PICTURE, UnreadableError, check_pixels

_CONTAINERS = {b"meta": IN_META, b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0}
_MOST_UNITS = 20  # of a stream, before its sequence header
_SEQUENCE_HEADER = 1


def vet_avif(file: IO[bytes], size: int) -> int:
    """Check the sequence headers at the start of every item and chunk."""
    file.seek(0)
    data = file.read()
    found = 0
    for place in _places(data):
        header = _sequence_header(data, place)
        if header is not None:
            found += 1
            check_pixels(*_size(header), LARGEST_COSTLY_PICTURE)
    if not found:
        raise UnreadableError("damaged (no AV1 picture in it)")
    return 0


def _places(data: bytes) -> Iterator[int]:
    """Yield the offsets at which the data of items and of chunks begin."""
    inner = 0
    offsets: list[tuple[int, bool]] = []
    for name, start, end in boxes(data, 0, len(data), _CONTAINERS):
        if name == b"idat":
            inner = start
        elif name == b"iloc":
            found = items(data[start:end])
            offsets += [(one.extents[0][0], one.inside) for one in found if one.extents]
        elif name in (b"stco", b"co64"):
            (count,) = struct.unpack_from(">I", data, start + 4)
            form = ">I" if name == b"stco" else ">Q"
            step = struct.calcsize(form)
            offsets += [
                (struct.unpack_from(form, data, start + 8 + step * n)[0], False)
                for n in range(min(count, MOST_PLACES))
            ]
    if len(offsets) > MOST_PLACES:
        raise UnreadableError("too many items for a picture")
    for offset, inside in offsets:
        yield offset + (inner if inside else 0)


def _sequence_header(data: bytes, place: int) -> bytes | None:
    """Return the first sequence header of a stream, or None where no stream begins there."""
    for _ in range(_MOST_UNITS):
        if place >= len(data) or data[place] & 0x81:  # a forbidden and a reserved bit
            return None
        kind, extended, sized = data[place] >> 3 & 15, data[place] & 4, data[place] & 2
        place += 2 if extended else 1
        length = len(data) - place
        if sized:
            length = 0
            for shift in range(0, 56, 7):
                byte = data[place]
                place += 1
                length |= (byte & 0x7F) << shift
                if byte < 0x80:
                    break
        if kind == _SEQUENCE_HEADER:
            return data[place : place + min(length, 256)]
        place += length
    return None


def _size(header: bytes) -> tuple[int, int]:
    """Return width and height of the largest frame that a sequence header allows."""
    bits = Bits(header)
    bits.take(4)
    if bits.take(1):  # a still picture with the short form
        bits.take(5)
    else:
        _skip_timing(bits)
    across, down = bits.take(4) + 1, bits.take(4) + 1
    return bits.take(across) + 1, bits.take(down) + 1


def _skip_timing(bits: Bits) -> None:
    delay = 0
    if bits.take(1):  # timing
        bits.take(64)
        if bits.take(1):
            zeros = 0
            while not bits.take(1):
                zeros += 1
            bits.take(zeros)
        if bits.take(1):  # decoder model
            delay = bits.take(5) + 1
            bits.take(42)
    display = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delay and bits.take(1):
            bits.take(2 * delay + 1)
        if display and bits.take(1):
            bits.take(4)
