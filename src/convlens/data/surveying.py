"""What the pictures are like, told from the headers of a sample, before any size is chosen."""

from __future__ import annotations

import hashlib
import io
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageFile

from convlens.data.colours import deep_range, to_eight_bits
from convlens.data.decoding import reason_of
from convlens.data.formats import open_picture, quiet
from convlens.data.limits import UnreadableError
from convlens.data.metadata import orientation
from convlens.data.pictures import Skipped
from convlens.data.reading import Reader
from convlens.data.sources.source import Item, Source
from convlens.errors import DataError

_GREY_TOLERANCE = 3  # levels by which JPEG's rounding parts the channels of a grey picture
_THUMBNAIL = (64, 64)


@dataclass(frozen=True, slots=True)
class Survey:
    """Sizes in pixels, as they stand upright; figures are of the sampled pictures.

    ``width`` and ``height`` are medians, ``aspect`` the median of width / height; ``channels`` is
    1 where every sampled picture is grey; ``size`` the median of bytes per file, None for arrays.
    """

    count: int
    sampled: int
    width: int
    height: int
    least: tuple[int, int]
    largest: tuple[int, int]
    aspect: float
    channels: int
    size: int | None
    skipped: tuple[Skipped, ...] = ()

    @property
    def uniform(self) -> bool:
        """Whether every sampled picture has the same size."""
        return self.least == self.largest


class _Header(NamedTuple):
    width: int
    height: int
    coloured: bool


def survey(source: Source, sample: int = 256) -> Survey:
    """Look at ``sample`` pictures, drawn by their names; raises DataError where none reads."""
    chosen = sorted(source.items, key=_draw)[: max(1, sample)]
    headers: list[_Header] = []
    skipped: list[Skipped] = []
    coloured = False
    with Reader() as reader, quiet():
        for item in chosen:
            try:
                header = _look(reader, item, told=coloured)
            except UnreadableError as error:
                skipped.append(Skipped(item.name, str(error)))
                continue
            coloured = coloured or header.coloured
            headers.append(header)
    if not headers:
        first = f": {skipped[0].file}: {skipped[0].reason}" if skipped else ""
        raise DataError(f"none of {len(skipped):,} sampled pictures in {source.name} reads{first}")
    return _summed(source, chosen, headers, skipped)


def _draw(item: Item) -> bytes:
    return hashlib.blake2b(item.name.encode(), digest_size=8).digest()


def _summed(
    source: Source, chosen: Sequence[Item], headers: Sequence[_Header], skipped: list[Skipped]
) -> Survey:
    widths = [header.width for header in headers]
    heights = [header.height for header in headers]
    sizes = [item.size for item in chosen if item.size is not None]
    return Survey(
        count=len(source),
        sampled=len(chosen),
        width=round(statistics.median(widths)),
        height=round(statistics.median(heights)),
        least=(min(widths), min(heights)),
        largest=(max(widths), max(heights)),
        aspect=statistics.median(header.width / header.height for header in headers),
        channels=3 if any(header.coloured for header in headers) else 1,
        size=None if source.in_memory or not sizes else round(statistics.median(sizes)),
        skipped=tuple(skipped),
    )


def _look(reader: Reader, item: Item, *, told: bool) -> _Header:
    """Read one header; pixels too, where they may be colour and none has been found (``told``)."""
    place = item.place
    if isinstance(place, np.ndarray):
        height, width, channels = place.shape
        grey = channels == 1 or told or bool((np.ptp(place.astype(np.int16), axis=2) == 0).all())
        return _Header(width, height, not grey)
    try:
        if isinstance(place, str):
            with open(place, "rb") as file:  # noqa: PTH123  (only the header is read from it)
                return _header(open_picture(file), told=told)
        content = reader.read(place)
        return _header(open_picture(io.BytesIO(content)), told=told)  # type: ignore[arg-type]
    except UnreadableError:
        raise
    except Exception as error:  # Pillow's plugins raise nearly anything on a damaged file
        raise UnreadableError(reason_of(error)) from error


def _header(picture: ImageFile.ImageFile, *, told: bool) -> _Header:
    width, height = picture.size
    if orientation(picture) >= 5:
        width, height = height, width
    return _Header(width, height, not told and _is_coloured(picture))


def _is_coloured(picture: ImageFile.ImageFile) -> bool:
    if picture.mode in ("1", "L", "LA", "La", "I", "F") or picture.mode.startswith("I;16"):
        return False
    picture.draft("RGB", _THUMBNAIL)
    picture.load()
    picture.thumbnail(_THUMBNAIL, Image.Resampling.BOX)
    small = to_eight_bits(picture, "RGB", deep_range(picture))
    levels = np.asarray(small, dtype=np.int16)
    return int(np.ptp(levels, axis=2).max()) > _GREY_TOLERANCE
