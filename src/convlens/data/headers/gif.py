"""GIF: what lies before the first picture, and how large that is."""

from __future__ import annotations

import struct
from typing import IO

from convlens.data.limits import UnreadableError, check_pixels

_MOST_BLOCKS = 20_000  # of 255 bytes at most, hence 5 MB of comments and extensions


def vet_gif(file: IO[bytes], size: int) -> int:
    """Walk to the first picture."""
    file.seek(6)
    width, height, flags = struct.unpack("<HHB2x", file.read(7))
    check_pixels(width, height)
    if flags & 0x80:
        file.seek(3 << ((flags & 7) + 1), 1)
    for _ in range(_MOST_BLOCKS):
        kind = file.read(1)
        if kind == b",":
            left, top, across, down = struct.unpack("<4H", file.read(8))
            check_pixels(max(width, left + across), max(height, top + down))
            return 0
        if kind == b"!":
            file.seek(1, 1)
            _skip_blocks(file)
        elif kind in (b";", b""):
            return 0  # without a picture, which the decoder will find
    raise UnreadableError("too many blocks in front of its pixels")


def _skip_blocks(file: IO[bytes]) -> None:
    for _ in range(_MOST_BLOCKS):
        length = file.read(1)
        if length in (b"\0", b""):
            return
        file.seek(length[0], 1)
    raise UnreadableError("too many blocks in front of its pixels")
