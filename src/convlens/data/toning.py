"""Finding the tones of a data set: one range and one background for all of its pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from convlens.data.colours import scaled
from convlens.data.limits import UnreadableError
from convlens.data.originals import Original, original
from convlens.data.reading import Reader
from convlens.data.sources.source import Item
from convlens.data.tones import (
    BITS,
    LEVELS,
    PLAIN,
    Background,
    Extent,
    Range,
    Tones,
    extent_of,
    joint,
    range_for,
)

MOST_PICTURES, MOST_BYTES, LEAST_PICTURES = 4096, 64 << 20, 32
"""Deep files that are read for their range, and bytes of them, at most; and files all the same."""

MOST_TRANSPARENT = 64
"""Transparent pictures that are looked at over each background."""

FAINT = 8
"""Levels of contrast up to which nothing is to be seen of a picture."""

MANY = 0.1
"""Of the transparent pictures, that may vanish on a background; of the deep, that may be clipped
without a word."""

_MOST_PIXELS = 1 << 18  # of a transparent picture


class Toned(NamedTuple):
    """The tones of a data set, and what to tell of them, in one line each."""

    tones: Tones
    notes: tuple[str, ...] = ()


def tones_of(
    reader: Reader,
    deep: Iterable[Item],
    transparent: Iterable[Item],
    *,
    known: Tones = PLAIN,
    mixed: bool = False,
    in_memory: bool = False,
) -> Toned:
    """Read pictures that may be ``deep`` or ``transparent``, in order, until it is enough.

    What is ``known`` already is kept. ``mixed``: there are pictures of 8 bits too.
    """
    extents = list(_extents(reader, deep, in_memory))
    telling = [one for one in extents if one.low < one.high] or extents  # not a saturated frame
    found = Tones(range_for(joint(telling))) if telling else PLAIN
    shown = list(_shown(reader, transparent, known.over(found).range))
    tones = known.over(Tones(found.greys, background_for(shown)))
    return Toned(tones, tuple(_notes(tones, extents, bool(shown), mixed, in_memory)))


def _extents(reader: Reader, items: Iterable[Item], in_memory: bool) -> Iterator[Extent]:
    looked = read = count = 0
    for item in items:
        enough = looked >= MOST_PICTURES or (read >= MOST_BYTES and count >= LEAST_PICTURES)
        if enough and not in_memory:
            return
        looked, read = looked + 1, read + (item.size or 0)
        found = _original(reader, item)
        if found is not None and found.deep:
            count += 1
            yield extent_of(found.values)


def _original(reader: Reader, item: Item) -> Original | None:
    try:
        return original(reader.read(item.place))
    except UnreadableError:
        return None  # decoding says why


def _shown(
    reader: Reader, items: Iterable[Item], deep: Range | None
) -> Iterator[dict[Background, int]]:
    count = 0
    for item in items:
        found = _original(reader, item)
        if found is not None and found.transparent:
            count += 1
            yield contrasts(found, deep)
        if count >= MOST_TRANSPARENT:
            return


def contrasts(picture: Original, deep: Range | None) -> dict[Background, int]:
    """Levels between the darkest and the brightest pixel of a picture over each background."""
    values = picture.values.reshape(-1, 4)
    values = values[:: len(values) // _MOST_PIXELS + 1]
    if picture.deep:
        values = scaled(values, deep or range_for(extent_of(values)))
    colours, share = values[:, :3].astype(np.float32), values[:, 3:].astype(np.float32) / 255
    return {
        name: _contrast(colours * share + level * (1 - share)) for name, level in LEVELS.items()
    }


def _contrast(colours: NDArray[Any]) -> int:
    return round(float(np.ptp(colours, axis=0).max()))


def background_for(shown: list[dict[Background, int]]) -> Background:
    """What transparent pictures are to lie over: white, unless too many of them vanish there.

    ``shown`` holds the contrast of each over each background. One that shows nothing over any
    does not count.
    """
    lost = Counter(
        name
        for one in shown
        for name, contrast in one.items()
        if contrast <= FAINT < max(one.values())
    )
    names: tuple[Background, ...] = get_args(Background)
    few = [name for name in names if lost[name] <= MANY * len(shown)]
    return few[0] if few else min(names, key=lambda name: lost[name])


def _notes(
    tones: Tones, extents: list[Extent], transparent: bool, mixed: bool, in_memory: bool
) -> Iterator[str]:
    if extents and tones.range is not None and not (in_memory and tones.range == (0.0, 1.0)):
        yield told(tones.range) + ("; pictures of 8 bits stay as they are" if mixed else "")
        if (count := beyond(extents, tones.range)) > MANY * len(extents):
            yield f"{count:,} of {len(extents):,} deep pictures reach beyond: clipped"
    if transparent and tones.background == "black":
        yield "transparent pictures are laid over black: over white they would be empty"
    if transparent and tones.background == "grey":
        yield "transparent pictures are laid over grey: over white or black many would be empty"


def beyond(extents: list[Extent], deep: Range) -> int:
    """How many pictures hold values outside ``deep``, by more than a level."""
    low, high = deep
    level = (high - low) / 255
    return sum(one.low < low - level or one.high > high + level for one in extents)


def told(deep: Range) -> str:
    """A range in words."""
    low, high = deep
    if deep == (0.0, BITS[0]):
        return "greys of more than 8 bits reach 255 at most: they stay as they are"
    bits = f" ({int(high).bit_length()} bits)" if low == 0 and high in BITS else ""
    return f"greys from {_number(low)} to {_number(high)}{bits} become 0 to 255"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value.is_integer() else f"{value:.4g}"
