"""Pictures decoded block by block, the next block in the background while one is used."""

from __future__ import annotations

import itertools
import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convlens.data.canvas import Canvas
from convlens.data.crew import Crew
from convlens.data.formats import quiet
from convlens.data.loading import default_workers
from convlens.data.names import printable
from convlens.data.preprocessing import Geometry
from convlens.data.reading import Reader
from convlens.data.worker import decode_chunk
from convlens.errors import DataError

FEW = 500
"""Pictures that are decoded here before another process has started."""

LIGHT = 128 << 20
"""Bytes of files; the same for large photographs, some 40 of them."""

BLOCK_BYTES = 64 << 20
"""Decoded pixels of a block, of which two are held at a time."""

SMALLEST, LARGEST = 64, 4096
"""Pictures of a block; the first one is small, so that something is seen soon."""

LARGER = 4
"""Blocks of large pictures, of which few would fit, may have so many times the bytes."""

_PATIENCE = 300.0  # seconds without a single picture after which reading is given up


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """Some of the pictures, in their order.

    ``pixels`` (n, H, W, C) uint8; ``faults`` says by row in one line why a picture has none.
    """

    paths: Sequence[Path]
    pixels: NDArray[np.uint8]
    faults: dict[int, str]


def decoded(
    paths: Sequence[Path], geometry: Geometry, *, workers: int | None = None
) -> Iterator[Block]:
    """Decode the files ``paths`` to ``geometry``, block by block, in their order.

    Many are decoded by ``workers`` processes (left out: one for each processor) which are a block
    ahead of what is asked for. Raises DataError where reading stands still or breaks down.
    """
    parts = [slice(*ends) for ends in itertools.pairwise(_bounds(len(paths), geometry))]
    count = default_workers() if workers is None else workers
    sizes = [_file_size(path) for path in paths]
    if (len(paths) < FEW and sum(sizes) < LIGHT) or count < 2:
        yield from (_here(paths[part], geometry) for part in parts)
        return
    ahead: list[_Ahead] = []
    try:
        for part in parts:
            ahead.append(_Ahead(paths[part], sizes[part], geometry, count))
            if len(ahead) > 1:
                yield ahead.pop(0).block()
        yield ahead.pop(0).block()
    finally:
        for one in ahead:
            one.close()


def _bounds(count: int, geometry: Geometry) -> list[int]:
    """Where blocks begin, and the end of the last."""
    fitting = BLOCK_BYTES // math.prod(geometry.shape)
    size = min(max(min(SMALLEST, LARGER * fitting), fitting, 1), LARGEST)
    return [0, *range(min(size, SMALLEST), count, size), count] if count else [0]


def _file_size(path: Path) -> int:
    """In bytes; 0 for what cannot be read, which decoding is to tell."""
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


def _here(paths: Sequence[Path], geometry: Geometry) -> Block:
    pixels = np.zeros((len(paths), *geometry.shape), np.uint8)
    places = [os.fspath(path) for path in paths]
    with Reader() as reader, quiet():
        faults = decode_chunk(reader, list(places), pixels.reshape(len(paths), -1), 0, geometry)
    return _told(paths, pixels, faults)


def _told(
    paths: Sequence[Path], pixels: NDArray[np.uint8], faults: Sequence[tuple[int, str]]
) -> Block:
    told = {row: f"{printable(str(paths[row]))} cannot be read: {why}" for row, why in faults}
    return Block(paths, pixels, told)


class _Ahead:
    """A block on its way."""

    def __init__(
        self, paths: Sequence[Path], sizes: Sequence[int], geometry: Geometry, workers: int
    ) -> None:
        self.paths = paths
        self.canvas = Canvas(len(paths), geometry, shared=True)
        places = [os.fspath(path) for path in paths]
        self.crew = Crew(places, sizes, self.canvas, geometry, workers)

    def block(self) -> Block:
        """Wait for it."""
        crew, told, moved = self.crew, -1, time.monotonic()
        try:
            while crew.running:
                if crew.done != told:
                    told, moved = crew.done, time.monotonic()
                if time.monotonic() - moved > _PATIENCE:
                    raise DataError(
                        f"reading stands still at {self.paths[min(told, len(self.paths) - 1)]}",
                        "check the disk or the network that it lies on",
                    )
                with crew.changed:
                    crew.changed.wait(0.05)
            if crew.error is not None or crew.done < crew.total:
                reason = crew.error or "decoding processes ended early"
                raise DataError(f"the pictures could not be decoded: {reason}", "free some memory")
        finally:
            self.close()
        return _told(self.paths, self.canvas.pixels, crew.faults)

    def close(self) -> None:
        """End the processes; the pixels stay."""
        self.crew.close()
        self.canvas.close()
