"""A list of pictures as a Python program holds them: paths, files, or arrays and images."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convlens.data.colours import GREY_MODES, is_deep, to_eight_bits
from convlens.data.decoding import reason_of
from convlens.data.formats import quiet
from convlens.data.forms import AS_TEXT, OPEN_FOR_BYTES, as_array, is_array, name_of, raw_of
from convlens.data.limits import UnreadableError
from convlens.data.memory import physical_memory
from convlens.data.metadata import orientation, turned
from convlens.data.names import printable
from convlens.data.pixels import as_batch, as_picture
from convlens.data.places import Place
from convlens.data.sources.missing import is_missing
from convlens.errors import DataError

FORMS = (
    "give (N, H, W), (N, H, W, C) or (N, C, H, W), uint8 or other numbers; or a list of paths, "
    "files, images or arrays"
)

_NO_PLACE = np.empty(0, np.uint8)
"""Of what is neither a file nor pixels."""


class GivenPicture(NamedTuple):
    """A picture of a list: where it is, its size in bytes and a stamp of its content, as an Item.

    ``shown`` is what it is called beside its number, and ``fault`` why it is none, or "".
    """

    place: Place
    size: int
    stamp: int = 0
    shown: str = ""
    fault: str = ""


def pictures_in(pictures: object, row: Callable[[int], str], name: str) -> list[GivenPicture]:
    """Return the pictures of an array, a column or a list.

    An array or a tensor is ``(N, H, W)``, ``(N, H, W, C)`` or ``(N, C, H, W)``. A list holds
    either what is in files (paths, bytes, files opened for reading bytes) or what is not (images,
    arrays, tensors). A path that does not read comes with its fault. ``row`` names a picture by its
    number. Raises DataError for what are no pictures, and for more bytes than fit into a quarter of
    the memory.
    """
    try:
        if is_array(pictures) and getattr(pictures, "ndim", 1) != 1:
            return [in_memory(one) for one in as_batch(as_array(pictures, batch=True))]
        if isinstance(pictures, str | bytes | Mapping) or not isinstance(pictures, Iterable):
            raise UnreadableError(f"pictures come as a {type(pictures).__name__}")
    except UnreadableError as error:
        raise DataError(f"{name}: {error}", FORMS) from error
    return _Lister(row, name).found(list(cast(Iterable[object], pictures)))


def in_memory(pixels: NDArray[Any]) -> GivenPicture:
    """Pixels (H, W, C) as a picture of a list."""
    return GivenPicture(pixels, pixels.nbytes)


class _Lister:
    def __init__(self, row: Callable[[int], str], name: str) -> None:
        self._row, self._name = row, name
        self._room = physical_memory() // 4

    def found(self, pictures: Sequence[object]) -> list[GivenPicture]:
        """The pictures of a list, in their order."""
        found: list[GivenPicture | None] = []
        arrays: dict[int, NDArray[Any]] = {}
        for number, picture in enumerate(pictures):
            one = self._read(number, picture)
            if isinstance(one, np.ndarray):
                arrays[number] = one
            found.append(one if isinstance(one, GivenPicture) else None)
        files = next((n for n, one in enumerate(found) if one and one.place is not _NO_PLACE), None)
        if arrays and files is not None:
            first = next(iter(arrays))
            message = f"{self._row(first)} is an array or image, {self._row(files)} a file"
            raise DataError(f"{self._name}: {message}", "give pictures of one kind")
        pixels = dict(zip(arrays, self._pixels(arrays), strict=True))
        return [in_memory(pixels[n]) if one is None else one for n, one in enumerate(found)]

    def _read(self, number: int, picture: object) -> GivenPicture | NDArray[Any]:
        """What is in a file, or why it is not; or an array of pixels."""
        if not is_array(picture) and is_missing(picture):
            return GivenPicture(_NO_PLACE, 0, fault="holds no picture")
        if isinstance(picture, Mapping):  # as the Hugging Face hub has them in tables
            picture = picture.get("bytes") or picture.get("path")
        try:
            if isinstance(picture, list | tuple):
                return np.asarray(picture)
            raw = raw_of(picture)
        except (UnreadableError, ValueError) as error:
            hint = OPEN_FOR_BYTES if str(error) == AS_TEXT else FORMS
            raise DataError(f"{self._name}: {self._row(number)}: {error}", hint) from error
        if isinstance(raw, Path):
            return _file(raw)
        if isinstance(raw, bytes):
            self._room -= len(raw)
            if self._room < 0:
                message = f"{self._name}: the files do not fit into a quarter of the memory"
                raise DataError(message, "give their paths")
            digest = hashlib.blake2b(raw, digest_size=8).digest()
            fault = "" if raw else "empty"
            return GivenPicture(raw, len(raw), int.from_bytes(digest), fault=fault)
        return _pixels_of(raw) if isinstance(raw, Image.Image) else raw

    def _pixels(self, arrays: Mapping[int, NDArray[Any]]) -> list[NDArray[Any]]:
        """The arrays as ``(H, W, C)``, their values as they are; by one layout if of one shape."""
        with suppress(UnreadableError):  # else said below, by row
            if len({(array.shape, array.dtype) for array in arrays.values()}) == 1:
                return list(as_batch(np.stack(list(arrays.values()))))
        return [self._one(number, array) for number, array in arrays.items()]

    def _one(self, number: int, array: NDArray[Any]) -> NDArray[Any]:
        try:
            return as_picture(array)
        except UnreadableError as error:
            raise DataError(f"{self._name}: {self._row(number)}: {error}", FORMS) from error


def _file(path: Path) -> GivenPicture:
    shown = printable(str(path))
    try:
        path = path.expanduser()
        status = path.stat()
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "cannot be read"
        return GivenPicture("", 0, shown=shown, fault=reason.lower())
    stamp = hash((status.st_mtime_ns, status.st_ctime_ns))
    return GivenPicture(os.fspath(path.absolute()), status.st_size, stamp, shown)


def _pixels_of(image: Image.Image) -> GivenPicture | NDArray[Any]:
    """The pixels of an image, upright; where it does not load, why."""
    try:
        with quiet():
            image.load()
            image = turned(image, orientation(image))
            if image.has_transparency_data:
                image = image.convert("RGBA")
            elif not is_deep(image.mode):
                mode = "L" if image.mode in GREY_MODES else "RGB"
                image = to_eight_bits(image, mode, None)
            return np.asarray(image)
    except Exception as error:  # Pillow's plugins raise nearly anything on a damaged file
        return GivenPicture(
            _NO_PLACE, 0, shown=printable(name_of(image) or ""), fault=reason_of(error)
        )
