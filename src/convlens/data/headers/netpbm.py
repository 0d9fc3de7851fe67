"""PBM, PGM, PPM, PNM and PAM: a few numbers in plain text, and comments of any length.

Sources: the manual pages pbm(5), pgm(5), ppm(5) and pam(5) of Netpbm.
"""

from __future__ import annotations

import re
from typing import IO, NamedTuple

from convlens.data.limits import UnreadableError, check_decoded, check_pixels
from convlens.data.names import printable

_LONGEST_HEADER = 1 << 16  # bytes
_LARGEST_PLAIN = 32 << 20  # bytes of a file whose values are written out
_LARGEST_VALUE = 65535

_GAP = rb"(?:\s|#[^\r\n]*[\r\n])+"
_BITS = re.compile(rb"P[14]" + _GAP + rb"(\d{1,9})" + _GAP + rb"(\d{1,9})\s")
_LEVELS = re.compile(
    rb"P[2356]" + _GAP + rb"(\d{1,9})" + _GAP + rb"(\d{1,9})" + _GAP + rb"(\d{1,9})\s"
)
_PAM = re.compile(rb"P7\n(.*?)^ENDHDR[ \t\r]*\n", re.DOTALL | re.MULTILINE)
_NUMBERS = (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL")

_TUPLES = {
    b"": (1, 2, 3, 4),
    b"BLACKANDWHITE": (1,), b"GRAYSCALE": (1,), b"RGB": (3,),
    b"BLACKANDWHITE_ALPHA": (2,), b"GRAYSCALE_ALPHA": (2,), b"RGB_ALPHA": (4,),
}  # fmt: skip
"""Kinds of pixels of a PAM, with the channels that each may have."""


class Header(NamedTuple):
    """What precedes the pixels, which begin at ``start``.

    ``kind`` is the digit behind the P, ``depth`` the number of channels, the last of 2 and of 4
    being opacity, ``top`` the value that stands for white or opaque, 1 to 65535.
    """

    kind: int
    width: int
    height: int
    depth: int
    top: int
    start: int

    @property
    def plain(self) -> bool:
        """Whether its values are written as text."""
        return self.kind <= 3

    @property
    def as_stored(self) -> bool:
        """Whether its values are bytes from 0 to 255, or packed bits, so that none is changed."""
        return self.kind == 4 or (not self.plain and self.top == 255)

    @property
    def values(self) -> int:
        """How many values make the picture."""
        return self.width * self.height * self.depth


def vet_netpbm(file: IO[bytes], size: int) -> int:
    """Read the header; return the bytes of the values and, where they are text, of its copies."""
    header = read_header(file)
    check_pixels(header.width, header.height)
    check_decoded(header.width, header.height, header.depth * (16 if header.top > 255 else 8))
    if header.plain:
        if size > _LARGEST_PLAIN:
            raise UnreadableError(f"too large (text of more than {_LARGEST_PLAIN >> 20} MB)")
        return 2 * size + (3 if header.kind == 1 else 10) * min(header.values, size)
    return 0 if header.as_stored else header.values * (2 if header.top > 255 else 1)


def read_header(file: IO[bytes]) -> Header:
    """Read what precedes the pixels. Raises UnreadableError."""
    file.seek(0)
    head = file.read(_LONGEST_HEADER)
    header = _pam(head) if head.startswith(b"P7") else _pnm(head)
    if header is None:
        long = len(head) == _LONGEST_HEADER
        raise UnreadableError("too much in front of its pixels" if long else "damaged header")
    if header.values <= 0 or not 0 < header.top <= _LARGEST_VALUE:
        raise UnreadableError("damaged header")
    return header


def _pnm(head: bytes) -> Header | None:
    kind = int(head[1:2])
    depth = 3 if kind in (3, 6) else 1
    found = (_BITS if kind in (1, 4) else _LEVELS).match(head)
    if found is None:
        return None
    width, height, *top = (int(text) for text in found.groups())
    return Header(kind, width, height, depth, top[0] if top else 1, found.end())


def _pam(head: bytes) -> Header | None:
    found = _PAM.match(head)
    if found is None:
        return None
    told: dict[bytes, list[bytes]] = {}
    for line in found[1].splitlines():
        word, *rest = line.split(None, 1)[:2] or [b"#"]
        if not word.startswith(b"#"):
            told.setdefault(word, []).extend(rest)
    try:
        width, height, depth, top = (int(told[word][0]) for word in _NUMBERS)
    except (KeyError, IndexError, ValueError):
        return None
    kind = b" ".join(part.strip() for part in told.get(b"TUPLTYPE", []))
    if depth not in _TUPLES.get(kind, ()):
        shown = printable(kind[:40].decode("latin-1"))
        raise UnreadableError(f"a PAM of a rare kind ({shown or 'no name'}, {depth:,} channels)")
    return Header(7, width, height, depth, top, found.end())
