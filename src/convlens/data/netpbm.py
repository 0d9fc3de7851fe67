"""PBM, PGM, PPM, PNM and PAM, read by numpy.

Pillow knows no PAM, and takes every value that is text, or is not 255 at most, through a loop in
Python: five seconds for a megapixel.
"""

from __future__ import annotations

import io
import re
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import ImageFile

from convlens.data.headers.netpbm import Header, read_header
from convlens.data.limits import UnreadableError

Values = NDArray[np.uint8] | NDArray[np.int64]

_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_BITS = (1, 4)
_BITS_OF_TEXT = 1
_STEP = 1 << 20  # values that are converted at a time
_MOST_COMMENTS = 10_000
_COMMENT = re.compile(rb"#[^\r\n]*")
_SPACE = b" \t\n\r\v\f"


class NetpbmFile(ImageFile.ImageFile):
    """One picture of Netpbm's formats, the first where there are several.

    Its mode is 1, L, LA, RGB or RGBA, and I;16 for grey of more than 8 bits. Values are multiplied
    by 255 or 65535 over the largest that the header allows, and rounded.
    """

    format = "PPM"
    format_description = "Netpbm"

    def _open(self) -> None:
        assert self.fp is not None
        self._header = header = read_header(self.fp)
        deep = header.depth == 1 and header.top > 255
        self._mode = "1" if header.kind in _BITS else "I;16" if deep else _MODES[header.depth]
        self._size = (header.width, header.height)
        raw = "1;I" if self._mode == "1" else self._mode
        self.tile = [ImageFile._Tile("raw", (0, 0, *self._size), header.start, (raw, 0, 1))]

    def load(self) -> Any:
        """Decode, once. Raises UnreadableError where values are missing or are none."""
        if self.tile and not self._header.as_stored:
            assert self.fp is not None
            self.fp.seek(self._header.start)
            values = _of_text(self.fp.read(), self._header) if self._header.plain else None
            scaled = _scaled(self.fp, values, self._header, self._mode)
            self.fp = io.BytesIO(scaled.data)
            raw = ("1;8" if self._mode == "1" else self._mode, 0, 1)
            self.tile = [ImageFile._Tile("raw", (0, 0, *self._size), 0, raw)]
        return super().load()


def _of_text(text: bytes, header: Header) -> Values:
    """The values that are written out, (values,), not below zero."""
    if text.count(b"#") > _MOST_COMMENTS:
        raise UnreadableError("too many comments among its pixels")
    text = _COMMENT.sub(b"", text)
    values: Values = _bits(text) if header.kind == _BITS_OF_TEXT else _numbers(text)
    if len(values) < header.values:
        raise UnreadableError("truncated")
    return values[: header.values]


def _bits(text: bytes) -> NDArray[np.uint8]:
    """Digits that need no space between them, 1 being black and so 0."""
    digits = np.frombuffer(text.translate(None, _SPACE), np.uint8)
    values = np.uint8(ord("1")) - digits  # what is neither 0 nor 1 becomes large
    if (values > 1).any():
        raise UnreadableError("damaged (other digits than 0 and 1)")
    return values


def _numbers(text: bytes) -> NDArray[np.int64]:
    if text.translate(None, b"0123456789" + _SPACE):
        raise UnreadableError("damaged (what are no numbers among its pixels)")
    return np.fromstring(text, np.int64, sep=" ")


def _scaled(
    file: IO[bytes], values: Values | None, header: Header, mode: str
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """All values, (values,), from 0 to 255 or 65535; read from ``file`` where none are given."""
    white, kind = (65535, "<u2") if mode == "I;16" else (255, "u1")
    table = np.rint(np.arange(header.top + 1) / header.top * white).astype(kind)
    stored = np.dtype(">u2" if header.top > 255 else "u1")
    result = np.empty(header.values, kind)
    for start in range(0, header.values, _STEP):
        end = min(start + _STEP, header.values)
        if values is None:
            content = file.read((end - start) * stored.itemsize)
            if len(content) < (end - start) * stored.itemsize:
                raise UnreadableError("truncated")
            block = np.frombuffer(content, stored)
        else:
            block = values[start:end]
        result[start:end] = table[np.minimum(block, header.top)]
    return result
