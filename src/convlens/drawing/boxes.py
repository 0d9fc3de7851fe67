"""Volumes as boxes: the face is width by height, the depth goes back; all by one scale.

Sides are drawn to the square root, so that 224 and 7 fit one figure; depth, which runs from 1 to
thousands, to the logarithm. A vector is a bar.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from convlens.drawing.svg import path
from convlens.notation import Volume

LARGEST = 118.0
"""Pixels of the network's largest side."""

SMALLEST = 5.0
SLANT = 0.55
"""How far up the depth goes, for each pixel to the right."""


@dataclass(frozen=True, slots=True)
class Box:
    """A volume in pixels: its face, and how far its depth goes to the right and up."""

    volume: Volume
    width: float
    height: float
    back: float

    @property
    def across(self) -> float:
        """Pixels from its left to its right."""
        return self.width + self.back

    @property
    def rise(self) -> float:
        """Pixels that the depth goes up."""
        return SLANT * self.back

    @property
    def tall(self) -> float:
        """Pixels from its top to its bottom."""
        return self.height + self.rise

    def svg(self, x: float, middle: float, colour: str) -> str:
        """The box with its left edge at ``x``, centred on ``middle``."""
        top, bottom = self.face(middle)
        right, back, rise = x + self.width, self.back, self.rise
        face = (x, top), (right, top), (right, bottom), (x, bottom)
        roof = (x, top), (x + back, top - rise), (right + back, top - rise), (right, top)
        side = (right, top), (right + back, top - rise), (right + back, bottom - rise)
        wall = (*side, (right, bottom))
        return (
            path(f"{colour} edge", *face)
            + path(f"{colour} edge", *roof)
            + path("lit", *roof)
            + path(f"{colour} edge", *wall)
            + path("shade", *wall)
        )

    def face(self, middle: float) -> tuple[float, float]:
        """Top and bottom of the face."""
        bottom = middle + self.tall / 2
        return bottom - self.height, bottom

    def window(
        self, x: float, middle: float, kernel: tuple[int, int]
    ) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of a filter's window, to the scale of the face."""
        top, bottom = self.face(middle)
        width = min(self.width, max(5.0, self.width * kernel[0] / self.volume.width))
        height = min(self.height, max(5.0, self.height * kernel[1] / self.volume.height))
        left = x + max(0.0, 0.62 * self.width - width / 2)
        left = min(left, x + self.width - width)
        above = min(top + 0.45 * self.height, bottom - height)
        return left, above, left + width, above + height


def box_of(volume: Volume, largest: int) -> Box:
    """The box of a volume in a network whose largest side is ``largest``."""
    if volume.width == volume.height == 1:
        return Box(volume, 9.0, 16 + 9 * math.log2(volume.depth + 1), 5.0)
    back = 3 + 4.2 * math.log2(volume.depth)
    return Box(volume, _side(volume.width, largest), _side(volume.height, largest), back)


def _side(cells: int, largest: int) -> float:
    return max(SMALLEST, LARGEST * math.sqrt(cells / max(largest, 1)))
