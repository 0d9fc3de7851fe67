"""Decoded pixels kept between runs, outside the user's folder; losing them costs time only.

One file per source and geometry: a ``.npy`` of (N, H, W, C) uint8 in the order of the source's
items, then a trailer of JSON with the rows that failed and a checksum, then the trailer's length
and a mark. Whatever goes wrong with it, pictures are decoded as if there were none.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import struct
import sys
import tempfile
import time
import zlib
from dataclasses import astuple
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import PIL
from numpy.typing import NDArray

from convlens.data.memory import is_too_large
from convlens.data.preprocessing import Geometry
from convlens.data.sources.source import Source

MOST_BYTES = 4 << 30
"""Bytes that the whole cache may take; the longest unused entries make room."""

_VERSION = 2  # raised where the same file would come to other pixels
_END = struct.Struct("<Q8s")
_MARK = b"convlens"
_ABANDONED = 3600  # seconds after which a partial file is no one's any more
_BLOCK = 16 << 20  # bytes written or read at a time


class Recalled(NamedTuple):
    """Pixels of ``items``, and the rows among them that have to be decoded."""

    pixels: NDArray[np.uint8]
    items: NDArray[np.int64]
    missing: NDArray[np.int64]


def cache_folder() -> Path:
    """Return the folder of the cache: ``CONVLENS_CACHE``, or what the platform keeps for caches."""
    chosen = os.environ.get("CONVLENS_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local", "convlens")
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/convlens"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "convlens")


def recall(
    folder: Path, source: Source, geometry: Geometry, items: NDArray[np.int64]
) -> Recalled | None:
    """Return the pixels of ``items`` (n,) from the cache, or None where it has none.

    What is too large for memory comes as a map of the whole file, changes to which stay private.
    """
    path = folder / _entry(source, geometry)
    try:
        with path.open("rb") as file:
            stored, failed, checksum = _parts(file, (len(source), *geometry.shape))
            if _checksum(stored) != checksum:
                return None
            if is_too_large(len(items) * math.prod(geometry.shape)):
                asked = np.intersect1d(items, failed)
                items, pixels = np.arange(len(source)), stored
            else:
                pixels = np.empty((len(items), *geometry.shape), np.uint8)
                for rows in _blocks(len(items), geometry):
                    pixels[rows] = stored[items[rows]]
                asked = failed
        with contextlib.suppress(OSError):
            os.utime(path)  # used now: the last to be removed
    except (OSError, ValueError, KeyError, TypeError, struct.error, MemoryError):
        return None
    return Recalled(pixels, items, np.flatnonzero(np.isin(items, asked)))


def keep(
    folder: Path,
    source: Source,
    geometry: Geometry,
    *,
    pixels: NDArray[np.uint8],
    failed: NDArray[np.int64],
) -> None:
    """Store ``pixels`` (N, H, W, C) of all the source's items, if there is room.

    ``failed`` are the rows that hold no picture. A folder that cannot be written to is left alone.
    """
    if pixels.nbytes > MOST_BYTES:
        return
    with contextlib.suppress(OSError, RuntimeError):
        folder.mkdir(parents=True, exist_ok=True)
        _make_room(folder, pixels.nbytes)
        handle, partial = tempfile.mkstemp(suffix=".partial", dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                _write(file, geometry, pixels, failed)
            Path(partial).replace(folder / _entry(source, geometry))
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise


def _entry(source: Source, geometry: Geometry) -> str:
    digest = hashlib.blake2b(digest_size=16)
    told = (_VERSION, PIL.__version__, source.location, source.fingerprint, astuple(geometry))
    digest.update(repr(told).encode("utf-8", "surrogatepass"))
    digest.update(" ".join(str(item.stamp) for item in source.items).encode())
    return f"{digest.hexdigest()}.npy"


def _write(
    file: IO[bytes], geometry: Geometry, pixels: NDArray[np.uint8], failed: NDArray[np.int64]
) -> None:
    header: dict[str, Any] = {"descr": "|u1", "fortran_order": False, "shape": pixels.shape}
    np.lib.format.write_array_header_1_0(file, header)
    checksum = 0
    for rows in _blocks(len(pixels), geometry):
        block = pixels[rows].reshape(-1)
        checksum = zlib.crc32(block.data, checksum)
        file.write(block.data)
    trailer = json.dumps({"failed": failed.tolist(), "checksum": checksum}).encode()
    file.write(trailer + _END.pack(len(trailer), _MARK))


def _parts(
    file: IO[bytes], shape: tuple[int, ...]
) -> tuple[NDArray[np.uint8], NDArray[np.int64], int]:
    """Return the stored array as a map, the items that failed, and the checksum."""
    size = file.seek(-_END.size, os.SEEK_END)
    length, mark = _END.unpack(file.read())
    if mark != _MARK or length > size:
        raise ValueError("not ours, or cut short")
    file.seek(size - length)
    trailer = json.loads(file.read(length))
    file.seek(0)
    np.lib.format.read_magic(file)
    found, _, dtype = np.lib.format.read_array_header_1_0(file)
    start = file.tell()
    if found != shape or dtype != np.uint8 or start + int(np.prod(shape)) != size - length:
        raise ValueError("of another shape")
    stored = np.memmap(file, np.uint8, "c", start, shape)
    return stored, np.array(trailer["failed"], dtype=np.int64), int(trailer["checksum"])


def _checksum(stored: NDArray[np.uint8]) -> int:
    flat = stored.reshape(-1)
    checksum = 0
    for start in range(0, len(flat), _BLOCK):
        checksum = zlib.crc32(flat[start : start + _BLOCK].data, checksum)
    return checksum


def _blocks(count: int, geometry: Geometry) -> list[slice]:
    step = max(1, _BLOCK // int(np.prod(geometry.shape)))
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]


def _make_room(folder: Path, size: int) -> None:
    """Remove what a killed run left, and the longest unused entries until ``size`` more fits."""
    for partial in folder.glob("*.partial"):
        with contextlib.suppress(OSError):
            if partial.stat().st_mtime < time.time() - _ABANDONED:
                partial.unlink()
    entries = sorted(
        ((path.stat().st_mtime, path.stat().st_size, path) for path in folder.glob("*.npy")),
        key=lambda entry: entry[0],
    )
    taken = sum(entry[1] for entry in entries)
    for _, bytes_freed, path in entries:
        if taken + size <= MOST_BYTES:
            return
        path.unlink()
        taken -= bytes_freed
