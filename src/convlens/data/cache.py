"""Decoded pixels kept between runs, outside the user's folder; losing them costs time only.

One file per source and geometry: a ``.npy`` of (N, H, W, C) uint8 in the order of the source's
items, then a trailer of JSON with the rows that failed and a checksum, then the trailer's length
and a mark. Another one of the same form has the numbers (N,) int64 of near duplicates. Whatever
goes wrong with them, pictures are decoded and compared as if there were none.
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
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar

import numpy as np
import PIL
from numpy.typing import NDArray

from convlens.data.memory import is_too_large
from convlens.data.preprocessing import Geometry
from convlens.data.sources.source import Source

MOST_BYTES = 4 << 30
"""Bytes that the whole cache may take; the longest unused entries make room."""

_VERSION = 2  # raised where the same file would come to other pixels or near duplicates
_END = struct.Struct("<Q8s")
_MARK = b"convlens"
_ABANDONED = 3600  # seconds after which a partial file is no one's any more
_BLOCK = 16 << 20  # bytes written or read at a time
_UNUSABLE = (OSError, ValueError, KeyError, TypeError, struct.error, MemoryError)

Value = TypeVar("Value", np.uint8, np.int64)


class Recalled(NamedTuple):
    """Pixels of ``items``, and the rows among them that have to be decoded."""

    pixels: NDArray[np.uint8]
    items: NDArray[np.int64]
    missing: NDArray[np.int64]


def cache_folder() -> Path | None:
    """Return the folder of the cache: ``CONVLENS_CACHE``, or what the platform keeps for caches.

    None where there is nothing to keep it in, as for a user of a container who has no home.
    """
    chosen = os.environ.get("CONVLENS_CACHE")
    if chosen:
        return Path(chosen)
    try:
        if sys.platform == "win32":
            return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local", "convlens")
        if sys.platform == "darwin":
            return Path.home() / "Library/Caches/convlens"
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "convlens")
    except RuntimeError:
        return None


def recall(
    folder: Path, source: Source, geometry: Geometry, items: NDArray[np.int64]
) -> Recalled | None:
    """Return the pixels of ``items`` (n,) from the cache, or None where it has none.

    What is too large for memory comes as a map of the whole file, changes to which stay private.
    """
    try:
        with _opened(folder / _entry(source, geometry)) as file:
            stored, failed = _parts(file, (len(source), *geometry.shape), np.uint8)
            if is_too_large(len(items) * math.prod(geometry.shape)):
                asked = np.intersect1d(items, failed)
                items, pixels = np.arange(len(source)), stored
            else:
                pixels = np.empty((len(items), *geometry.shape), np.uint8)
                for rows in _blocks(pixels):
                    pixels[rows] = stored[items[rows]]
                asked = failed
    except _UNUSABLE:
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
    _store(folder, _entry(source, geometry), pixels, failed)


def recall_alike(
    folder: Path, source: Source, geometry: Geometry, failed: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """Return the numbers (N,) of near duplicates from the cache, or None where it has none.

    ``failed`` are the rows that hold no picture, ascending; they count if those failed then too.
    """
    try:
        with _opened(folder / _entry(source, geometry, "alike")) as file:
            stored, before = _parts(file, (len(source),), np.int64)
            return np.array(stored) if np.array_equal(before, failed) else None
    except _UNUSABLE:
        return None


def keep_alike(
    folder: Path,
    source: Source,
    geometry: Geometry,
    *,
    numbers: NDArray[np.int64],
    failed: NDArray[np.int64],
) -> None:
    """Store the ``numbers`` (N,) of near duplicates among all the source's items, as ``keep``."""
    _store(folder, _entry(source, geometry, "alike"), numbers, failed)


def _entry(source: Source, geometry: Geometry, *what: str) -> str:
    digest = hashlib.blake2b(digest_size=16)
    told = (_VERSION, PIL.__version__, source.location, source.fingerprint, astuple(geometry))
    digest.update(repr(told + what).encode("utf-8", "surrogatepass"))
    digest.update(" ".join(str(item.stamp) for item in source.items).encode())
    return f"{digest.hexdigest()}.npy"


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as file:
        yield file
    with contextlib.suppress(OSError):
        os.utime(path)  # used now: the last to be removed


def _store(folder: Path, name: str, array: NDArray[Any], failed: NDArray[np.int64]) -> None:
    if array.nbytes > MOST_BYTES:
        return
    with contextlib.suppress(OSError, RuntimeError):
        folder.mkdir(parents=True, exist_ok=True)
        _make_room(folder, array.nbytes)
        handle, partial = tempfile.mkstemp(suffix=".partial", dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                _write(file, array, failed)
            Path(partial).replace(folder / name)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise


def _write(file: IO[bytes], array: NDArray[Any], failed: NDArray[np.int64]) -> None:
    header = {"descr": array.dtype.str, "fortran_order": False, "shape": array.shape}
    np.lib.format.write_array_header_1_0(file, header)
    checksum = 0
    for rows in _blocks(array):
        block = array[rows].reshape(-1).view(np.uint8)
        checksum = zlib.crc32(block.data, checksum)
        file.write(block.data)
    trailer = json.dumps({"failed": failed.tolist(), "checksum": checksum}).encode()
    file.write(trailer + _END.pack(len(trailer), _MARK))


def _parts(
    file: IO[bytes], shape: tuple[int, ...], kind: type[Value]
) -> tuple[NDArray[Value], NDArray[np.int64]]:
    """Return the stored array as a map, and the items that failed; what is damaged raises."""
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
    if found != shape or dtype != kind or start + _size(shape, dtype) != size - length:
        raise ValueError("of another shape")
    stored = np.memmap(file, kind, "c", start, shape)
    checksum = 0
    for rows in _blocks(stored):
        checksum = zlib.crc32(stored[rows].reshape(-1).view(np.uint8).data, checksum)
    if checksum != trailer["checksum"]:
        raise ValueError("damaged")
    return stored, np.array(trailer["failed"], dtype=np.int64)


def _size(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    return math.prod(shape) * dtype.itemsize


def _blocks(array: NDArray[Any]) -> list[slice]:
    count = len(array)
    step = max(1, _BLOCK // _size(array.shape[1:], array.dtype))
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]


def _make_room(folder: Path, size: int) -> None:
    """Remove what a killed run left, and the longest unused entries until ``size`` more fits."""
    for partial in folder.glob("*.partial"):
        with contextlib.suppress(OSError):
            if abs(time.time() - partial.stat().st_mtime) > _ABANDONED:  # or the clock went back
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
