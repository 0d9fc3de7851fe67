"""Values to pixels: maps and filters as uint8 RGB arrays and PNG bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def signed(values: NDArray[np.floating], scale: float | None = None) -> Pixels:
    """Values (…) to (…, 3): blue below zero, light grey at zero, red-orange above.

    ±``scale``, by default the largest absolute value, are the ends of the colours.
    """
    raise NotImplementedError


def sequential(values: NDArray[np.floating], scale: float | None = None) -> Pixels:
    """Values (…) ≥ 0 to (…, 3): from dark blue at zero to light yellow at ``scale``."""
    raise NotImplementedError


def shown(values: NDArray[np.floating], scale: float | None = None) -> Pixels:
    """``sequential`` where no value is below zero, else ``signed``."""
    raise NotImplementedError


def png(pixels: Pixels, zoom: int = 1) -> bytes:
    """The bytes of a PNG file of ``pixels`` (H, W, 3), (H, W, 1) or (H, W), each ``zoom`` wide."""
    raise NotImplementedError
