"""A picture at its own size, or a multiple of it, for what looks at more than one window of it."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.data.decoding import Raw, decode_pixels, read_file, reason_of
from convlens.data.formats import open_picture, quiet
from convlens.data.forms import name_of, raw_of
from convlens.data.limits import LARGEST_PICTURE, UnreadableError
from convlens.data.metadata import orientation
from convlens.data.names import printable
from convlens.data.pixels import as_picture
from convlens.data.preprocessing import Geometry
from convlens.data.tones import PLAIN, Tones
from convlens.errors import DataError, SettingsError


@dataclass(frozen=True, slots=True)
class Sheet(Geometry):
    """A size that is no network's input: its sides are bounded by their product alone."""

    def __post_init__(self) -> None:
        if self.width * self.height > LARGEST_PICTURE:
            raise SettingsError(
                f"a picture of {self.width:,}x{self.height:,} pixels is too large",
                f"take a smaller scale: at most {LARGEST_PICTURE:,} pixels in all",
            )


def decode_whole(
    picture: Any, channels: int, scale: float = 1.0, tones: Tones = PLAIN
) -> NDArray[np.uint8]:
    """The pixels (H, W, channels) uint8 of a picture, brought to ``scale`` times its own size.

    ``picture`` is whatever ``decode`` takes.
    Raises DataError where it cannot be read, SettingsError where it would be too large or the scale
    is not above 0.
    """
    if not (math.isfinite(scale) and scale > 0):
        raise SettingsError(f"the scale is {scale:g}", "give a number above 0, such as 0.5")
    label = printable(name_of(picture) or "the picture")
    try:
        given = raw_of(picture)
        raw: Raw = read_file(str(given)) if isinstance(given, Path) else given
        with quiet():
            width, height = upright_size(raw)
            wide, high = max(1, round(width * scale)), max(1, round(height * scale))
            sheet = Sheet(wide, high, channels, "stretch", tones)
            pixels = decode_pixels(raw, sheet)
    except UnreadableError as error:
        raise DataError(f"{label} cannot be read: {error}") from error
    return np.frombuffer(bytearray(pixels), np.uint8).reshape(sheet.shape)


def upright_size(raw: Raw) -> tuple[int, int]:
    """(width, height) of a picture as it is to be seen. Raises UnreadableError."""
    if isinstance(raw, np.ndarray):
        height, width, _ = as_picture(raw).shape
        return width, height
    try:
        image = open_picture(io.BytesIO(raw)) if isinstance(raw, bytes) else raw
        if isinstance(raw, bytes) and image.format == "PNG":
            image.load()  # it may tell its orientation after its pixels
        turned = orientation(image) >= 5
    except UnreadableError:
        raise
    except Exception as error:  # as in decoding: damaged files raise nearly anything
        raise UnreadableError(reason_of(error)) from error
    return (image.height, image.width) if turned else (image.width, image.height)
