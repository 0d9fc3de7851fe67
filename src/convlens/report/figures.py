"""The pictures of a report as pixels: the page carries them, ``--png`` writes them to files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convlens.lens import Exemplar, tiles
from convlens.lens.attribution import Saliency
from convlens.lens.weights import Filters

Pixels = NDArray[np.uint8]

PICTURE = 256
"""Pixels that a small picture is magnified towards, and a large one made smaller to."""

PATCH = 44
"""The same for an exemplar's patch."""

COVER = 0.72
"""How much of the picture the strongest mark hides, 0 to 1."""

MOST_TILES = 64
"""Maps or filters on one sheet."""


def sized(pixels: Pixels, side: int) -> Pixels:
    """Pixels (H, W, 1 or 3) as (h, w, 3): whole pixels magnified, or a larger picture reduced."""
    longest = max(pixels.shape[:2])
    if longest * 2 <= side:
        return tiles.magnified(tiles.rgb(pixels), side // longest)
    if longest <= side:
        return tiles.rgb(pixels)
    size = (
        max(1, round(pixels.shape[1] * side / longest)),
        max(1, round(pixels.shape[0] * side / longest)),
    )
    reduced = Image.fromarray(tiles.rgb(pixels)).resize(size, Image.Resampling.BOX)
    return np.asarray(reduced)


def marked(saliency: Saliency, side: int = PICTURE) -> Pixels:
    """A saliency map laid over the grey picture: the stronger the mark, the more it covers.

    Orange speaks for the class, blue against it. The scale is the 99th percentile of the sizes, so
    that a few pixels do not darken all others.
    """
    sizes = np.abs(saliency.map)
    scale = float(np.percentile(sizes, 99)) or float(sizes.max()) or 1.0
    share = (saliency.map / scale).clip(-1, 1)
    grey = tiles.rgb(saliency.pixels).mean(axis=2, keepdims=True)
    base = 110 + 0.5 * (np.repeat(grey, 3, axis=2) - 110)
    colour = tiles.signed(np.sign(share) * (0.35 + 0.5 * np.abs(share)), 1.0)
    alpha = COVER * np.sqrt(np.abs(share))[:, :, None]
    mixed = (1 - alpha) * base + alpha * colour
    return sized(mixed.round().clip(0, 255).astype(np.uint8), side)


def maps(volume: NDArray[np.floating], channels: Sequence[int]) -> Pixels:
    """Maps of a volume (C, H, W), on a common scale, as one sheet."""
    some = volume[list(channels)[:MOST_TILES]]
    thin = some[:, :: _every(some), :: _every(some)]
    drawn = tiles.shown(thin, float(np.abs(some).max()) or 1.0)
    return tiles.montage(_enlarged(drawn, 96), gap=2)


def filter_sheet(found: Filters) -> Pixels:
    """Filters as colour tiles, or a row of slices for each of the first."""
    if found.colour:
        return tiles.montage(
            _enlarged(tiles.colours(found.weights[:MOST_TILES], found.scale), 64), gap=2
        )
    if found.weights.shape[1] == 1:
        alone = tiles.signed(found.weights[:MOST_TILES, 0], found.scale)
        return tiles.montage(_enlarged(alone, 64), gap=2)
    some = found.weights[:16, :16]
    drawn = tiles.signed(some.reshape(-1, *some.shape[2:]), found.scale)
    return tiles.montage(_enlarged(drawn, 40), columns=some.shape[1], gap=2)


def row_of_patches(found: Sequence[Exemplar]) -> Pixels:
    """Patches side by side, each brought to the same size, grey around."""
    return tiles.montage(squares([one.patch for one in found], PATCH), columns=len(found), gap=3)


def squares(patches: Sequence[Pixels], side: int) -> Pixels:
    """Patches (h, w, C) of any size as (N, side, side, 3), their shapes kept."""
    found = np.full((len(patches), side, side, 3), tiles.GAP, np.uint8)
    for place, patch in zip(found, patches, strict=True):
        if not patch.size:
            continue
        longest = max(patch.shape[:2])
        width = max(1, round(side * patch.shape[1] / longest))
        height = max(1, round(side * patch.shape[0] / longest))
        way = Image.Resampling.NEAREST if longest < side else Image.Resampling.BOX
        fitted = np.asarray(Image.fromarray(tiles.rgb(patch)).resize((width, height), way))
        top, left = (side - height) // 2, (side - width) // 2
        place[top : top + height, left : left + width] = fitted
    return found


def _every(volume: NDArray[np.floating]) -> int:
    """Of a large map every second, third … cell is drawn."""
    return int(-(-max(volume.shape[1:]) // 192))


def _enlarged(drawn: Pixels, side: int) -> Pixels:
    return tiles.magnified(drawn, max(1, side // max(drawn.shape[1:3])))
