"""Text that was written elsewhere, as any terminal, page or JSON document can carry it."""

from __future__ import annotations

import re
import unicodedata

_JOINERS = "\u200c\u200d"  # invisible, but part of many scripts' spelling and of emoji

_STEERING = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, but for a tab and the end of a line
    r"\u2028\u2029\u202a-\u202e\u2066-\u2069"  # other ends of lines; what turns text around
    r"\ud800-\udfff]"  # halves of characters, and bytes that are not UTF-8
)


_BYTES = re.compile(r"[\udc80-\udcff]+")
"""Bytes of a name that the system's encoding does not read, as surrogateescape carries them."""


def printable(name: str) -> str:
    r"""Return ``name`` composed (NFC), with whatever does not print written as an escape.

    Bytes that are not UTF-8 come as ``\xff``, control characters as ``\n`` or ``\x1b``, so two
    machines spell the same name the same way and no name can steer a terminal.
    """
    if name.isascii() and name.isprintable():
        return name
    composed = unicodedata.normalize("NFC", _read(name))
    return "".join(c if c.isprintable() or c in _JOINERS else _escaped(c) for c in composed)


def harmless(text: str) -> str:
    r"""Return ``text`` with whatever could steer a terminal written as an escape.

    Tabs and ends of lines stay, and so does every character that is only unusual: this is for
    texts of any length, ``printable`` for a name or a line.
    """
    if text.isascii() and text.isprintable():
        return text
    return _STEERING.sub(lambda found: _escaped(found.group()), _read(text))


def _read(text: str) -> str:
    """Read as UTF-8 what it is of, which a system whose encoding is ASCII left as bytes."""
    return _BYTES.sub(
        lambda found: (
            found.group().encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
        ),
        text,
    )


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that surrogateescape carried
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
