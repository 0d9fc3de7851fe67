"""Opening a picture by its content: a short list of formats, and limits read from the header."""

from __future__ import annotations

import contextlib
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import IO, cast

from PIL import ImageFile

from convlens.data.headers import vet
from convlens.data.limits import (
    LARGEST_COSTLY_PICTURE,
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
}

_COPIES = {"WEBP": 4, "AVIF": 4}
"""How often a decoder holds the whole picture at once; once, where it is not listed."""

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

_FOREIGN = (
    (b"%PDF", "PDF"),
    (b"%!PS", "PostScript"),
    (b"8BPS", "Photoshop"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "gzip"),
    (b"\0\0\1\0", "ICO"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"SIMPLE", "FITS"),
    (b"version https://git-lfs", "a Git LFS pointer: run `git lfs pull`"),
)


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
    head = file.read(64)
    name = sniff(head)
    if name is None:
        raise UnreadableError(describe(head))
    size = file.seek(0, os.SEEK_END)
    held = vet(name, file, size)
    file.seek(0)
    picture = _plugin(name)(file)
    width, height = picture.size
    costly = name in _COPIES or picture.mode == "LAB"
    check_pixels(width, height, LARGEST_COSTLY_PICTURE if costly else LARGEST_PICTURE)
    each = 1 if picture.mode in ("1", "L", "P") else 2 if picture.mode.startswith("I;16") else 4
    taken = size + held + width * height * each * _COPIES.get(name, 1)
    if taken > MOST_MEMORY:
        shown = f"{taken >> 20:,} MB of memory; at most {MOST_MEMORY >> 20:,}"
        raise UnreadableError(f"too large ({width:,} x {height:,} pixels take {shown})")
    return picture


def sniff(head: bytes) -> str | None:
    """Return the name of the format that the first 64 bytes of a file belong to, or None."""
    for prefix, name in _PREFIXES:
        if head.startswith(prefix):
            return name
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp" and (b"avif" in head[8:32] or b"avis" in head[8:32]):
        return "AVIF"
    return None


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


def describe(head: bytes) -> str:
    """Say in a few words what a file is, going by its first 64 bytes, that is no picture."""
    if not head:
        return "empty file"
    for prefix, what in _FOREIGN:
        if head.startswith(prefix):
            return f"not a picture that is read here ({what})"
    if head[4:8] == b"ftyp":
        kind = "HEIC" if head[8:12] in (b"heic", b"heix", b"mif1", b"msf1") else "video"
        return f"not a picture that is read here ({kind}): save it as JPEG or PNG"
    start = head.lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "not a picture (HTML)"
    if b"<svg" in start:
        return "not a picture of pixels (SVG): save it as PNG"
    if all(byte >= 32 or byte in b"\t\r\n\f" for byte in head):
        return "not a picture (text)"
    return "not a picture (unknown format)"
