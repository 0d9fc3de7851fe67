"""Opening a picture by its content: a short list of formats, and limits read from the header."""

from __future__ import annotations

import contextlib
import os
import re
import threading
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import IO, cast

from PIL import ImageFile

from convlens.data.foreign import describe, heic_is_read, is_heic
from convlens.data.headers import vet
from convlens.data.limits import (
    LARGEST_COSTLY_PICTURE,
    LARGEST_HEIC,
    LARGEST_PICTURE,
    MOST_MEMORY,
    UnreadableError,
    check_pixels,
)

_PLUGINS = {
    "JPEG": ("convlens.data.metadata", "PlainJpeg"),
    "PNG": ("PIL.PngImagePlugin", "PngImageFile"),
    "GIF": ("PIL.GifImagePlugin", "GifImageFile"),
    "BMP": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "WEBP": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "TIFF": ("convlens.data.metadata", "PlainTiff"),
    "AVIF": ("PIL.AvifImagePlugin", "AvifImageFile"),
    "PPM": ("convlens.data.netpbm", "NetpbmFile"),
    "HEIF": ("pillow_heif.as_plugin", "HeifImageFile"),
}

_COPIES = {"WEBP": 4, "AVIF": 4, "HEIF": 3}
"""How often a decoder holds the whole picture at once; once, where it is not listed."""

_MOST = {"WEBP": LARGEST_COSTLY_PICTURE, "AVIF": LARGEST_COSTLY_PICTURE, "HEIF": LARGEST_HEIC}
"""Pixels of the largest picture, where it is not that of others."""

_PREFIXES = (
    (b"\xff\xd8\xff", "JPEG"),  # MPO too: its first picture is a JPEG like any other
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)

_CR2 = b"CR\x02"
_NETPBM = re.compile(rb"P[1-6](?:\s+|#[^\r\n]*(?:[\r\n]|$))+(?:\d|$)|P7\n")

HEAD = 1024
"""Bytes at the beginning of a file that tell what it is."""

_quiet_lock = threading.Lock()
_quiet_state = contextlib.ExitStack()
_quiet_depth = 0


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep Pillow's warnings about odd files from the user; threads may enter it together."""
    global _quiet_depth  # noqa: PLW0603  (filters of the process need a count of the process)
    with _quiet_lock:
        _quiet_depth += 1
        if _quiet_depth == 1:
            _quiet_state.enter_context(warnings.catch_warnings())
            warnings.filterwarnings("ignore", module=r"PIL(\.|$)")
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_depth -= 1
            if _quiet_depth == 0:
                _quiet_state.close()


def open_picture(file: IO[bytes]) -> ImageFile.ImageFile:
    """Read the header of a picture; its pixels stay undecoded.

    Raises UnreadableError for what is no picture of a known format or exceeds a limit, and whatever
    Pillow raises for a damaged header.
    """
    head = file.read(HEAD)
    name = sniff(head)
    if name is None:
        raise UnreadableError(describe(head))
    size = file.seek(0, os.SEEK_END)
    held = vet(name, file, size)
    file.seek(0)
    picture = _plugin(name)(file)
    width, height = picture.size
    most = LARGEST_COSTLY_PICTURE if picture.mode == "LAB" else LARGEST_PICTURE
    check_pixels(width, height, _MOST.get(name, most))
    each = 1 if picture.mode in ("1", "L", "P") else 2 if picture.mode.startswith("I;16") else 4
    taken = size + held + width * height * each * _COPIES.get(name, 1)
    if taken > MOST_MEMORY:
        shown = f"{taken >> 20:,} MB of memory; at most {MOST_MEMORY >> 20:,}"
        raise UnreadableError(f"too large ({width:,} x {height:,} pixels take {shown})")
    return picture


def sniff(head: bytes) -> str | None:
    """Return the name of the format that the first ``HEAD`` bytes of a file tell, or None."""
    if head.startswith(_CR2, 8):
        return None  # a raw file of Canon's, which else is a TIFF
    for prefix, name in _PREFIXES:
        if head.startswith(prefix):
            return name
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        if b"avif" in head[8:32] or b"avis" in head[8:32]:
            return "AVIF"
        return "HEIF" if is_heic(head) and heic_is_read() else None
    return "PPM" if _NETPBM.match(head) else None


_loaded: dict[str, Callable[[IO[bytes]], ImageFile.ImageFile]] = {}


def _plugin(name: str) -> Callable[[IO[bytes]], ImageFile.ImageFile]:
    # Image.open would import every plugin for the rarer formats, and warn about sizes by itself.
    if name not in _loaded:
        module, factory = _PLUGINS[name]
        plugin = import_module(module)
        if not getattr(plugin, "SUPPORTED", True):
            raise UnreadableError(f"{name} is not read by this build of Pillow")
        _loaded[name] = cast(Callable[[IO[bytes]], ImageFile.ImageFile], getattr(plugin, factory))
    return _loaded[name]
