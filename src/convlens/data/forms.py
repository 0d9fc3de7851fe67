"""A picture in whatever form a Python program holds it: paths, files, bytes, images, tensors."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convlens.data.limits import LARGEST_FILE, UnreadableError

AS_TEXT = "the file is opened as text"
OPEN_FOR_BYTES = 'open it for reading bytes: open(path, "rb")'
"""A reason, and its remedy."""

A_PICTURE = "a picture is a path, bytes, an open file, a Pillow image or an array"

_CHANNELS = (1, 3, 4)


def raw_of(picture: object) -> Path | bytes | Image.Image | NDArray[Any]:
    """Return a picture as what is decoded: a path, the bytes of a file, an image or an array.

    ``picture`` may be a path, bytes, a file opened for reading bytes (which is read from its
    beginning and stays open), an image, or whatever numpy reads as an array; a tensor of torch
    may lie on any device and have its channels first. Raises UnreadableError for anything else.
    """
    if isinstance(picture, bytes | Path | Image.Image):
        return picture
    if isinstance(picture, bytearray | memoryview):
        return bytes(picture)
    if isinstance(picture, str | os.PathLike):
        return Path(os.fsdecode(picture))
    if hasattr(picture, "read"):
        return _content(picture)
    if is_array(picture):
        return as_array(picture)
    raise UnreadableError(f"{A_PICTURE}, not {type(picture).__name__}")


def is_array(value: object) -> bool:
    """Whether ``value`` is an array, a tensor, or something that numpy takes for one."""
    return isinstance(value, np.ndarray) or hasattr(value, "__array__")


def as_array(value: object, *, batch: bool = False) -> NDArray[Any]:
    """Return an array as numpy has it, also a tensor that is on a device or has a gradient.

    The channels of a tensor, ``(C, H, W)`` or with ``batch`` ``(N, C, H, W)``, come last in the
    result. Raises UnreadableError for what has no values to read.
    """
    torch = sys.modules.get("torch")  # who holds a tensor has imported it
    try:
        if torch is None or not isinstance(value, getattr(torch, "Tensor", ())):
            return np.asarray(value)
        tensor: Any = value.detach().cpu()  # type: ignore[attr-defined]
        if tensor.dtype == torch.bfloat16:
            tensor = tensor.float()
        array: NDArray[Any] = tensor.numpy()
    except (TypeError, ValueError, RuntimeError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0][:80]
        raise UnreadableError(f"no values can be read from a {_kind(value)} ({reason})") from error
    if array.ndim == 3 + batch and array.shape[int(batch)] in _CHANNELS:
        return np.moveaxis(array, int(batch), -1)
    return array


def _kind(value: object) -> str:
    return type(value).__name__


def _content(file: Any) -> bytes:
    if isinstance(file, io.TextIOBase):
        raise UnreadableError(AS_TEXT)
    try:
        if _can_seek(file):
            file.seek(0)  # as Pillow does: a picture that was just written is read whole
        content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError, TypeError) as error:
        raise UnreadableError(f"the file cannot be read ({str(error)[:80]})") from error
    if isinstance(content, str):
        raise UnreadableError(AS_TEXT)
    if not isinstance(content, bytes | bytearray | memoryview):
        raise UnreadableError(f"the file gives no bytes, but a {_kind(content)}")
    if len(content) > LARGEST_FILE:
        raise UnreadableError(f"too large (a file of more than {LARGEST_FILE >> 20} MB)")
    return bytes(content)


def _can_seek(file: Any) -> bool:
    seekable = getattr(file, "seekable", None)
    return bool(seekable()) if callable(seekable) else hasattr(file, "seek")


def name_of(picture: object) -> str | None:
    """The path of a picture that has one: of itself, or of the file that was opened."""
    if isinstance(picture, str | os.PathLike):
        return os.fsdecode(picture)
    name = getattr(picture, "name", None) or getattr(picture, "filename", None)
    return name if isinstance(name, str) else None


def is_one_picture(value: object) -> bool:
    """Whether ``value`` is a single picture's path, content, file or image, and not several."""
    single = (str, bytes, bytearray, memoryview, os.PathLike, Image.Image)
    return isinstance(value, single) or hasattr(value, "read")
