"""From every mode that Pillow decodes to 8-bit grey or RGB, by one stated conversion each.

| a file holds                          | becomes                                               |
|---------------------------------------|-------------------------------------------------------|
| grey, RGB                             | itself                                                |
| RGB where grey is wanted              | luma, (299 R + 587 G + 114 B) / 1000                  |
| 1 bit                                 | 0 and 255                                             |
| a palette, CMYK, YCbCr, HSV           | RGB; colour profiles are not applied                  |
| transparency of any kind              | laid over white                                       |
| 16-bit grey                           | scaled by 255 / 65535, not clipped                    |
| 32-bit integers, floats               | scaled from the least of 0..1 (floats only), 0..255   |
|                                       | and 0..65535 that holds them all, else from their own |
|                                       | range; NaN and infinity are refused                   |
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from convlens.data.limits import UnreadableError

Range = tuple[float, float]

GREY_MODES = frozenset(("1", "L", "I", "F", "I;16", "I;16L", "I;16B", "I;16N"))
"""Modes of pictures without colour and without transparency."""

TILE = 1 << 17
"""Pixels that are converted at a time: a bound on memory, and a processor's caches hold them."""

_DEEP_MODES = ("I", "F")


def deep_range(image: Image.Image) -> Range | None:
    """Return the values that become 0 and 255, for pixels of more than 8 bits; None for others."""
    if image.mode.startswith("I;16"):
        return (0.0, 65535.0)
    if image.mode not in _DEEP_MODES:
        return None
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


def to_eight_bits(image: Image.Image, mode: str, deep: Range | None) -> Image.Image:
    """Return ``image`` in ``mode``, L or RGB; ``deep`` is the whole picture's ``deep_range``."""
    if image.mode == mode and "transparency" not in image.info:
        return image
    if deep is not None:
        return _in_mode(_scaled(image, deep), mode)
    if image.has_transparency_data:
        return _in_mode(_over_white(image), mode)
    try:
        return image.convert(mode)
    except ValueError as error:
        raise UnreadableError(f"colours of the kind {image.mode} are not read") from error


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    return image if image.mode == mode else image.convert(mode)  # which copies where they are equal


def _scaled(image: Image.Image, deep: Range) -> Image.Image:
    low, high = deep
    values = np.asarray(image).astype(np.float64)
    values = (values - low) * (255.0 / max(high - low, np.finfo(np.float64).tiny))
    return Image.fromarray(np.rint(values).clip(0, 255).astype(np.uint8))


def _over_white(image: Image.Image) -> Image.Image:
    coloured = _in_mode(image, "RGBA")
    white = Image.new("RGB", coloured.size, (255, 255, 255))
    white.paste(coloured, mask=coloured)  # same values as alpha_composite, in half the time
    return white
