"""The memory that pictures are decoded into, shared with other processes where that is cheap."""

from __future__ import annotations

import math
import mmap
import os

import numpy as np
from numpy.typing import NDArray

from convlens.data.memory import physical_memory
from convlens.data.preprocessing import Geometry
from convlens.errors import DataError

_MOST = 0.8  # of the machine's memory


class Canvas:
    """Room for N pictures: ``pixels`` (N, H, W, C) uint8, zero at first.

    ``descriptor`` is the open file behind it, which another process may map, or None where the
    system has no anonymous files; then pixels have to be sent. The array outlives ``close``.
    """

    def __init__(self, count: int, geometry: Geometry, *, shared: bool) -> None:
        shape = (count, *geometry.shape)
        size = math.prod(shape)
        if size > _MOST * physical_memory():
            message = f"{count:,} pictures of {geometry.width}x{geometry.height} pixels take "
            raise DataError(
                f"{message}{size >> 30:,} GiB, more than memory holds", "use smaller ones"
            )
        self.descriptor = _anonymous_file(size) if shared and size else None
        self.pixels: NDArray[np.uint8]
        if self.descriptor is None:
            self.pixels = np.zeros(shape, np.uint8)
        else:
            self.pixels = mapped(self.descriptor, size).reshape(shape)

    def close(self) -> None:
        """Close the descriptor; the pixels stay."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None


def mapped(descriptor: int, size: int) -> NDArray[np.uint8]:
    """Return the ``size`` bytes behind an open file as a writable array, shared with its others."""
    return np.frombuffer(mmap.mmap(descriptor, size), np.uint8)


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
