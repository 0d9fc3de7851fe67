"""What of a picture's own values becomes 0 and 255, and what transparency lies over.

Pictures of 8 bits are themselves. Deeper ones, and floats, have no scale of their own: a camera of
12 bits writes files of 16. So one range holds for a whole data set, is found in its pictures before
they are decoded (``toning``), and travels in the model file.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from convlens.errors import SettingsError

Range = tuple[float, float]
"""The values that become 0 and 255; what lies outside is clipped."""

Background = Literal["white", "black", "grey"]
"""What transparent pictures are laid over."""

EACH: Literal["each"] = "each"
"""In place of a range: every picture by one of its own, as models were made that tell none."""

LEVELS: dict[Background, int] = {"white": 255, "black": 0, "grey": 128}

BITS = tuple(float(2**bits - 1) for bits in (8, 10, 12, 14, 16, 20, 24, 32))
"""Largest values of so many bits: the ceilings that whole numbers may have."""

USED = 1 / 8
"""Of a ceiling, that values take at least; else the range is drawn more closely around them."""

STEPS = 16
"""Steps of a range that is drawn around the values, at least: its ends lie on round numbers."""

STRAY = 1e-4
"""Of a picture's pixels, dead and hot ones of a sensor, which may lie outside."""


@dataclass(frozen=True, slots=True)
class Tones:
    """From a file's values to 8 bits. Raises SettingsError for what is no range or background.

    ``greys`` is the range of values of more than 8 bits, and of floats; None where no such picture
    was met, when each has one of its own, as with EACH. Pictures of 8 bits are never scaled.
    """

    greys: Range | Literal["each"] | None = None
    background: Background = "white"

    def __post_init__(self) -> None:
        if self.greys is not None and self.greys != EACH:
            object.__setattr__(self, "greys", _checked(self.greys))
        if self.background not in get_args(Background):
            raise SettingsError(
                f"unknown background `{self.background}`", "choose white, black or grey"
            )

    @property
    def range(self) -> Range | None:
        """The range for all pictures, None where each has its own."""
        return None if self.greys is None or self.greys == EACH else self.greys

    @property
    def level(self) -> int:
        """The background as a value, 0 to 255."""
        return LEVELS[self.background]

    def to_json(self) -> dict[str, Any]:
        """The two as plain values."""
        greys = self.greys if self.range is None else list(self.range)
        return {"greys": greys, "background": self.background}

    def over(self, found: Tones) -> Tones:
        """These, and where they leave something open what was ``found`` in other pictures."""
        return Tones(
            found.greys if self.greys is None else self.greys,
            found.background if self.background == "white" else self.background,
        )


PLAIN = Tones()


def _checked(value: Any) -> Range:
    numbers = isinstance(value, Sequence) and all(
        isinstance(v, int | float) and not isinstance(v, bool) for v in value
    )
    if not numbers or len(value) != 2 or not -math.inf < value[0] < value[1] < math.inf:
        raise SettingsError(f"`greys` must hold two finite numbers, the lower first: {value}")
    return float(value[0]), float(value[1])


_MOST_PIXELS = 1 << 21  # of a picture, looked at for its extent


class Extent(NamedTuple):
    """Lowest and highest value, stray ones aside.

    ``floats``: of that kind are the numbers; ``fractions``: they are not whole.
    """

    low: float
    high: float
    floats: bool
    fractions: bool


def extent_of(values: NDArray[Any]) -> Extent:
    """The extent of one picture's values, of any shape, finite numbers."""
    flat = values.reshape(-1)
    flat = flat[:: flat.size // _MOST_PIXELS * 2 + 1]  # odd, so that it meets every column
    stray = int(STRAY * flat.size)
    if stray:
        found = np.partition(flat, (stray, flat.size - 1 - stray))
        low, high = found[stray], found[flat.size - 1 - stray]
    else:
        low, high = flat.min(), flat.max()
    floats = flat.dtype.kind == "f"
    fractions = floats and not np.array_equal(flat, np.rint(flat))
    return Extent(float(low), float(high), floats, fractions)


def joint(extents: Sequence[Extent]) -> Extent:
    """The extent of several pictures together."""
    return Extent(
        min(one.low for one in extents),
        max(one.high for one in extents),
        any(one.floats for one in extents),
        any(one.fractions for one in extents),
    )


def range_for(extent: Extent) -> Range:
    """The least usual range that holds ``extent``: from 0 to 1, or to the largest of some bits.

    Where the values begin below 0, or take little of that, the range is drawn around them, and its
    ends are round numbers.
    """
    low, high, floats, fractions = extent
    ceilings = (1.0, *BITS) if floats else BITS
    top = next((ceiling for ceiling in ceilings if high <= ceiling), None)
    if low >= 0 and top is not None:
        lossless = top == BITS[0] and not fractions
        if lossless or low == high or high - low >= USED * top:
            return 0.0, top
    if 0 <= low < (1 - USED) * high:
        low = 0.0
    if low == high:
        return min(low, 0.0), max(high, 0.0)
    step = _round_step((high - low) / STEPS, fractions)
    return _rounded(math.floor(low / step) * step), _rounded(math.ceil(high / step) * step)


def _round_step(most: float, fractions: bool) -> float:
    """The largest power of two up to ``most``, or 1, 2 or 5 of a power of ten for fractions."""
    if not fractions:
        return 2.0 ** math.floor(math.log2(most))
    power = 10.0 ** math.floor(math.log10(most))
    return next(factor for factor in (5, 2, 1, 0.5) if factor * power <= most) * power


def _rounded(value: float) -> float:
    return float(f"{value:.12g}")
