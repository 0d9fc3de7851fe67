"""Which way is up: the one entry of a picture's metadata that is read, and nothing around it.

Pillow reads whole directories of EXIF, which may point at the same bytes a thousand times; for
pictures that come from anywhere this is replaced by a search for the one entry.
"""

from __future__ import annotations

import re
import struct

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import TiffImageFile

UPRIGHT = 1

_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_MOST_ENTRIES = 1_000
_FORMS = {1: "B", 3: "H", 4: "I"}
_XMP = re.compile(rb'tiff:Orientation(?:="|>)([1-8])')
_LONGEST = 1 << 20  # bytes of metadata that are looked through


class PlainJpeg(JpegImageFile):
    """A JPEG whose EXIF is not read beyond its orientation, not even for the resolution."""

    format = "JPEG"

    def getexif(self) -> Image.Exif:
        """Return no entries; ``orientation`` finds the one that counts."""
        return Image.Exif()


class PlainTiff(TiffImageFile):
    """A TIFF that is turned by its orientation, without reading the directories of its EXIF."""

    format = "TIFF"

    def getexif(self) -> Image.Exif:
        """Return the orientation alone, by which Pillow turns the picture while it loads."""
        exif = Image.Exif()
        turn = self.tag_v2.get(_ORIENTATION)
        if isinstance(turn, int):
            exif[_ORIENTATION] = turn
        return exif


def orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 (upright) to 8; 1 where there is none or it makes no sense.

    EXIF comes before XMP, as in Pillow. TIFF pictures are upright already once they are loaded,
    and so are HEIC's, which are turned by boxes of their own.
    """
    if image.format in ("TIFF", "HEIF"):
        return UPRIGHT
    found = _in_exif(_exif(image))
    if found is None and (match := _XMP.search(_xmp(image)[:_LONGEST])):
        found = int(match[1])
    return found if found is not None and 1 <= found <= 8 else UPRIGHT


def turned(image: Image.Image, turn: int) -> Image.Image:
    """Return ``image`` upright, ``turn`` being its orientation."""
    return image.transpose(_TURNS[turn]) if turn in _TURNS else image


def _exif(image: Image.Image) -> bytes:
    block = image.info.get("exif")
    if isinstance(block, bytes):
        return block
    hexadecimal = image.info.get("Raw profile type exif")  # of a PNG written by ImageMagick
    if not isinstance(hexadecimal, str):
        return b""
    try:
        return bytes.fromhex("".join(hexadecimal[:_LONGEST].split("\n")[3:]))
    except ValueError:
        return b""


def _xmp(image: Image.Image) -> bytes:
    block = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    return block.encode("utf-8", "replace") if isinstance(block, str) else block


def _in_exif(block: bytes) -> int | None:
    """Return the entry of the first directory, None where there is none that reads."""
    while block.startswith(b"Exif\0\0"):
        block = block[6:]
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return None
    try:
        (place,) = struct.unpack_from(f"{order}I", block, 4)
        (count,) = struct.unpack_from(f"{order}H", block, place)
        for number in range(min(count, _MOST_ENTRIES)):
            entry = place + 2 + 12 * number
            tag, kind, values = struct.unpack_from(f"{order}HHI", block, entry)
            if tag == _ORIENTATION and kind in _FORMS and values == 1:
                return int(struct.unpack_from(order + _FORMS[kind], block, entry + 8)[0])
    except struct.error:
        return None
    return None
