"""HEIC: the pictures that a file is put together from, and the sizes that they really have.

Sources: ISO/IEC 23008-12 (items, grids), ISO/IEC 14496-15 (``hvcC``), and ITU-T H.265, 7.3.2.2
(the sequence parameter set). The decoder makes room for what that set says, and decodes every tile
of a grid, whatever size the whole claims.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO

from convlens.data.headers.boxes import (
    IN_META,
    MOST_EXTENTS,
    MOST_PLACES,
    Bits,
    Located,
    Reader,
    boxes,
    items,
)
from convlens.data.limits import LARGEST_HEIC, UnreadableError, check_pixels
from convlens.data.names import printable

_PARTS = (b"iinf", b"iloc", b"iref", b"ipco", b"ipma", b"idat", b"pitm")
_ONCE = frozenset(_PARTS) - {b"ipma"}
_MOST_WORK = 3 * LARGEST_HEIC  # pixels of all tiles and of what they are put into
_MOST_UNITS = 20_000  # of all streams
_MOST_SHARED = 4  # times that the items' data may come to the file's size
_DEEPEST = 4  # grids of grids
_LONGEST_SET = 512  # bytes of a parameter set that are read
_PUT_TOGETHER = (b"grid", b"iovl", b"iden")
_SEQUENCE_SET = 33


def vet_heif(file: IO[bytes], size: int) -> int:
    """Check the size of every item, and what decoding the first picture takes in all."""
    file.seek(0)
    found = _Items(file.read())
    for number in found.kinds:
        check_pixels(*found.size(number), LARGEST_HEIC)
    primary = found.primary
    if primary not in found.kinds:
        raise UnreadableError("damaged (no HEVC picture in it)")
    work = found.work(primary) + sum(found.work(one) for one in found.beside(primary))
    if work > _MOST_WORK:
        raise UnreadableError(f"too large (tiles of {work:,} pixels; at most {_MOST_WORK:,})")
    return 0


class _Items:
    """What the one box ``meta`` of a file says of its items, by their numbers."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.kinds: dict[int, bytes] = {}
        self.primary = -1
        self._refers: dict[tuple[bytes, int], list[int]] = {}
        self._properties: list[tuple[bytes, int, int]] = []
        self._has: dict[int, list[int]] = {}
        self._located: dict[int, Located] = {}
        self._inner = 0
        self._units = 0
        self._sizes: dict[int, tuple[int, int]] = {}
        outer = list(boxes(data, 0, len(data), {}))
        metas = [one for one in outer if one[0] == b"meta"]
        if not metas and any(name == b"moov" for name, _, _ in outer):
            raise UnreadableError("HEIF of a rare kind (a sequence)")
        if not metas:
            raise EOFError
        if len(metas) > 1:
            raise UnreadableError("damaged (two lists of pictures)")
        _, start, end = metas[0]
        seen: set[bytes] = set()
        for name, first, last in boxes(data, start + IN_META, end, {b"iprp": 0}):
            if name in seen & _ONCE:
                raise UnreadableError(f"damaged (two boxes {name.decode('latin-1')})")
            seen.add(name)
            if name in _PARTS:
                getattr(self, f"_read_{name.decode()}")(first, last)
        self._check_shared()

    def size(self, number: int) -> tuple[int, int]:
        """The largest width and height that anything says of an item."""
        if number not in self._sizes:
            told = list(self._told(number))
            sides = [max(side) for side in zip(*told, strict=True)] or [0, 0]
            self._sizes[number] = sides[0], sides[1]
        return self._sizes[number]

    def work(self, number: int, depth: int = 0) -> int:
        """Pixels that are decoded and put together for an item."""
        if depth > _DEEPEST:
            raise UnreadableError("grids within grids")
        kind = self.kinds.get(number)
        if kind is None:
            raise UnreadableError("damaged (a tile is missing)")
        if kind not in (*_PUT_TOGETHER, b"hvc1"):
            raise UnreadableError(f"HEIF of a rare kind ({printable(kind.decode('latin-1'))})")
        width, height = self.size(number)
        work = width * height
        parts = self._refers.get((b"dimg", number), []) if kind in _PUT_TOGETHER else []
        for part in parts:
            work += self.work(part, depth + 1)
            if work > _MOST_WORK:
                break
        return work

    def beside(self, number: int) -> list[int]:
        """Items that stand beside another: transparency, depths and the like."""
        found = [n for (kind, n), to in self._refers.items() if kind == b"auxl" and number in to]
        return [n for n in found if self.kinds.get(n) in (*_PUT_TOGETHER, b"hvc1")]

    def _told(self, number: int) -> Iterator[tuple[int, int]]:
        prefix = 4
        for index in self._has.get(number, []):
            name, start, end = self._properties[index - 1] if index else (b"", 0, 0)
            if name == b"ispe":
                yield struct.unpack_from(">II", self._data, start + 4)
            elif name == b"hvcC":
                prefix = (self._data[start + 21] & 3) + 1
                for unit in _listed_units(self._data[start:end]):
                    yield from _of_unit(unit)
        kind = self.kinds.get(number)
        if kind == b"hvc1":
            for unit in self._stream(number, prefix):
                yield from _of_unit(unit)
        elif kind in (b"grid", b"iovl"):
            yield self._whole(number, kind)

    def _whole(self, number: int, kind: bytes) -> tuple[int, int]:
        """The size that the data of a grid or an overlay give it."""
        content = b"".join(self._content(number))
        form = ">II" if content[1] & 1 else ">HH"
        return struct.unpack_from(form, content, 4 if kind == b"grid" else 10)

    def _stream(self, number: int, prefix: int) -> Iterator[bytes]:
        """The beginnings of the units of an item's data, each after its length."""
        parts = self._content(number)
        content = parts[0] if len(parts) == 1 else memoryview(b"".join(parts))
        place = 0
        while place + prefix < len(content):
            self._units += 1
            if self._units > _MOST_UNITS:
                raise UnreadableError("too many units for a picture")
            length = int.from_bytes(content[place : place + prefix], "big")
            place += prefix
            yield bytes(content[place : place + min(length, _LONGEST_SET)])
            place += length

    def _content(self, number: int) -> list[memoryview]:
        located = self._located.get(number)
        if located is None:
            return []
        shift = self._inner if located.inside else 0
        data = memoryview(self._data)
        return [
            data[shift + at : shift + at + length if length else None]
            for at, length in located.extents
        ]

    def _check_shared(self) -> None:
        """Refuse items that share data so often that looking at them takes too long."""
        total = 0
        for number, located in self._located.items():
            if located.pieces > MOST_EXTENTS:
                raise UnreadableError("too many pieces for a picture")
            total += sum(map(len, self._content(number)))
            shift = self._inner if located.inside else 0
            ends = max((shift + at + length for at, length in located.extents), default=0)
            if ends > len(self._data) and self.kinds.get(number) == b"hvc1":
                raise EOFError
        if total > _MOST_SHARED * len(self._data):
            raise UnreadableError("damaged (pictures that overlap)")

    def _read_pitm(self, start: int, end: int) -> None:
        wide = 2 if self._data[start] == 0 else 4
        self.primary = Reader(self._data, start + 4).take(wide)

    def _read_idat(self, start: int, end: int) -> None:
        self._inner = start

    def _read_iloc(self, start: int, end: int) -> None:
        self._located = {one.number: one for one in items(self._data[start:end])}

    def _read_iinf(self, start: int, end: int) -> None:
        first = start + (6 if self._data[start] == 0 else 8)
        for name, at, _ in boxes(self._data, first, end, {}):
            if name == b"infe" and self._data[at] >= 2:
                wide = 2 if self._data[at] == 2 else 4
                number = Reader(self._data, at + 4).take(wide)
                self.kinds[number] = self._data[at + 6 + wide : at + 10 + wide]

    def _read_iref(self, start: int, end: int) -> None:
        wide = 2 if self._data[start] == 0 else 4
        for name, at, _ in boxes(self._data, start + 4, end, {}):
            reader = Reader(self._data, at)
            number = reader.take(wide)
            to = [reader.take(wide) for _ in range(reader.take(2))]
            self._refers.setdefault((name, number), []).extend(to)

    def _read_ipco(self, start: int, end: int) -> None:
        self._properties = list(boxes(self._data, start, end, {}))

    def _read_ipma(self, start: int, end: int) -> None:
        version, wide = self._data[start], self._data[start + 3] & 1
        reader = Reader(self._data, start + 4)
        for _ in range(min(reader.take(4), MOST_PLACES)):
            number = reader.take(2 if version == 0 else 4)
            mask = 0x7FFF if wide else 0x7F
            has = [reader.take(1 + wide) & mask for _ in range(reader.take(1))]
            self._has.setdefault(number, []).extend(has)


def _listed_units(record: bytes) -> Iterator[bytes]:
    """The units that a box ``hvcC`` holds."""
    reader = Reader(record, 22)
    place = 23
    for _ in range(reader.take(1)):
        _, count = struct.unpack_from(">BH", record, place)
        place += 3
        for _ in range(count):
            (length,) = struct.unpack_from(">H", record, place)
            yield record[place + 2 : place + 2 + length]
            place += 2 + length


def _of_unit(unit: bytes) -> Iterator[tuple[int, int]]:
    """Width and height of the pictures that a sequence parameter set speaks of; else nothing."""
    if not unit or unit[0] >> 1 & 63 != _SEQUENCE_SET:
        return
    bits = Bits(unit[2:_LONGEST_SET].replace(b"\0\0\3", b"\0\0"))
    bits.take(4)
    layers = bits.take(3)
    bits.take(1 + 88 + 8)
    there = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    bits.take(2 * (8 - layers) if layers else 0)
    for profile, level in there:
        bits.take(88 * profile + 8 * level)
    bits.take_golomb()
    if bits.take_golomb() == 3:
        bits.take(1)
    yield bits.take_golomb(), bits.take_golomb()
