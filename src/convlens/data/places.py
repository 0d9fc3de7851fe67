"""Where a picture lies: all that a decoding process needs to know of a source."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from numpy.typing import NDArray


class Span(NamedTuple):
    """Bytes inside a file: a member of an archive, where it lies and how it is packed.

    ``offset`` is that of the content ("none") or of the member's local header ("stored",
    "deflated"); ``stored`` counts the packed bytes, ``size`` the unpacked; ``crc`` is checked
    unless it is None.
    """

    path: str
    offset: int
    stored: int
    size: int
    packing: Literal["none", "stored", "deflated"]
    crc: int | None


Place = str | Span | bytes | NDArray[Any]
"""Where a picture is: a path as the system spells it, a span, or the content itself."""
