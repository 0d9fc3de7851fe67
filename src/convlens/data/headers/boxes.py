"""The boxes that AVIF and HEIC are made of, within fixed bounds.

Source: ISO/IEC 14496-12 (boxes, ``iloc``).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from convlens.data.limits import UnreadableError

MOST_PLACES = 2_000  # items and chunks
MOST_EXTENTS = 32  # of an item that are told
_MOST_BOXES = 2_000

IN_META = 4
"""Bytes between the head of a box ``meta`` and the boxes in it."""


class Located(NamedTuple):
    """Where the data of an item lie: ``extents`` of (offset, length), the first of all ``pieces``.

    Offsets count within ``idat`` where ``inside``, else in the file; a length of 0 goes to the end.
    """

    number: int
    inside: bool
    extents: tuple[tuple[int, int], ...]
    pieces: int


def boxes(
    data: bytes, start: int, end: int, containers: Mapping[bytes, int]
) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of the content of every box, and of those within containers.

    ``containers`` tells how many bytes of each lie in front of the boxes in it.
    """
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
        if name in containers:
            waiting.append((place + head + containers[name], stop))
    raise UnreadableError("too many boxes for a picture")


def items(box: bytes) -> list[Located]:
    """Return where a box ``iloc`` says that each item's data lie."""
    version = box[0]
    sizes = box[4] >> 4, box[4] & 15, box[5] >> 4, (box[5] & 15) if version else 0
    wide = 4 if version == 2 else 2
    each = sizes[3] + sizes[0] + sizes[1]
    reader = Reader(box, 6)
    found: list[Located] = []
    for _ in range(min(reader.take(wide), MOST_PLACES)):
        number = reader.take(wide)
        inside = bool(version) and reader.take(2) & 15 == 1
        reader.take(2)
        base = reader.take(sizes[2])
        count = reader.take(2)
        extents: list[tuple[int, int]] = []
        for _ in range(min(count, MOST_EXTENTS)):
            reader.take(sizes[3])
            offset = base + reader.take(sizes[0])
            extents.append((offset, reader.take(sizes[1])))
        reader.skip((count - len(extents)) * each)
        found.append(Located(number, inside, tuple(extents), count))
    return found


class Reader:
    """Takes whole numbers of some bytes, one after the other; EOFError past the end."""

    def __init__(self, data: bytes, place: int) -> None:
        self._data, self._place = data, place

    def take(self, count: int) -> int:
        """The number of the next ``count`` bytes, the highest first."""
        self.skip(count)
        return int.from_bytes(self._data[self._place - count : self._place], "big")

    def skip(self, count: int) -> None:
        """Pass over so many bytes."""
        if self._place + count > len(self._data):
            raise EOFError
        self._place += count


class Bits:
    """Takes numbers of some bits, the highest first; EOFError past the end."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data, "big"), 8 * len(data)

    def take(self, count: int) -> int:
        """The number of the next ``count`` bits."""
        if count > self._left:
            raise EOFError
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def take_golomb(self) -> int:
        """The next number of Exp-Golomb's code, as HEVC writes most."""
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)
