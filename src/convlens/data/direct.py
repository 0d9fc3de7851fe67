"""Pictures of the wanted size, straight into Pillow's decoders, past its reading of headers.

Of the time that Pillow takes for a JPEG of 32x32 pixels its decoder needs a fourth; the rest is a
plugin that reads the header in Python and makes a picture object. Here the header is walked only
so far as to know that the file is of the plainest kind, which is nearly always so where tens of
thousands of small pictures are read.

Sources: ITU-T T.81, annex B (JPEG); W3C PNG, third edition, chapter 5.
"""

from __future__ import annotations

import struct
import zlib

from PIL import Image

from convlens.data.preprocessing import Geometry

_LARGEST = 1 << 20  # bytes of a file; in larger ones the header takes little of the time
_MOST_PARTS = 64  # segments or chunks

_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"

_FRAMES = (0xC0, 0xC1)  # baseline and extended: everything in one scan
_SCAN = 0xDA
_PLAIN_SEGMENTS = frozenset((0xC4, 0xDB, 0xDD, 0xE0, 0xEE, 0xFE))
"""Tables, JFIF, Adobe's colours and comments: none of them turns the picture."""

_PLAIN_CHUNKS = frozenset((b"pHYs", b"gAMA", b"cHRM", b"sRGB", b"tIME"))
"""Those between header and pixels that neither turn the picture nor make it transparent."""

_COLOURS = {"L": 0, "RGB": 2}
"""PNG's numbers for pixels that are taken as they are."""


def direct_pixels(data: bytes, geometry: Geometry) -> bytes | None:
    """The pixels of a picture file as ``decode_pixels`` returns them, None where it must do so.

    None for whatever is not a plain JPEG or PNG of just this size, or damaged.
    """
    if len(data) > _LARGEST:
        return None
    size = (geometry.width, geometry.height)
    try:
        if data.startswith(_JPEG):
            if not _is_plain_jpeg(data, size):
                return None
            image = Image.frombytes(geometry.mode, size, data, "jpeg", geometry.mode, "")
        elif data.startswith(_PNG):
            packed = _packed_pixels(data, size, _COLOURS[geometry.mode])
            if packed is None:
                return None
            image = Image.frombytes(geometry.mode, size, packed, "zip", geometry.mode)
        else:
            return None
    except (ValueError, IndexError, struct.error, OSError):
        return None  # damaged: whoever reads it with care says how
    return image.tobytes()


def _is_plain_jpeg(data: bytes, size: tuple[int, int]) -> bool:
    """Whether it is grey or has three colours, 8 bits each, all in one scan, and stands upright."""
    place, components = 2, 0
    for _ in range(_MOST_PARTS):
        if data[place] != 0xFF:
            return False
        marker = data[place + 1]
        length = data[place + 2] << 8 | data[place + 3]
        if marker == _SCAN:
            return components in (1, 3) and data[place + 4] == components
        if marker in _FRAMES and not components:
            bits, height, width, components = struct.unpack_from(">BHHB", data, place + 4)
            if bits != 8 or (width, height) != size:
                return False
        elif marker not in _PLAIN_SEGMENTS:
            return False
        place += 2 + max(length, 2)
    return False


def _packed_pixels(data: bytes, size: tuple[int, int], colour: int) -> bytes | None:
    """The compressed pixels of a plain PNG, 8 bits each and not interlaced; None for others."""
    parts: list[bytes] = []
    place = len(_PNG)
    header = struct.pack(">IIBBBBB", *size, 8, colour, 0, 0, 0)
    for number in range(_MOST_PARTS):
        length, name = struct.unpack_from(">I4s", data, place)
        content = data[place + 8 : place + 8 + length]
        if name == b"IDAT" and number:
            parts.append(content)
        elif name == b"IEND" and parts:
            return b"".join(parts)
        elif number == 0:
            if name != b"IHDR" or content != header or not _is_whole(data, place, length):
                return None
        elif name not in _PLAIN_CHUNKS or parts or not _is_whole(data, place, length):
            return None
        place += length + 12
    return None


def _is_whole(data: bytes, place: int, length: int) -> bool:
    """Whether the chunk at ``place``, its content of ``length`` bytes, has the sum it tells."""
    end = place + 8 + length
    told: int = struct.unpack_from(">I", data, end)[0]
    return zlib.crc32(data[place + 4 : end]) == told
