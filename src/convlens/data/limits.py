"""What a picture may ask for at most, and the one exception that says why one is not read.

With these no file takes more than 2 seconds of a processor or 512 MB of memory, whatever it says.
"""

from __future__ import annotations

LARGEST_PICTURE = 89_000_000
"""Pixels (width × height) of the largest picture that is decoded."""

LARGEST_COSTLY_PICTURE = 16_000_000
"""The same for WebP, AVIF and Lab colours, which take several times as long for each pixel."""

LARGEST_HEIC = 25_000_000
"""The same for HEIC, which telephones write up to 24 megapixels by default."""

LARGEST_FILE = 192 << 20
"""Bytes of the largest file, or member of an archive, that is read as one picture."""

LARGEST_PACKED_FILE = 64 << 20
"""The same for formats whose decoders take long for each byte: all but BMP, PNG and plain TIFF."""

MOST_MEMORY = 380 << 20
"""Bytes that the file, its decoded pixels and the decoder's own store may take together."""

MOST_DECODED = 360_000_000
"""Bytes of pixels as a PNG or a TIFF holds them, up to 8 for each: unpacking them takes time."""

MOST_SCANNED = 1_000_000_000
"""Pixels × scans of a progressive JPEG: a small file can ask for hours of decoding."""


class UnreadableError(Exception):
    """One picture cannot be used; the message is the reason in a few words, without its name."""


def check_pixels(width: int, height: int, most: int = LARGEST_PICTURE) -> None:
    """Refuse a picture of more than ``most`` pixels."""
    if width * height > most:
        reason = f"too large ({width:,} x {height:,} pixels; at most {most:,} in all)"
        raise UnreadableError(reason)


def check_decoded(width: int, height: int, bits: int) -> None:
    """Refuse a picture whose pixels of ``bits`` each are more than ``MOST_DECODED`` bytes."""
    taken = width * height * bits // 8
    if taken > MOST_DECODED:
        shown = f"{taken / 1e6:,.0f} MB of pixels; at most {MOST_DECODED / 1e6:,.0f}"
        raise UnreadableError(f"too large ({shown})")


def check_packed(size: int, most: int = LARGEST_PACKED_FILE) -> None:
    """Refuse a file of more than ``most`` compressed bytes, which are not unpacked in time."""
    if size > most:
        raise UnreadableError(f"too large (a compressed file of more than {most >> 20} MB)")
