"""JPEG: the segments in front of the pixels, and the scans that they come in.

Sources: ITU-T T.81, annex B; libjpeg-turbo keeps every coefficient, 2 bytes each, where a picture
has more than one scan.
"""

from __future__ import annotations

import struct
from typing import IO

from convlens.data.limits import (
    LARGEST_FILE,
    MOST_SCANNED,
    UnreadableError,
    check_packed,
    check_pixels,
)

_MOST_SEGMENTS = 1_000
_LONGEST_HEADER = 16 << 20  # bytes: profiles, thumbnails and depth maps come to a few megabytes
_LONGEST_PADDING = 4_096
_MOSTLY_ENOUGH = 1 << 16  # bytes read at first
_LONGEST_OF_SCANS = 40 << 20  # bytes of a file with several scans, which take longer

_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive; all by Huffman's codes
_OTHER_FRAMES = {
    0xC3: "lossless", 0xC5: "hierarchical", 0xC6: "hierarchical", 0xC7: "hierarchical",
    0xC9: "arithmetic", 0xCA: "arithmetic", 0xCB: "arithmetic", 0xCD: "arithmetic",
    0xCE: "arithmetic", 0xCF: "arithmetic",
}  # fmt: skip
_PROGRESSIVE = 0xC2
_SCAN = 0xDA
_TABLES = frozenset((0xC4, 0xDB, 0xDD, 0xFE)) | frozenset(range(0xE0, 0xF0))
_BARE = frozenset((0x01, *range(0xD0, 0xD9)))  # markers without a length


def vet_jpeg(file: IO[bytes], size: int) -> int:
    """Walk to the first scan; return the bytes of all coefficients, if they are kept."""
    file.seek(0)
    data = file.read(_MOSTLY_ENOUGH)
    try:
        pixels, several, kept = _walk(data)
    except (EOFError, IndexError, struct.error):
        rest = file.read(_LONGEST_HEADER)
        if not rest:
            raise
        pixels, several, kept = _walk(data + rest)
    if not several:
        return 0
    check_packed(size, _LONGEST_OF_SCANS)
    _check_scans(file, pixels)
    return kept


def _walk(data: bytes) -> tuple[int, bool, int]:
    """Return pixels, whether there are several scans, and the bytes of all coefficients."""
    pixels = kept = components = 0
    several = False
    place = 2
    for _ in range(_MOST_SEGMENTS):
        if data[place] == 0xFF and data[place + 1] in _TABLES:  # nearly always
            marker, place = data[place + 1], place + 2
        else:
            marker, place = _marker(data, place)
        if marker in _BARE:
            continue
        length = data[place] << 8 | data[place + 1]
        if marker in _TABLES:
            pass
        elif marker in _FRAMES:
            pixels, components, kept = _frame(data, place + 2)
            several = marker == _PROGRESSIVE
        elif marker == _SCAN:
            return pixels, several or data[place + 2] < components, kept
        else:
            kind = _OTHER_FRAMES.get(marker)
            named = f"a JPEG of a rare kind ({kind})" if kind else None
            raise UnreadableError(named or f"damaged (an unknown marker 0xff{marker:02x})")
        place += max(length, 2)
        if place > _LONGEST_HEADER:
            raise UnreadableError("too much in front of its pixels")
        if place > len(data):
            raise EOFError
    raise UnreadableError("too many segments in front of its pixels")


def _marker(data: bytes, place: int) -> tuple[int, int]:
    """Return the next marker's second byte and what follows it; what lies before is padding."""
    for at in range(place, place + _LONGEST_PADDING):
        if data[at] == 0xFF and data[at + 1] not in (0x00, 0xFF):
            return data[at + 1], at + 2
    raise UnreadableError("damaged (padding without end)")


def _frame(data: bytes, place: int) -> tuple[int, int, int]:
    """Return pixels, number of components, and bytes of the coefficients of all of them."""
    height, width, components = struct.unpack_from(">HHB", data, place + 1)
    check_pixels(width, height)
    sampling = [data[place + 7 + 3 * n] for n in range(components)]
    across = max((byte >> 4 for byte in sampling), default=1) or 1
    down = max((byte & 15 for byte in sampling), default=1) or 1
    share = sum((byte >> 4) * (byte & 15) for byte in sampling) / (across * down)
    padded = (width + 8 * across) * (height + 8 * down)
    return width * height, components, round(padded * share * 2)


def _check_scans(file: IO[bytes], pixels: int) -> None:
    # Within a scan 0xff is never followed by this byte, so that none can hide.
    file.seek(0)
    scans = file.read(LARGEST_FILE).count(b"\xff\xda")
    if scans * pixels > MOST_SCANNED or scans > 1_000:
        raise UnreadableError(f"a progressive JPEG of {scans} scans, too many for its size")
