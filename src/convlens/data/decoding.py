"""The one way from a picture to pixels of a given size, in training and in prediction alike."""

from __future__ import annotations

import io
import math
import os
import stat
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from convlens.data.colours import TILE, deep_range, tiles, to_eight_bits
from convlens.data.direct import direct_pixels
from convlens.data.formats import open_picture, quiet
from convlens.data.forms import A_PICTURE, AS_TEXT, OPEN_FOR_BYTES, name_of, raw_of
from convlens.data.limits import LARGEST_FILE, UnreadableError
from convlens.data.metadata import orientation, turned
from convlens.data.names import printable
from convlens.data.pixels import as_bytes_of_pixels
from convlens.data.preprocessing import Fit, Geometry
from convlens.data.tones import PLAIN, Tones
from convlens.errors import DataError

Raw = bytes | Image.Image | NDArray[Any]
"""A picture to decode: the bytes of its file, an opened picture, or ``(H, W)``, ``(H, W, C)``."""

Extent = tuple[float, float]
"""Width and height of a picture in decoded pixels, of which the last may count in part."""

_MOST_REDUCED = 1 << 10  # pixels of a side that become one before the rest is resized


def decode(
    data: object,
    *,
    width: int,
    height: int,
    channels: int,
    fit: Fit = "stretch",
    tones: Tones = PLAIN,
    name: str | None = None,
) -> NDArray[np.uint8]:
    """Return the pixels of one picture, ``(height, width, channels)`` uint8 in 0..255.

    ``data`` is the content of a picture file (bytes, or a file opened for reading them), its path,
    a Pillow image, or an array or tensor ``(H, W)``, ``(H, W, C)`` or ``(C, H, W)``, C 1, 3 or 4,
    of uint8, of floats in [0, 1], or of any numbers where ``tones`` tell their range. Orientation
    by EXIF is honoured; every colour mode has one conversion (see ``colours``). Raises DataError,
    naming the file (or ``name``), where it cannot be decoded, and SettingsError for an impossible
    size.
    """
    geometry = Geometry(width, height, channels, fit, tones)
    label = printable(name or name_of(data) or "the picture")
    try:
        raw = raw_of(data)
        raw = read_file(str(raw)) if isinstance(raw, Path) else raw
        with quiet():
            pixels = decode_pixels(raw, geometry)
    except UnreadableError as error:
        raise DataError(f"{label} cannot be read: {error}", _hint(str(error))) from error
    return np.frombuffer(bytearray(pixels), np.uint8).reshape(geometry.shape)


def decode_pixels(raw: Raw, geometry: Geometry) -> bytes:
    """Return the pixels of one picture as ``height × width × channels`` bytes, row by row.

    To be called within ``quiet()``. Raises UnreadableError with the reason in a few words.
    """
    try:
        if isinstance(raw, np.ndarray):
            return _decode_array(raw, geometry)
        if isinstance(raw, bytes):
            if (pixels := direct_pixels(raw, geometry)) is not None:
                return pixels
            picture = open_picture(io.BytesIO(raw))
            turn, extent = _prepare(picture, geometry)
            return _decode_image(picture, extent, geometry, turn).tobytes()
        raw.load()
        return _decode_image(raw, raw.size, geometry, orientation(raw)).tobytes()
    except UnreadableError:
        raise
    except Exception as error:  # Pillow's plugins raise nearly anything on a damaged file
        raise UnreadableError(reason_of(error)) from error


def read_file(path: str) -> bytes:
    """Return the content of a file; raises UnreadableError where there is none or too much."""
    try:
        kind = os.stat(path).st_mode  # noqa: PTH116
        if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):  # opening a pipe would wait
            raise UnreadableError("not a file with contents")
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  (Path costs more than reading)
            if os.fstat(file.fileno()).st_size > LARGEST_FILE:
                reason = f"too large (a file of more than {LARGEST_FILE >> 20} MB)"
                raise UnreadableError(reason)
            return file.read()
    except (OSError, ValueError) as error:
        raise UnreadableError(reason_of(error)) from error


def reason_of(error: Exception) -> str:
    """Say in a few words what stopped a picture from being read."""
    text = printable(str(error))
    if isinstance(error, MemoryError):
        return "needs more memory than there is"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    cause = error.__cause__ if isinstance(error, SyntaxError) else error
    cut_short = isinstance(cause, EOFError | struct.error | IndexError)
    if cut_short or "truncated" in text.lower() or "incomplete" in text:
        return "truncated"
    if isinstance(error, Image.DecompressionBombError):
        return "too large"
    if "not identified" in text:
        return "damaged header"
    if isinstance(error, zlib.error) or not text:
        return "damaged"
    return f"damaged ({text[:80]})"


def _hint(reason: str) -> str | None:
    if reason == AS_TEXT:
        return OPEN_FOR_BYTES
    if reason.startswith(A_PICTURE):
        return "classify several with predict_each"
    if reason.startswith("values from -"):
        return "give the picture as it is before any normalisation"
    if reason.startswith("too large"):
        return "save it smaller"
    if reason.startswith(("not a picture", "empty")):
        return "give a JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or PPM picture"
    if reason.startswith(("truncated", "damaged")):
        return "get the file again: it is not whole"
    return None


def _decode_array(array: NDArray[Any], geometry: Geometry) -> bytes:
    pixels = as_bytes_of_pixels(array, geometry.tones)
    if pixels.shape == geometry.shape:
        return pixels.tobytes()
    flat = pixels[:, :, 0] if pixels.shape[2] == 1 else pixels
    image = Image.fromarray(flat)
    return _decode_image(image, image.size, geometry, 1).tobytes()


def _prepare(picture: ImageFile.ImageFile, geometry: Geometry) -> tuple[int, Extent]:
    """Decode ``picture``, a JPEG at the least scale that will do; return its orientation.

    Also how far the picture reaches in the decoded pixels: at a smaller scale the last of a row or
    column may lie partly outside, as 129 pixels at a quarter come to 33, of which 32.25 count.
    """
    if picture.format != "JPEG":
        picture.load()
        return orientation(picture), picture.size  # a PNG may tell it after its pixels
    turn = orientation(picture)
    target = _unturned(geometry, turn)
    drafted = None
    if picture.size != target:
        drafted = picture.draft(geometry.mode, _least_size(picture.size, target, geometry.fit))
    elif geometry.channels == 1:
        drafted = picture.draft(geometry.mode, target)
    picture.load()
    return turn, drafted[1][2:] if drafted else picture.size


def _decode_image(image: Image.Image, extent: Extent, geometry: Geometry, turn: int) -> Image.Image:
    target = _unturned(geometry, turn)
    return turned(_resize(image, extent, geometry, target), turn)


def _unturned(geometry: Geometry, turn: int) -> tuple[int, int]:
    size = (geometry.width, geometry.height)
    return size[::-1] if turn >= 5 else size


def _scales(size: Extent, target: tuple[int, int], fit: Fit) -> tuple[float, float]:
    """Return pixels of the picture per pixel of the result, across and down."""
    across, down = size[0] / target[0], size[1] / target[1]
    if fit == "stretch":
        return across, down
    both = min(across, down) if fit == "crop" else max(across, down)
    return both, both


def _least_size(size: tuple[int, int], target: tuple[int, int], fit: Fit) -> tuple[int, int]:
    """Return the size below which shrinking while decoding would cost detail of the result."""
    across, down = _scales(size, target, fit)
    return math.ceil(size[0] / max(across, 1)), math.ceil(size[1] / max(down, 1))


def _resize(
    image: Image.Image, size: Extent, geometry: Geometry, target: tuple[int, int]
) -> Image.Image:
    """Return what lies within ``size``, 8 bits, at ``target``; as it is where they are equal."""
    mode, tones = geometry.mode, geometry.tones
    if size == target:
        return _reduce(image, mode, tones, (1, 1))
    scales = _scales(size, target, geometry.fit)
    taken = min(size[0], target[0] * scales[0]), min(size[1], target[1] * scales[1])
    left, top = (size[0] - taken[0]) / 2, (size[1] - taken[1]) / 2
    if taken[0] * taken[1] * 4 < size[0] * size[1]:  # a long strip, of which little is wanted
        corner = math.floor(left), math.floor(top)
        image = image.crop((*corner, math.ceil(left + taken[0]), math.ceil(top + taken[1])))
        left, top = left - corner[0], top - corner[1]
    factors = tuple(min(max(1, int(scale / 2)), _MOST_REDUCED) for scale in scales)
    reduced = _reduce(image, mode, tones, (factors[0], factors[1]))
    box = (
        left / factors[0],
        top / factors[1],
        min((left + taken[0]) / factors[0], reduced.width),
        min((top + taken[1]) / factors[1], reduced.height),
    )
    inner = (
        min(target[0], max(1, round(taken[0] / scales[0]))),
        min(target[1], max(1, round(taken[1] / scales[1]))),
    )
    resized = reduced.resize(inner, Image.Resampling.BILINEAR, box=box)
    if inner == target:
        return resized
    canvas = Image.new(mode, target)
    canvas.paste(resized, (round((target[0] - inner[0]) / 2), round((target[1] - inner[1]) / 2)))
    return canvas


def _reduce(image: Image.Image, mode: str, tones: Tones, factors: tuple[int, int]) -> Image.Image:
    """Convert to ``mode`` and average blocks of ``factors`` pixels, a tile at a time if large."""
    deep = deep_range(image, tones)
    width, height = image.size
    if image.mode == mode and "transparency" not in image.info:
        return image if factors == (1, 1) else image.reduce(factors)
    if width * height <= TILE:
        converted = to_eight_bits(image, mode, deep, tones.level)
        return converted if factors == (1, 1) else converted.reduce(factors)
    result = Image.new(mode, (math.ceil(width / factors[0]), math.ceil(height / factors[1])))
    for box in tiles(image.size, factors):
        tile = to_eight_bits(image.crop(box), mode, deep, tones.level).reduce(factors)
        result.paste(tile, (box[0] // factors[0], box[1] // factors[1]))
    return result
