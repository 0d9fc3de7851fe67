"""Arrays of pictures as the one form in which pixels are kept: ``(N, H, W, C)`` uint8."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convlens.data.colours import to_eight_bits
from convlens.data.limits import LARGEST_PICTURE, UnreadableError


def as_bytes_of_pixels(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Return one picture ``(H, W)``, ``(H, W, C)`` or ``(C, H, W)`` as ``(H, W, C)`` uint8."""
    if array.ndim not in (2, 3):
        raise UnreadableError(f"an array of shape {array.shape} is not one picture")
    pixels: NDArray[np.uint8] = _as_batch(array[None], array.shape)[0]
    return pixels


def as_batch(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Return pictures in any of the usual layouts as ``(N, H, W, C)`` uint8.

    ``array`` is ``(N, H, W)``, ``(N, H, W, C)`` or ``(N, C, H, W)``; C is 1 or 3, and the last axis
    where both fit; as the last axis also 4, the transparency, which is laid over white. Values are
    integers in 0..255, or floats in [0, 1], which are scaled by 255. Raises UnreadableError for
    anything else.
    """
    return _as_batch(array, array.shape)


def _as_batch(array: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Do what ``as_batch`` does; ``shape`` is that of what the user gave, for messages."""
    if array.ndim == 3:
        array = array[..., None]
    if array.ndim != 4:
        raise UnreadableError(f"an array of shape {shape} does not hold pictures")
    if array.shape[3] not in (1, 3) and array.shape[1] in (1, 3):
        array = array.transpose(0, 2, 3, 1)
    elif array.shape[3] not in (1, 3, 4):
        raise UnreadableError(f"an array of shape {shape} has no axis of 1, 3 or 4 channels")
    if 0 in array.shape[1:]:
        raise UnreadableError(f"an array of shape {shape} has no pixels")
    if array.shape[1] * array.shape[2] > LARGEST_PICTURE:
        raise UnreadableError(f"too large ({array.shape[2]:,} x {array.shape[1]:,} pixels)")
    pixels = np.ascontiguousarray(_as_uint8(array))
    return _over_white(pixels) if pixels.shape[3] == 4 else pixels


def _over_white(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return ``(N, H, W, 4)`` as ``(N, H, W, 3)``, as a file with these pixels is decoded."""
    found = np.empty((*pixels.shape[:3], 3), np.uint8)
    for place, picture in enumerate(pixels):
        found[place] = to_eight_bits(Image.fromarray(picture), "RGB", None)
    return found


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
