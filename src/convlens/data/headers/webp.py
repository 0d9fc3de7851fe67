"""WebP: its size, which the decoder makes room for at once."""

from __future__ import annotations

import struct
from typing import IO

from convlens.data.limits import LARGEST_COSTLY_PICTURE, check_pixels


def vet_webp(file: IO[bytes], size: int) -> int:
    """Read the size of the canvas."""
    file.seek(12)
    head = file.read(18).ljust(18, b"\0")
    kind = head[:4]
    if kind == b"VP8X":
        width = 1 + int.from_bytes(head[12:15], "little")
        height = 1 + int.from_bytes(head[15:18], "little")
    elif kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", head, 9)
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    else:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", head, 14))
    check_pixels(width, height, LARGEST_COSTLY_PICTURE)
    return 0
