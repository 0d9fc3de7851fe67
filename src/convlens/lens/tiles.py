"""Values to pixels: maps and filters as uint8 RGB arrays and PNG bytes.

The colours are the same on light and dark pages, differ in lightness as well as in hue, and so
can be told apart with any colour vision.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

SIGNED = ((0.0, (5, 48, 120)), (0.25, (67, 140, 200)), (0.5, (236, 236, 236)),
          (0.75, (240, 145, 60)), (1.0, (150, 40, 0)))  # fmt: skip
"""Blue below zero, light grey at zero, orange above: places 0 to 1 and their colours."""

RISING = ((0.0, (8, 18, 56)), (0.35, (52, 72, 128)), (0.65, (140, 130, 120)),
          (0.85, (215, 180, 85)), (1.0, (255, 240, 150)))  # fmt: skip
"""Dark blue at zero to light yellow: lighter all the way."""

GAP = (128, 128, 128)
"""Between tiles."""


def signed(values: NDArray[np.floating], scale: float | None = None) -> Pixels:
    """Values (…) to (…, 3): blue below zero, light grey at zero, orange above.

    ±``scale``, by default the largest absolute value, are the ends of the colours.
    """
    scale = scale or _largest(values)
    return _coloured(0.5 + 0.5 * np.asarray(values, np.float64) / scale, SIGNED)


def sequential(values: NDArray[np.floating], scale: float | None = None) -> Pixels:
    """Values (…) ≥ 0 to (…, 3): from dark blue at zero to light yellow at ``scale``."""
    scale = scale or _largest(values)
    return _coloured(np.asarray(values, np.float64) / scale, RISING)


def shown(values: NDArray[np.floating], scale: float | None = None) -> Pixels:
    """``sequential`` where no value is below zero, else ``signed``."""
    return signed(values, scale) if (values < 0).any() else sequential(values, scale)


def colours(weights: NDArray[np.floating], scale: float | None = None) -> Pixels:
    """Filters (…, 3, h, w) on red, green, blue to (…, h, w, 3): mid-grey is zero."""
    scale = scale or _largest(weights)
    levels = 0.5 + 0.5 * np.moveaxis(np.asarray(weights, np.float64), -3, -1) / scale
    return _bytes(levels * 255)


def montage(tiles: NDArray[np.uint8], columns: int | None = None, gap: int = 1) -> Pixels:
    """N ≥ 1 tiles (N, h, w, 3) side by side, ``gap`` grey pixels between: (H, W, 3).

    ``columns`` in a row, by default as many as make it about square.
    """
    count, height, width, _ = tiles.shape
    columns = min(count, columns or int(np.ceil(np.sqrt(count))))
    lines = -(-count // columns)
    sheet = np.empty((lines * (height + gap) - gap, columns * (width + gap) - gap, 3), np.uint8)
    sheet[:] = GAP
    for number, tile in enumerate(tiles):
        top, left = number // columns * (height + gap), number % columns * (width + gap)
        sheet[top : top + height, left : left + width] = tile
    return sheet


def rgb(pixels: NDArray[np.uint8]) -> Pixels:
    """A picture (H, W, 1) or (H, W, 3) as (H, W, 3)."""
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels


def magnified(pixels: Pixels, zoom: int) -> Pixels:
    """(…, H, W, C) with every pixel ``zoom`` times as wide and high."""
    return pixels.repeat(zoom, axis=-3).repeat(zoom, axis=-2)


def png(pixels: Pixels, zoom: int = 1) -> bytes:
    """The bytes of a PNG file of ``pixels`` (H, W, 3) or (H, W, 1), each ``zoom`` pixels wide."""
    held = io.BytesIO()
    Image.fromarray(magnified(rgb(pixels), zoom)).save(held, "PNG", optimize=True)
    return held.getvalue()


def _coloured(
    places: NDArray[np.float64], anchors: tuple[tuple[float, tuple[int, int, int]], ...]
) -> Pixels:
    """Places 0 to 1, clipped, to colours between the anchors."""
    at = [place for place, _ in anchors]
    channels = zip(*(colour for _, colour in anchors), strict=True)
    return _bytes(np.stack([np.interp(places, at, channel) for channel in channels], -1))


def _bytes(levels: NDArray[np.float64]) -> Pixels:
    return np.rint(np.clip(np.nan_to_num(levels), 0, 255)).astype(np.uint8)


def _largest(values: NDArray[np.floating]) -> float:
    """The largest absolute value that is finite, 1 where all are zero."""
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max(initial=0.0)) or 1.0
