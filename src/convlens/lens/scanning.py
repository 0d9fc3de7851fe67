"""A network slid over a larger picture in one convolutional pass: where it sees what."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from convlens.calibration import softmax
from convlens.classifier import Classifier
from convlens.data.whole import decode_whole
from convlens.errors import DataError
from convlens.lens.opened import Opened, open_network
from convlens.lens.sliding import Sliding, sliding
from convlens.network.footprint import prediction_memory, refuse_above

TILE_VALUES = 1 << 24
"""Values of activations that a tile may come to: 64 MiB."""

MOST_PROBABILITIES = 1 << 27
"""Numbers of the whole map, 512 MiB."""

FAR_OFF = 0.05
"""Deviation in probability above which a map is a rough guide only."""

CHECKED = 9
"""Windows that are cut out and classified by themselves, to see how far off the map is."""


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """Class probabilities of every window of a picture.

    ``probabilities`` (classes, rows, columns) float32. ``pixels`` (H, W, C) uint8 is the picture as
    it was scanned, ``scale`` times its own size. ``window`` (width, height) and ``stride`` (across,
    down) are in pixels of that; the first window begins at ``first`` (left, top). ``deviation`` is
    the largest difference of a probability from that of the window cut out and classified alone,
    over ``checked`` windows; ``padded`` says whether padding can make one at all.
    """

    classes: tuple[str, ...]
    probabilities: NDArray[np.float32]
    pixels: NDArray[np.uint8]
    scale: float
    window: tuple[int, int]
    stride: tuple[int, int]
    first: tuple[int, int]
    deviation: float
    checked: int
    padded: bool

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) of windows."""
        _, rows, columns = self.probabilities.shape
        return rows, columns

    def box(self, row: int, column: int) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) of a window, in pixels of the picture's own size."""
        left = self.first[0] + column * self.stride[0]
        top = self.first[1] + row * self.stride[1]
        right, bottom = left + self.window[0], top + self.window[1]
        return left / self.scale, top / self.scale, right / self.scale, bottom / self.scale

    def strongest(self, label: int) -> tuple[float, int, int]:
        """The largest probability of a class by its index, and the (row, column) where it is."""
        row, column = np.unravel_index(int(self.probabilities[label].argmax()), self.shape)
        return float(self.probabilities[label, row, column]), int(row), int(column)

    @property
    def exactness(self) -> str:
        """In one line how far the map is off windows classified alone, why, and what helps."""
        windows = "1 window" if self.checked == 1 else f"{self.checked} windows"
        off = f"{windows} classified alone differ by {self.deviation:.2g} at most"
        if not self.padded:
            return f"no padding: each window is as it would be alone ({off})"
        line = f"the network pads its layers, so windows see their surroundings: {off}"
        if self.deviation <= FAR_OFF:
            return line
        return (
            f"{line}; for an exact map train with `valid` in each CONV (CONV 16@3x3 valid), "
            "for one answer train at the size scanned (train --size)"
        )

    def _repr_html_(self) -> str:
        from convlens.lens.findings import scan_html

        return scan_html(self)


@dataclass(frozen=True, slots=True)
class Tile:
    """Windows ``begin`` to ``end`` − 1 of one axis, computed from ``low`` to ``high`` − 1."""

    begin: int
    end: int
    low: int
    high: int


def scan(
    classifier: Classifier,
    picture: Any,
    scale: float = 1.0,
    progress: Callable[[int, int], None] | None = None,
) -> Scan:
    """Slide the network over ``picture``, a path, bytes, a Pillow image or an array.

    The picture is first brought to ``scale`` times its size, so that the window covers 1 / scale
    times as many of its pixels. Up to a stride less one pixels at its edges lie in no window.
    ``progress`` is called with the windows done and all. Raises DataError where it is no picture or
    smaller than the window, SettingsError where the network cannot slide.
    """
    opened = open_network(classifier)
    slider = sliding(opened.plan, opened.network)
    p = classifier.preprocessing
    pixels = decode_whole(picture, p.channels, scale, p.tones)
    window = (p.width, p.height)
    size = (pixels.shape[1], pixels.shape[0])
    if size[0] < window[0] or size[1] < window[1]:
        raise too_small(size, window, scale)
    counts = [
        (side - w) // step + 1 for side, w, step in zip(size, window, slider.step, strict=True)
    ]
    columns, rows = counts
    if rows * columns * len(classifier.classes) > MOST_PROBABILITIES:
        raise DataError(
            f"{columns:,} x {rows:,} windows of {len(classifier.classes):,} classes are too many",
            "scan the picture at a smaller --scale",
        )
    left, top = (
        (side - w - (n - 1) * step) // 2
        for side, w, n, step in zip(size, window, counts, slider.step, strict=True)
    )
    inner = pixels[top:, left:]
    found = _probabilities(opened, slider, inner, (rows, columns), progress)
    off, checked = _deviation(classifier, inner, found, slider.step)
    return Scan(
        classes=classifier.classes,
        probabilities=found,
        pixels=pixels,
        scale=scale,
        window=window,
        stride=slider.step,
        first=(left, top),
        deviation=off,
        checked=checked,
        padded=slider.reach > 0,
    )


def too_small(size: tuple[int, int], window: tuple[int, int], scale: float) -> DataError:
    """What is wrong with a picture that no window fits in, and the scale that would do."""
    enough = scale * max(w / max(side, 1) for side, w in zip(size, window, strict=True))
    at = "" if scale == 1 else f" at scale {scale:g}"
    return DataError(
        f"the picture is {size[0]}x{size[1]} pixels{at}, smaller than the network's window of "
        f"{window[0]}x{window[1]}",
        f"scan it at a --scale of {math.ceil(100 * enough) / 100:g} or more, or use predict",
    )


@torch.inference_mode()
def _probabilities(
    opened: Opened,
    slider: Sliding,
    pixels: NDArray[np.uint8],
    shape: tuple[int, int],
    progress: Callable[[int, int], None] | None,
) -> NDArray[np.float32]:
    """(classes, rows, columns) over ``pixels`` (H, W, C), whose first window is at its corner."""
    rows, columns = shape
    across, down = slider.step
    width, height, _ = opened.plan.input
    temperature = opened.classifier.model.temperature
    result = np.empty((opened.plan.classes, rows, columns), np.float32)
    side = math.isqrt(max(1, TILE_VALUES * width * height // opened.plan.activations))
    _check_tiles(opened, slider, shape, side)
    for row in tiles(rows, (side - height) // down + 1, math.ceil(slider.reach / down)):
        for column in tiles(
            columns, (side - width) // across + 1, math.ceil(slider.reach / across)
        ):
            part = pixels[
                row.low * down : (row.high - 1) * down + height,
                column.low * across : (column.high - 1) * across + width,
            ]
            scores = slider.network(opened.normalised(part[None]))[0].numpy()
            classes, computed_rows, computed_columns = scores.shape
            flat = softmax(scores.reshape(classes, -1).T, temperature)
            block = flat.T.reshape(classes, computed_rows, computed_columns)
            result[:, row.begin : row.end, column.begin : column.end] = block[
                :,
                row.begin - row.low : row.end - row.low,
                column.begin - column.low : column.end - column.low,
            ]
            if progress is not None:
                progress(row.begin * columns + (row.end - row.begin) * column.end, rows * columns)
    return result


def _check_tiles(opened: Opened, slider: Sliding, shape: tuple[int, int], side: int) -> None:
    """See that the largest tile of about ``side`` pixels fits. Raises ModelFileError."""
    share = 1.0
    for count, step, window in zip(shape, slider.step[::-1], opened.plan.input[1::-1], strict=True):
        cut = tiles(count, (side - window) // step + 1, math.ceil(slider.reach / step))
        share *= max((tile.high - tile.low - 1) * step + window for tile in cut) / window
    refuse_above(round(share * prediction_memory(opened.plan)), "scanning with this network")


def tiles(count: int, room: int, margin: int) -> Iterator[Tile]:
    """Cut ``count`` windows into parts that come to about ``room`` with ``margin`` on both sides.

    The margin keeps the padding at a tile's edge out of what is kept: the tiles together are what
    one pass over the whole would give.
    """
    size = max(1, room - 2 * margin, margin)
    for begin in range(0, count, size):
        end = min(begin + size, count)
        yield Tile(begin, end, max(begin - margin, 0), min(end + margin, count))


def _deviation(
    classifier: Classifier,
    pixels: NDArray[np.uint8],
    found: NDArray[np.float32],
    step: tuple[int, int],
) -> tuple[float, int]:
    """The largest difference from windows classified alone, and how many were compared."""
    _, rows, columns = found.shape
    side = math.isqrt(CHECKED)
    places = {
        (round(r), round(c))
        for r in np.linspace(0, rows - 1, side)
        for c in np.linspace(0, columns - 1, side)
    }
    p = classifier.preprocessing
    crops = [
        pixels[r * step[1] : r * step[1] + p.height, c * step[0] : c * step[0] + p.width]
        for r, c in places
    ]
    alone = classifier.probabilities(np.stack(crops))
    slid = np.stack([found[:, r, c] for r, c in places])
    return float(np.abs(alone - slid).max()), len(places)
