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
    file.seek(2)
    pixels = kept = components = 0
    several = False
    for _ in range(_MOST_SEGMENTS):
        marker = _marker(file)
        if marker in _BARE:
            continue
        if marker in _OTHER_FRAMES:
            raise UnreadableError(f"a JPEG of a rare kind ({_OTHER_FRAMES[marker]})")
        content = _content(file)
        if marker in _FRAMES:
            pixels, components, kept = _frame(content)
            several = marker == _PROGRESSIVE
        elif marker == _SCAN:
            several = several or content[0] < components
            break
        elif marker not in _TABLES:
            raise UnreadableError(f"damaged (an unknown marker 0xff{marker:02x})")
        if file.tell() > _LONGEST_HEADER:
            raise UnreadableError("too much in front of its pixels")
    else:
        raise UnreadableError("too many segments in front of its pixels")
    if not several:
        return 0
    check_packed(size, _LONGEST_OF_SCANS)
    _check_scans(file, pixels)
    return kept


def _marker(file: IO[bytes]) -> int:
    """Return the next marker's second byte; what lies before it is padding."""
    previous = 0
    for _ in range(_LONGEST_PADDING):
        byte = file.read(1)
        if not byte:
            raise EOFError
        if previous == 0xFF and byte[0] not in (0x00, 0xFF):
            return byte[0]
        previous = byte[0]
    raise UnreadableError("damaged (padding without end)")


def _content(file: IO[bytes]) -> bytes:
    (length,) = struct.unpack(">H", file.read(2))
    content = file.read(max(length - 2, 0))
    if len(content) < length - 2:
        raise EOFError
    return content


def _frame(content: bytes) -> tuple[int, int, int]:
    """Return pixels, number of components, and bytes of the coefficients of all of them."""
    height, width, components = struct.unpack_from(">HHB", content, 1)
    check_pixels(width, height)
    sampling = [content[7 + 3 * n] for n in range(components)]
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
