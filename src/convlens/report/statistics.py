"""How the values of a layer are spread for one picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """The range of a layer's values and the share, 0 to 1, of those that are zero.

    ``strongest`` (C,) is the largest size in each channel.
    """

    low: float
    high: float
    zero: float
    strongest: NDArray[np.float64]


def statistics_of(values: NDArray[np.float64]) -> Statistics:
    """Of a volume (C, H, W); what is not finite, as weights without bounds make it, counts as 0."""
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = finite.min((1, 2)), finite.max((1, 2))
    zero = float((values == 0).mean())
    return Statistics(float(low.min()), float(high.max()), zero, np.maximum(high, -low))
