"""What the pictures are like, told from a sample, before any size is chosen.

Of plain pictures the headers do; of deep and transparent ones the pixels of some are read too.
"""

from __future__ import annotations

import hashlib
import io
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from convlens.data.colours import is_deep, to_eight_bits
from convlens.data.decoding import reason_of
from convlens.data.formats import open_picture, quiet
from convlens.data.limits import UnreadableError
from convlens.data.metadata import orientation
from convlens.data.pictures import Skipped
from convlens.data.reading import Reader
from convlens.data.sources.source import Item, Source
from convlens.data.tones import PLAIN, Tones
from convlens.data.toning import Toned, tones_of
from convlens.errors import DataError

_GREY_TOLERANCE = 3  # levels by which JPEG's rounding parts the channels of a grey picture
_THUMBNAIL = (64, 64)


@dataclass(frozen=True, slots=True)
class Survey:
    """Sizes in pixels, as they stand upright; figures are of the sampled pictures.

    ``width`` and ``height`` are medians, ``aspect`` the median of width / height; ``channels`` is
    1 where every sampled picture is grey; ``size`` the median of bytes per file, None for arrays.
    ``tones`` are one range of greys and one background for all of the pictures, of which ``notes``
    say in one line each what the user should know.
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
    tones: Tones = PLAIN
    notes: tuple[str, ...] = ()

    @property
    def uniform(self) -> bool:
        """Whether every sampled picture has the same size."""
        return self.least == self.largest


class _Header(NamedTuple):
    width: int
    height: int
    coloured: bool
    deep: bool
    transparent: bool


def survey(source: Source, sample: int = 256, known: Tones = PLAIN) -> Survey:
    """Look at ``sample`` pictures, drawn by their names; raises DataError where none reads.

    Where deep pictures are among them the pixels of many are read, for their range. Tones that are
    ``known`` already, of a model to go on from, stay.
    """
    drawn = sorted(source.items, key=_draw)
    chosen = drawn[: max(1, sample)]
    looked: list[tuple[Item, _Header]] = []
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
            looked.append((item, header))
        toned = _toned(reader, source, looked, drawn[len(chosen) :], known)
    if not looked:
        first = f": {skipped[0].file}: {skipped[0].reason}" if skipped else ""
        raise DataError(f"none of {len(skipped):,} sampled pictures in {source.name} reads{first}")
    found = _summed(source, chosen, [header for _, header in looked], skipped)
    return replace(found, tones=toned.tones, notes=toned.notes)


def _toned(
    reader: Reader,
    source: Source,
    looked: Sequence[tuple[Item, _Header]],
    rest: Sequence[Item],
    known: Tones,
) -> Toned:
    """The tones that the sample tells, and where it has deep pictures the ``rest`` too."""
    deep = [item for item, header in looked if header.deep]
    return tones_of(
        reader,
        [*deep, *rest] if deep else [],
        [item for item, header in looked if header.transparent],
        known=known,
        mixed=len(deep) < len(looked),
        in_memory=source.in_memory,
    )


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
        return _array_header(place, told=told)
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
    deep, transparent = is_deep(picture.mode), picture.has_transparency_data
    return _Header(width, height, not told and _is_coloured(picture), deep, transparent)


def _array_header(array: NDArray[Any], *, told: bool) -> _Header:
    height, width, channels = array.shape
    grey = channels == 1 or told
    if not grey:
        seen = array[..., :3] if channels == 3 else array[array[..., 3] > 0][..., :3]
        grey = bool((seen == seen[..., :1]).all())
    return _Header(width, height, not grey, array.dtype != np.uint8, channels == 4)


def _is_coloured(picture: ImageFile.ImageFile) -> bool:
    if picture.mode in ("1", "L", "LA", "La") or is_deep(picture.mode):
        return False
    picture.draft("RGB", _THUMBNAIL)
    picture.load()
    picture.thumbnail(_THUMBNAIL, Image.Resampling.BOX)
    small = to_eight_bits(picture, "RGB", None)
    levels = np.asarray(small, dtype=np.int16)
    return int(np.ptp(levels, axis=2).max()) > _GREY_TOLERANCE
