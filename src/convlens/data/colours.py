"""From every mode that Pillow decodes to 8-bit grey or RGB, by one stated conversion each.

| a file holds                          | becomes                                               |
|---------------------------------------|-------------------------------------------------------|
| grey, RGB                             | itself                                                |
| RGB where grey is wanted              | luma, (299 R + 587 G + 114 B) / 1000                  |
| 1 bit                                 | 0 and 255                                             |
| a palette, CMYK, YCbCr, HSV           | RGB; colour profiles are not applied                  |
| transparency of any kind              | laid over the background of its ``Tones``, or white   |
| more than 8 bits of grey, floats      | scaled from the range of its ``Tones`` and clipped;   |
|                                       | NaN and infinity are refused                          |
| the same where these tell no range:   |                                                       |
| 16-bit grey                           | scaled by 255 / 65535, not clipped                    |
| 32-bit integers, floats               | scaled from the least of 0..1 (floats only), 0..255   |
|                                       | and 0..65535 that holds them all, else from their own |
|                                       | range                                                 |
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convlens.data.limits import UnreadableError
from convlens.data.tones import PLAIN, Range, Tones

GREY_MODES = frozenset(("1", "L", "I", "F", "I;16", "I;16L", "I;16B", "I;16N"))
"""Modes of pictures without colour and without transparency."""

TILE = 1 << 17
"""Pixels that are converted at a time: a bound on memory, and a processor's caches hold them."""

_DEEP_MODES = ("I", "F")
_TINY = float(np.finfo(np.float64).tiny)


def is_deep(mode: str) -> bool:
    """Whether pixels of Pillow's ``mode`` have more than 8 bits."""
    return mode in _DEEP_MODES or mode.startswith("I;16")


def deep_range(image: Image.Image, tones: Tones = PLAIN) -> Range | None:
    """Return the values that become 0 and 255, for pixels of more than 8 bits; None for others."""
    if not is_deep(image.mode):
        return None
    own = _own_range(image)  # which also refuses what is no number
    return tones.range or own


def _own_range(image: Image.Image) -> Range:
    if image.mode.startswith("I;16"):
        return (0.0, 65535.0)
    low, high = (float(v) for v in image.getextrema())  # type: ignore[arg-type]
    if not np.isfinite((low, high)).all() or (image.mode == "F" and _has_nan(image)):
        raise UnreadableError("holds NaN or infinite values")
    if low < 0:
        return (low, high)
    ceilings = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
    return next(((0.0, top) for top in ceilings if high <= top), (low, high))


def _has_nan(image: Image.Image) -> bool:
    # Extrema pass over NaN; a look at every value does not, and by tiles it takes little memory.
    boxes = tiles(image.size, (1, 1))
    return any(bool(np.isnan(np.asarray(image.crop(box))).any()) for box in boxes)


def tiles(size: tuple[int, int], factors: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    """Yield boxes (left, top, right, bottom) of about ``TILE`` pixels that cover ``size``.

    All but the last of a row or column have sides that are multiples of ``factors``.
    """
    width, height = size
    across = max(1, min(width, TILE // factors[1]) // factors[0]) * factors[0]
    across = width if across >= width - factors[0] else across
    down = max(1, TILE // across // factors[1]) * factors[1]
    for top in range(0, height, down):
        for left in range(0, width, across):
            yield left, top, min(left + across, width), min(top + down, height)


def to_eight_bits(
    image: Image.Image, mode: str, deep: Range | None, level: int = PLAIN.level
) -> Image.Image:
    """Return ``image`` in ``mode``, L or RGB.

    ``deep`` is the whole picture's ``deep_range``, ``level`` what transparency lies over, 0 to 255.
    """
    if image.mode == mode and "transparency" not in image.info:
        return image
    if deep is not None:
        return _in_mode(_scaled(image, deep), mode)
    if image.has_transparency_data:
        return _in_mode(_laid_over(image, level), mode)
    try:
        return image.convert(mode)
    except ValueError as error:
        raise UnreadableError(f"colours of the kind {image.mode} are not read") from error


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    return image if image.mode == mode else image.convert(mode)  # which copies where they are equal


def _scaled(image: Image.Image, deep: Range) -> Image.Image:
    return Image.fromarray(scaled(np.asarray(image), deep))


def scaled(values: NDArray[Any], deep: Range) -> NDArray[np.uint8]:
    """Values of any kind as 0..255: ``deep`` becomes these, and what lies outside is clipped."""
    low, high = deep
    levels = (values.astype(np.float64) - low) * (255.0 / max(high - low, _TINY))
    return np.rint(levels).clip(0, 255).astype(np.uint8)


def _laid_over(image: Image.Image, level: int) -> Image.Image:
    coloured = _in_mode(image, "RGBA")
    ground = Image.new("RGB", coloured.size, (level, level, level))
    ground.paste(coloured, mask=coloured)  # same values as alpha_composite, in half the time
    return ground
