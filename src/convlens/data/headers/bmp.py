"""BMP: its size, and run lengths, which Pillow unpacks a byte at a time in Python."""

from __future__ import annotations

import struct
from typing import IO

from convlens.data.limits import UnreadableError, check_pixels

_LARGEST_RUNS = 4_000_000  # pixels
_LONGEST_RUNS = 1 << 20  # bytes of the file
_RUN_LENGTHS = (1, 2)


def vet_bmp(file: IO[bytes], size: int) -> int:
    """Read the size and the packing."""
    file.seek(14)
    (length,) = struct.unpack("<I", file.read(4))
    if length == 12:
        width, height = struct.unpack("<HH", file.read(4))
        check_pixels(width, height)
        return 0
    width, height, packing = struct.unpack("<ii4xI", file.read(16))
    width, height = abs(width), abs(height)
    check_pixels(width, height)
    if packing in _RUN_LENGTHS and (width * height > _LARGEST_RUNS or size > _LONGEST_RUNS):
        reason = f"too large for run lengths ({width:,} x {height:,} pixels in {size:,} bytes)"
        raise UnreadableError(reason)
    return 0
