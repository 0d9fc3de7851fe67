"""What the files of pictures say of themselves before any pixel: sizes, modes, bytes."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convlens.data.formats import open_picture, quiet
from convlens.data.loading import Progress
from convlens.data.metadata import orientation
from convlens.data.reading import Reader
from convlens.data.sources.source import Item, Source

MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F")
_STEP = 200  # pictures between reports


@dataclass(frozen=True, eq=False, slots=True)
class Headers:
    """Of N items: ``widths`` and ``heights`` (N,) in pixels, upright, 0 where unreadable.

    ``modes`` (N,) are indices into MODES, -1 for others, ``bytes`` (N,) sizes of files, 0 for
    arrays.
    """

    widths: NDArray[np.int64]
    heights: NDArray[np.int64]
    modes: NDArray[np.int64]
    bytes: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> Headers:
        """Those of the items ``rows``."""
        return Headers(self.widths[rows], self.heights[rows], self.modes[rows], self.bytes[rows])


def read_headers(source: Source, progress: Progress) -> Headers:
    """Read the header of every item; one that cannot be read has the size 0 x 0."""
    told = np.zeros((len(source), 4), np.int64)
    with Reader() as reader, quiet():
        for row, item in enumerate(source.items):
            try:
                told[row, :3] = header(reader, item)
            except Exception:  # Pillow's plugins raise nearly anything; decoding will say why
                told[row, 2] = -1
            told[row, 3] = 0 if source.in_memory else item.size or 0
            if row % _STEP == 0:
                progress(row, len(source))
    progress(len(source), len(source))
    return Headers(*told.T)


def header(reader: Reader, item: Item) -> tuple[int, int, int]:
    """Width and height, upright, and mode of one picture; raises nearly anything if damaged."""
    place = item.place
    if isinstance(place, np.ndarray):
        return place.shape[1], place.shape[0], MODES.index("L" if place.shape[2] == 1 else "RGB")
    if isinstance(place, str):
        with open(place, "rb") as file:  # noqa: PTH123  (only the header is read from it)
            return _told(file)
    content = reader.read(place)
    assert isinstance(content, bytes)
    return _told(io.BytesIO(content))


def _told(file: io.BufferedReader | io.BytesIO) -> tuple[int, int, int]:
    picture = open_picture(file)
    width, height = picture.size
    if orientation(picture) >= 5:
        width, height = height, width
    return width, height, MODES.index(picture.mode) if picture.mode in MODES else -1
