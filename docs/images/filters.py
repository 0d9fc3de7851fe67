"""Makes filters.png: what the filters of a network trained on CIFAR-10 answer to, layer by layer.

usage: CONVLENS_DATA=… python docs/images/filters.py MODEL [OUT]

MODEL is made by

    convlens train $CONVLENS_DATA/cifar10 --epochs 5 --out MODEL --net "INPUT - CONV 32@5x5 - RELU -
        POOL - CONV 48@3x3 - RELU - POOL - CONV 64@3x3 - RELU - POOL - FC"
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

import convlens as cl
from convlens.data import open_source
from convlens.evaluation.pictures import pictures_for
from convlens.lens import Exemplars, exemplars, filters, preferred_inputs, tiles

SHOWN = 8
"""Filters of each layer that are drawn, those that some picture excites most."""

TILE, SMALL, GAP, LABEL = 40, 35, 3, 22
"""Pixels."""

INK, PAPER = (90, 90, 90), (250, 250, 250)


def main() -> None:
    """Draw the figure of a model."""
    model, *rest = sys.argv[1:]
    out = Path(rest[0]) if rest else Path(__file__).parent / "filters.png"
    classifier = cl.load(model)
    source = open_source(Path(os.environ["CONVLENS_DATA"]) / "cifar10")
    pixels = pictures_for(classifier, source).pictures.pixels
    found = exemplars(classifier, pixels, k=5)
    bands = [labelled(first_filters(classifier), "conv1: its 32 filters, all on one scale")]
    for name, one in found.items():
        width, height = one.layer.receptive_field
        label = f"{name}: what excites eight filters most, {width}x{height} pixels; synthesized"
        bands.append(labelled(rows(classifier, one), label))
    width = max(band.shape[1] for band in bands)
    sheet = np.concatenate([widened(band, width) for band in bands])
    Image.fromarray(sheet).quantize(256, dither=Image.Dither.NONE).save(out, optimize=True)
    print(f"{out}: {out.stat().st_size:,} bytes")


def first_filters(classifier: cl.Classifier) -> NDArray[np.uint8]:
    """The first layer's filters as colour tiles on a common scale."""
    first = filters(classifier, "conv1")
    drawn = resized(tiles.colours(first.weights, first.scale), SMALL)
    return tiles.montage(drawn, columns=16, gap=GAP)


def rows(classifier: cl.Classifier, found: Exemplars) -> NDArray[np.uint8]:
    """Two columns of filters, for each its exemplars and its preferred input."""
    strongest = np.argsort(-found.responses[:, 0], kind="stable")[:SHOWN]
    made = preferred_inputs(classifier, found.layer.name, strongest.tolist())
    drawn: list[NDArray[np.uint8]] = []
    for channel, one in zip(strongest.tolist(), made, strict=True):
        drawn += [example.patch for example in found.of(channel)]
        drawn += [one.patch, np.full((1, 1, 3), PAPER, np.uint8)]
    return tiles.montage(resized(drawn), columns=14, gap=GAP)


def resized(patches: Iterable[NDArray[np.uint8]], side: int = TILE) -> NDArray[np.uint8]:
    """Patches of any size as tiles (N, side, side, 3), their pixels left to be seen."""
    images = [Image.fromarray(patch) for patch in patches]
    return np.stack([np.array(i.resize((side, side), Image.Resampling.NEAREST)) for i in images])


def labelled(sheet: NDArray[np.uint8], text: str) -> NDArray[np.uint8]:
    """``sheet`` with a line of text above it."""
    line = Image.new("RGB", (sheet.shape[1], LABEL), PAPER)
    font = ImageFont.load_default(13)
    ImageDraw.Draw(line).text((2, 4), text, fill=INK, font=font)
    return np.concatenate([np.array(line), sheet])


def widened(sheet: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """``sheet`` with paper on its right."""
    wide = np.full((sheet.shape[0], width, 3), PAPER, np.uint8)
    wide[:, : sheet.shape[1]] = sheet
    return wide


if __name__ == "__main__":
    main()
