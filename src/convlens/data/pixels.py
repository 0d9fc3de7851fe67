"""Arrays of pictures as the one form in which pixels are kept: ``(N, H, W, C)`` uint8."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.data.formats import LARGEST_PICTURE, UnreadableError


def as_bytes_of_pixels(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Return one picture ``(H, W)``, ``(H, W, C)`` or ``(C, H, W)`` as ``(H, W, C)`` uint8."""
    if array.ndim not in (2, 3):
        raise UnreadableError(f"an array of shape {array.shape} is not one picture")
    pixels: NDArray[np.uint8] = as_batch(array[None])[0]
    return pixels


def as_batch(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Return pictures in any of the usual layouts as ``(N, H, W, C)`` uint8.

    ``array`` is ``(N, H, W)``, ``(N, H, W, C)`` or ``(N, C, H, W)``; C is 1 or 3, and the last axis
    where both fit. Values are integers in 0..255, or floats in [0, 1], which are scaled by 255.
    Raises UnreadableError for anything else.
    """
    if array.ndim == 3:
        array = array[..., None]
    if array.ndim != 4:
        raise UnreadableError(f"an array of shape {array.shape} does not hold pictures")
    if array.shape[3] not in (1, 3):
        if array.shape[1] not in (1, 3):
            raise UnreadableError(f"an array of shape {array.shape} has no axis of 1 or 3 channels")
        array = array.transpose(0, 2, 3, 1)
    if 0 in array.shape[1:]:
        raise UnreadableError(f"an array of shape {array.shape} has no pixels")
    if array.shape[1] * array.shape[2] > LARGEST_PICTURE:
        raise UnreadableError(f"too large ({array.shape[2]:,} x {array.shape[1]:,} pixels)")
    return np.ascontiguousarray(_as_uint8(array))


def _as_uint8(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype == np.uint8 or array.size == 0:
        return array.astype(np.uint8, copy=False)
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind not in "iuf":
        raise UnreadableError(f"values of the kind {array.dtype} are not pixels")
    low, high = array.min(), array.max()
    if not np.isfinite((low, high)).all():
        raise UnreadableError("holds NaN or infinite values")
    if low < 0 or high > 255:
        raise UnreadableError(f"values from {low:g} to {high:g}, not 0 to 1 or 0 to 255")
    if array.dtype.kind == "f" and high <= 1:
        return np.rint(array * 255.0).astype(np.uint8)
    if array.dtype.kind == "f" and not np.array_equal(array, np.rint(array)):
        raise UnreadableError(f"fractions from {low:g} to {high:g}, not 0 to 1")
    return array.astype(np.uint8)
