"""Arrays of pictures in any of the usual layouts, and from their values to 8 bits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convlens.data.colours import scaled, to_eight_bits
from convlens.data.limits import LARGEST_PICTURE, UnreadableError
from convlens.data.tones import PLAIN, Range, Tones


def as_bytes_of_pixels(array: NDArray[Any], tones: Tones = PLAIN) -> NDArray[np.uint8]:
    """Return one picture ``(H, W)``, ``(H, W, C)`` or ``(C, H, W)`` as ``(H, W, C)`` uint8.

    A last axis of 4 holds the transparency and becomes 3. uint8 and truth values are taken as they
    are; other numbers by the range of ``tones``, or where these tell none integers in 0..255 as
    they are and floats in [0, 1] times 255. Raises UnreadableError for anything else.
    """
    pixels = np.ascontiguousarray(_as_uint8(as_picture(array), tones.range))
    if pixels.shape[2] < 4:
        return pixels
    return np.asarray(to_eight_bits(Image.fromarray(pixels), "RGB", None, tones.level))


def as_picture(array: NDArray[Any]) -> NDArray[Any]:
    """Return one picture in any layout as ``(H, W, C)``, its values as they are."""
    if array.ndim not in (2, 3):
        raise UnreadableError(f"an array of shape {array.shape} is not one picture")
    picture: NDArray[Any] = _laid_out(array[None], array.shape)[0]
    return picture


def as_batch(array: NDArray[Any]) -> NDArray[Any]:
    """Return pictures in any layout as ``(N, H, W, C)``, their values as they are.

    ``array`` is ``(N, H, W)``, ``(N, H, W, C)`` or ``(N, C, H, W)``; C is 1 or 3, and the last axis
    where both fit; as the last axis also 4, the transparency. Raises UnreadableError for other
    shapes.
    """
    return _laid_out(array, array.shape)


def plain_or_deep(batches: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """Return pictures ``(N, H, W, C)`` as uint8 where all of a set's of one kind are of 8 bits.

    These are truth values, integers in 0..255, and floats that are whole numbers in 0..255 but not
    all 0 and 1. Others stay as they are, for one range to be found for all of them. Raises
    UnreadableError for NaN, infinity, and what are no numbers.
    """
    plain = dict.fromkeys("if", True)
    for kind, those in _by_kind(batches).items():
        extents = [_finite_extent(one) for one in those]
        held = all(low >= 0 and high <= 255 for low, high in extents)
        if kind == "f" and held:
            held = max((high for _, high in extents), default=0) > 1 and all(map(_is_whole, those))
        plain[kind] = held
    return [_plain(one) if plain.get(_kind(one), True) else one for one in batches]


def _plain(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Values of 8 bits as bytes; a frame of 0.0 and 1.0 alone is what the others of its set are."""
    return _as_uint8(array, None) if array.dtype.kind == "b" else array.astype(np.uint8, copy=False)


def _by_kind(batches: Sequence[NDArray[Any]]) -> dict[str, list[NDArray[Any]]]:
    found: dict[str, list[NDArray[Any]]] = {}
    for one in batches:
        if one.dtype.kind != "b" and one.dtype != np.uint8 and one.size:
            found.setdefault(_kind(one), []).append(one)
    return found


def _kind(array: NDArray[Any]) -> str:
    return "i" if array.dtype.kind == "u" else array.dtype.kind


def _finite_extent(array: NDArray[Any]) -> Range:
    if array.dtype.kind not in "iuf":
        raise UnreadableError(f"values of the kind {array.dtype} are not pixels")
    low, high = array.min(), array.max()
    if not np.isfinite((low, high)).all():
        raise UnreadableError("holds NaN or infinite values")
    return low, high


def _is_whole(array: NDArray[Any]) -> bool:
    return np.array_equal(array, np.rint(array))


def _laid_out(array: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
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
    return array


def _as_uint8(array: NDArray[Any], deep: Range | None) -> NDArray[np.uint8]:
    """Return ``array``, of any shape, as bytes; ``deep`` becomes 0 to 255 where it is given."""
    if array.dtype == np.uint8 or array.size == 0:
        return array.astype(np.uint8, copy=False)
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    low, high = _finite_extent(array)
    if deep is not None:
        return scaled(array, deep)
    if low < 0 or high > 255:
        raise UnreadableError(f"values from {low:g} to {high:g}, not 0 to 1 or 0 to 255")
    if array.dtype.kind == "f" and high <= 1:
        return np.rint(array * 255.0).astype(np.uint8)
    if array.dtype.kind == "f" and not _is_whole(array):
        raise UnreadableError(f"fractions from {low:g} to {high:g}, not 0 to 1")
    return array.astype(np.uint8)
