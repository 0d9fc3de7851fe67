"""The room that pictures are decoded into, shared with other processes where that is cheap."""

from __future__ import annotations

import math
import mmap
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convlens.data.memory import is_too_large
from convlens.data.preprocessing import Geometry
from convlens.errors import DataError

_LEFT_FREE = 64 << 20  # bytes of a disk that stay free for everything else


class Canvas:
    """Room for N pictures: ``pixels`` (N, H, W, C) uint8, zero at first.

    What is too large for memory is a file without a name in ``folder``, or in the system's folder
    for large temporary files; it is gone with the array, however the process ends. ``descriptor``
    is the open file behind the pixels, which another process may map, or None where the system
    cannot hand such files on; then pixels have to be sent. The array outlives ``close``. Raises
    DataError where neither memory nor disk can hold them.
    """

    def __init__(
        self, count: int, geometry: Geometry, *, shared: bool, folder: Path | None = None
    ) -> None:
        shape = (count, *geometry.shape)
        size = math.prod(shape)
        self.descriptor: int | None = None
        self.pixels: NDArray[np.uint8]
        self.in_file = is_too_large(size)
        if self.in_file:
            told = f"{count:,} pictures of {geometry.width}x{geometry.height} pixels"
            self.descriptor = _file_on_disk(size, folder or large_temporary_folder(), told)
        elif shared and size:
            self.descriptor = _anonymous_file(size)
        if self.descriptor is None:
            self.pixels = np.zeros(shape, np.uint8)
            return
        self.pixels = mapped(self.descriptor, size).reshape(shape)
        if not (shared and hasattr(os, "memfd_create")):
            self.close()

    def close(self) -> None:
        """Close the descriptor; the pixels stay."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None


def mapped(descriptor: int, size: int) -> NDArray[np.uint8]:
    """Return the ``size`` bytes behind an open file as a writable array, shared with its others."""
    return np.frombuffer(mmap.mmap(descriptor, size), np.uint8)


def large_temporary_folder() -> Path:
    """Return ``TMPDIR``, or where the system keeps large temporary files: /tmp may be in memory."""
    if chosen := os.environ.get("TMPDIR"):
        return Path(chosen)
    on_disk = Path("/var/tmp")
    return on_disk if os.access(on_disk, os.W_OK) else Path(tempfile.gettempdir())


def _anonymous_file(size: int) -> int | None:
    if not hasattr(os, "memfd_create"):
        return None
    try:
        descriptor = os.memfd_create("convlens-pictures")
    except OSError:
        return None
    try:
        os.ftruncate(descriptor, size)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _file_on_disk(size: int, folder: Path, told: str) -> int:
    """Return a file of ``size`` bytes, all of them allotted: a full disk is found out now."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
        if size + _LEFT_FREE > free:
            raise DataError(
                f"{told} take {size / 1e9:,.1f} GB, more than memory holds and than is free in "
                f"{folder} ({free / 1e9:,.1f} GB)",
                "free some room, or bring them to a smaller --size",
            )
        with tempfile.TemporaryFile(dir=folder, prefix="convlens-") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                file.truncate(size)
            return os.dup(file.fileno())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(
            f"{told} take {size / 1e9:,.1f} GB, more than memory holds, and {folder} cannot hold "
            f"them: {reason}",
            "free some room, or bring them to a smaller --size",
        ) from error
