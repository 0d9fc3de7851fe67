"""TIFF: the first directory, whose entries may point anywhere and claim any size.

Source: TIFF 6.0, section 2; BigTIFF has the same with 8-byte counts and offsets.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO, NamedTuple

from convlens.data.limits import UnreadableError, check_decoded, check_packed, check_pixels

_MOST_ENTRIES = 1_000
_MOST_BYTES = 8 << 20  # of all entries together
_MOST_PIECES = 20_000  # strips or tiles: a row each in most pictures that have so many
_LARGEST_TILE = 4 << 20  # pixels; above it a tile must not be larger than the picture

_WIDTH, _HEIGHT, _BITS, _PACKING, _SAMPLES, _ROWS = 256, 257, 258, 259, 277, 278
_STRIPS, _ORIENTATION, _TILE_WIDTH, _TILE_HEIGHT, _TILES = 273, 274, 322, 323, 324

_KIND, _PHOTOMETRIC, _INNER, _DNG = 254, 262, 330, 50706
_MOSAIC, _LINEAR = 32803, 34892

_JPEG = 7  # which takes longer for each byte than the others

_SINGLE = frozenset((_WIDTH, _HEIGHT, _PACKING, _SAMPLES, _ROWS, _TILE_WIDTH, _TILE_HEIGHT))

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4,
          16: 8, 17: 8, 18: 8}  # fmt: skip
_NUMBERS = {1: "B", 3: "H", 4: "I", 16: "Q"}

_PACKINGS = {
    1: "none", 2: "CCITT", 3: "CCITT", 4: "CCITT", 5: "LZW", 7: "JPEG", 8: "deflate",
    32946: "deflate", 32773: "PackBits", 50000: "Zstandard",
}  # fmt: skip
_NAMED = {6: "old-style JPEG", 34712: "JPEG 2000", 34925: "LZMA", 50001: "WebP", 34887: "LERC"}


class _Entry(NamedTuple):
    """One entry: its tag, bytes of its values, their number, and the first where it is whole."""

    tag: int
    size: int
    number: int
    value: int


def vet_tiff(file: IO[bytes], size: int) -> int:
    """Check the first directory; return the bytes of a strip or tile, and of a turned copy."""
    total = 0
    found: dict[int, int] = {}
    for entry in _entries(file):
        total += entry.size
        if total > _MOST_BYTES:
            raise UnreadableError("too much in the entries beside its pixels")
        if entry.tag in (_STRIPS, _TILES) and entry.number > _MOST_PIECES:
            raise UnreadableError(f"in {entry.number:,} pieces; at most {_MOST_PIECES:,}")
        found[entry.tag] = max(found.get(entry.tag, 0), entry.value)  # of two the worse
    _check_raw(found)
    if _PACKING in found:
        _check_packing(found[_PACKING], size)
    return _held(found)


def _check_raw(found: dict[int, int]) -> None:
    """Refuse what a camera's sensor saw: its first picture is a thumbnail, or no colours yet."""
    mosaic = found.get(_PHOTOMETRIC) in (_MOSAIC, _LINEAR)
    thumbnail = found.get(_KIND, 0) & 1 and _INNER in found
    if _DNG in found or mosaic or thumbnail:
        kind = "DNG" if _DNG in found else "as NEF or ARW"
        raise UnreadableError(f"a camera's raw file ({kind}): save it as JPEG or PNG")


def _held(found: dict[int, int]) -> int:
    width, height = found.get(_WIDTH, 0), found.get(_HEIGHT, 0)
    bits = found.get(_BITS, 1) * found.get(_SAMPLES, 1)
    check_pixels(width, height)
    check_decoded(width, height, bits)
    if _TILES in found or _TILE_WIDTH in found:
        across, down = found.get(_TILE_WIDTH, 0), found.get(_TILE_HEIGHT, 0)
        if across * down > max(_LARGEST_TILE, 4 * width * height):
            raise UnreadableError(f"tiles of {across:,} x {down:,} pixels, larger than itself")
    else:
        across, down = width, min(found.get(_ROWS, height), height)
    turned = 4 * width * height if found.get(_ORIENTATION, 1) > 1 else 0
    packed = found.get(_PACKING, 1) != 1
    return turned + (across * down * bits // 8 if packed else 0)


def _check_packing(packing: int, size: int) -> None:
    if packing not in _PACKINGS:
        raise UnreadableError(f"a TIFF packed by {_NAMED.get(packing, f'method {packing}')}")
    if packing == _JPEG:
        check_packed(size)


def _entries(file: IO[bytes]) -> Iterator[_Entry]:
    file.seek(0)
    head = file.read(8)
    order = "<" if head[:2] == b"II" else ">"
    big = head[2:4] in (b"+\0", b"\0+")
    if big:
        (place,) = struct.unpack(f"{order}Q", file.read(8))
    else:
        (place,) = struct.unpack(f"{order}I", head[4:])
    file.seek(min(place, 1 << 62))
    (count,) = struct.unpack(order + ("Q" if big else "H"), file.read(8 if big else 2))
    if count > _MOST_ENTRIES:
        raise UnreadableError(f"a directory of {count:,} entries")
    layout = struct.Struct(order + ("HHQ8s" if big else "HHI4s"))
    for tag, kind, number, field in layout.iter_unpack(file.read(layout.size * count)):
        taken = number * _SIZES.get(kind, 0)
        beyond = taken > len(field)
        if tag in _SINGLE and number != 1:
            raise UnreadableError("damaged header")
        if beyond and tag == _BITS:  # one number for each channel, all alike
            file.seek(struct.unpack(order + ("Q" if big else "I"), field)[0])
            field = file.read(8)  # noqa: PLW2901
        value = 0
        if kind in _NUMBERS and number and (tag == _BITS or not beyond):
            value = struct.unpack_from(order + _NUMBERS[kind], field)[0]
        yield _Entry(tag, taken if beyond else 0, number, value)
