"""AVIF: the size that its AV1 stream really has, which the boxes around it need not tell.

Sources: ISO/IEC 14496-12 (boxes, ``iloc``, ``stco``), and the AV1 bitstream specification, 5.5.1
(the sequence header). The decoder makes room for what the sequence header says.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO

from convlens.data.limits import LARGEST_COSTLY_PICTURE, UnreadableError, check_pixels

_CONTAINERS = {b"meta": 4, b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0}
_MOST_BOXES = 2_000
_MOST_PLACES = 2_000  # items and chunks
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
    for name, start, end in _boxes(data, 0, len(data)):
        if name == b"idat":
            inner = start
        elif name == b"iloc":
            offsets += _items(data[start:end])
        elif name in (b"stco", b"co64"):
            (count,) = struct.unpack_from(">I", data, start + 4)
            form = ">I" if name == b"stco" else ">Q"
            step = struct.calcsize(form)
            offsets += [
                (struct.unpack_from(form, data, start + 8 + step * n)[0], False)
                for n in range(min(count, _MOST_PLACES))
            ]
    if len(offsets) > _MOST_PLACES:
        raise UnreadableError("too many items for a picture")
    for offset, inside in offsets:
        yield offset + (inner if inside else 0)


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of the content of every box, and of those within containers."""
    waiting = [(start, end)]
    for _ in range(_MOST_BOXES):
        while waiting and waiting[-1][0] + 8 > waiting[-1][1]:
            waiting.pop()
        if not waiting:
            return
        place, last = waiting.pop()
        length, name = struct.unpack_from(">I4s", data, place)
        head = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, place + 8)
            head = 16
        stop = last if length == 0 else min(place + max(length, head), last)
        waiting.append((stop, last))
        yield name, place + head, stop
        if name in _CONTAINERS:
            waiting.append((place + head + _CONTAINERS[name], stop))
    raise UnreadableError("too many boxes for a picture")


def _items(box: bytes) -> list[tuple[int, bool]]:
    """Return the offset of each item's first extent, and whether it counts within ``idat``."""
    version = box[0]
    sizes = box[4] >> 4, box[4] & 15, box[5] >> 4, (box[5] & 15) if version else 0
    wide = 4 if version == 2 else 2
    reader = _Reader(box, 6)
    found: list[tuple[int, bool]] = []
    for _ in range(min(reader.take(wide), _MOST_PLACES)):
        reader.take(wide)
        inside = bool(version) and reader.take(2) & 15 == 1
        reader.take(2)
        base = reader.take(sizes[2])
        extents = reader.take(2)
        if extents:
            reader.take(sizes[3])
            found.append((base + reader.take(sizes[0]), inside))
            reader.skip(sizes[1] + (extents - 1) * (sizes[3] + sizes[0] + sizes[1]))
    return found


class _Reader:
    """Takes whole numbers of some bytes, one after the other; EOFError past the end."""

    def __init__(self, data: bytes, place: int) -> None:
        self._data, self._place = data, place

    def take(self, count: int) -> int:
        self.skip(count)
        return int.from_bytes(self._data[self._place - count : self._place], "big")

    def skip(self, count: int) -> None:
        if self._place + count > len(self._data):
            raise EOFError
        self._place += count


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
    bits = _Bits(header)
    bits.take(4)
    if bits.take(1):  # a still picture with the short form
        bits.take(5)
    else:
        _skip_timing(bits)
    across, down = bits.take(4) + 1, bits.take(4) + 1
    return bits.take(across) + 1, bits.take(down) + 1


def _skip_timing(bits: _Bits) -> None:
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


class _Bits:
    """Takes numbers of some bits, the highest first; EOFError past the end."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data, "big"), 8 * len(data)

    def take(self, count: int) -> int:
        if count > self._left:
            raise EOFError
        self._left -= count
        return self._value >> self._left & (1 << count) - 1
