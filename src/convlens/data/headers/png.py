"""PNG: the chunks, whose number and whose text are bounded."""

from __future__ import annotations

import struct
from typing import IO

from convlens.data.limits import UnreadableError, check_decoded, check_pixels

_MOST_CHUNKS = 50_000  # pixels come in chunks of 8 KB and more, each of which costs a decoder time
_MOST_TEXTS = 1_000
_MOST_BESIDE = 32 << 20  # bytes in chunks that hold no pixels

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PIXELS = frozenset((b"IDAT", b"fdAT"))
_TEXTS = frozenset((b"tEXt", b"zTXt", b"iTXt"))


def vet_png(file: IO[bytes], size: int) -> int:
    """Walk through all chunks, to the last that is whole."""
    file.seek(8)
    chunks = texts = beside = 0
    place = 8
    while len(head := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        if chunks == 0:
            if name != b"IHDR":
                raise UnreadableError("damaged header")
            _check_header(file.read(13))
        place += length + 12
        if name == b"IEND" or place > size:
            break  # the end, or cut short, which the decoder will find
        chunks += 1
        texts += name in _TEXTS
        beside += 0 if name in _PIXELS else length
        if chunks > _MOST_CHUNKS or texts > _MOST_TEXTS:
            raise UnreadableError("too many chunks for a picture")
        if beside > _MOST_BESIDE:
            raise UnreadableError("too much beside its pixels")
        file.seek(place)
    return 0


def _check_header(content: bytes) -> None:
    width, height, depth, colour = struct.unpack_from(">IIBB", content)
    check_pixels(width, height)
    check_decoded(width, height, depth * _CHANNELS.get(colour, 4))
