"""Decoding a source, in the background if wanted."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convlens.data.cache import cache_folder, keep, recall
from convlens.data.canvas import Canvas
from convlens.data.crew import Crew
from convlens.data.decoded import Decoded
from convlens.data.formats import quiet
from convlens.data.pictures import Dataset
from convlens.data.preprocessing import Fit, Geometry
from convlens.data.reading import Reader
from convlens.data.sources.source import Source
from convlens.data.split import Division
from convlens.data.tones import PLAIN, Tones
from convlens.data.worker import Faults, decode_chunk
from convlens.errors import DataError

Progress = Callable[[int, int], None]
"""Called with the number of pictures decoded so far and of all."""

_FEW = 500  # pictures; fewer are decoded before a process has started
_LIGHT = 16 << 20  # bytes of files; the same for large photographs
_MOST_WORKERS = 32
_PATIENCE = 300.0  # seconds without a single picture after which reading is given up
_HERE_STEP = 64  # pictures decoded in this process between reports


class Loading:
    """Pictures being decoded. ``result`` waits for them; ``close``, or ``with``, gives up early.

    Decoding runs in processes of its own meanwhile; what is small is decoded within ``result``.
    """

    def __init__(
        self,
        source: Source,
        geometry: Geometry,
        *,
        only: NDArray[np.int64] | None,
        workers: int | None,
        folder: Path | None,
    ) -> None:
        self._items = np.arange(len(source)) if only is None else only
        self._source, self._geometry = source, geometry
        self._crew: Crew | None = None
        self._canvas: Canvas | None = None
        self._decoded: Decoded | None = None
        items = [source.items[index] for index in self._items.tolist()]
        file_sizes = [item.size or 0 for item in items]
        heavy = len(items) >= _FEW or sum(file_sizes) >= _LIGHT
        self._folder = folder if heavy and not source.in_memory else None
        known = self._folder and recall(self._folder, source, geometry, self._items)
        self._recalled = known or None
        if known:
            return
        count = workers if workers is not None else (default_workers() if heavy else 1)
        parallel = count > 1 and not source.in_memory
        self._canvas = Canvas(len(items), geometry, shared=parallel, folder=folder)
        if parallel:
            places = [item.place for item in items]
            self._crew = Crew(places, file_sizes, self._canvas, geometry, count)
            self._end = weakref.finalize(self, self._crew.close)

    def __enter__(self) -> Loading:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes; a result that was already taken stays good."""
        if self._crew is not None:
            self._crew.close()
        if self._canvas is not None:
            self._canvas.close()

    def result(self, progress: Progress | None = None) -> Decoded:
        """Wait until everything is decoded, calling ``progress`` from this thread, and return it.

        Pictures that cannot be decoded are left out and told by name. Raises DataError where
        reading stands still for minutes. An interruption ends the processes.
        """
        if self._decoded is None:
            report = progress or (lambda done, total: None)
            try:
                self._decoded = self._finish(report)
            finally:
                self.close()
        return self._decoded

    def _finish(self, report: Progress) -> Decoded:
        if self._recalled is not None:
            pixels, items, missing = self._recalled
            faults = self._decode_here(pixels, items, missing, lambda done, total: None)
            report(len(self._items), len(self._items))
            return self._found(pixels, items, faults)
        assert self._canvas is not None
        pixels, items = self._canvas.pixels, self._items
        if self._crew is not None:
            faults = self._await(self._crew, report)
        else:
            faults = self._decode_here(pixels, items, np.arange(len(items)), report)
        if self._folder is not None and len(items) == len(self._source):
            failed = np.array(sorted(row for row, _ in faults), dtype=np.int64)
            keep(self._folder, self._source, self._geometry, pixels=pixels, failed=failed)
        return self._found(pixels, items, faults)

    def _found(
        self, pixels: NDArray[np.uint8], items: NDArray[np.int64], faults: Faults
    ) -> Decoded:
        reasons = {int(items[row]): reason for row, reason in faults}
        return Decoded(self._source, self._geometry, items, pixels, reasons, self._folder)

    def _await(self, crew: Crew, report: Progress) -> Faults:
        told = -1
        moved = time.monotonic()
        while True:
            running = crew.running  # asked first, so that nothing finished meanwhile is missed
            if crew.done != told:
                told, moved = crew.done, time.monotonic()
                report(told, crew.total)
            if not running:
                break
            if time.monotonic() - moved > _PATIENCE:
                message = f"reading {self._source.name} stands still at picture {told:,}"
                raise DataError(message, "check the disk or the network that it lies on")
            with crew.changed:
                crew.changed.wait(0.05)
        if crew.error is not None or crew.done < crew.total:
            reason = crew.error or "decoding processes ended early"
            raise DataError(
                f"{self._source.name} could not be decoded: {reason}",
                "free some memory, or decode with workers=1",
            ) from crew.error
        return crew.faults

    def _decode_here(
        self,
        pixels: NDArray[np.uint8],
        items: NDArray[np.int64],
        rows: NDArray[np.int64],
        report: Progress,
    ) -> Faults:
        faults: Faults = []
        flat = pixels.reshape(len(pixels), -1) if len(pixels) else pixels
        report(0, len(rows))
        with Reader() as reader, quiet():
            for start in range(0, len(rows), _HERE_STEP):
                for row in rows[start : start + _HERE_STEP].tolist():
                    place = [self._source.items[items[row]].place]
                    faults += decode_chunk(reader, place, flat[row : row + 1], row, self._geometry)
                report(min(start + _HERE_STEP, len(rows)), len(rows))
        return faults


def start_loading(
    source: Source,
    *,
    width: int,
    height: int,
    channels: int,
    fit: Fit = "stretch",
    tones: Tones = PLAIN,
    only: NDArray[np.int64] | None = None,
    workers: int | None = None,
    cache: bool | Path = True,
) -> Loading:
    """Begin to decode in the background and return at once; see ``load`` for the arguments.

    ``only`` are the items to decode, ascending, all where it is left out.
    """
    geometry = Geometry(width, height, channels, fit, tones)
    folder = cache if isinstance(cache, Path) else (cache_folder() if cache else None)
    return Loading(source, geometry, only=only, workers=workers, folder=folder)


def load(
    source: Source,
    division: Division,
    *,
    width: int,
    height: int,
    channels: int,
    fit: Fit = "stretch",
    tones: Tones = PLAIN,
    workers: int | None = None,
    progress: Progress | None = None,
    cache: bool | Path = True,
) -> Dataset:
    """Decode the pictures of ``division`` to ``width`` × ``height`` pixels, 1 or 3 ``channels``.

    ``tones``, as ``survey`` finds them, say how deep and transparent pictures become 8 bits.
    ``workers`` processes decode (1: this one; left out: one per processor where it pays).
    ``cache`` keeps the pixels for the next run, in the platform's folder for caches, or the given
    one, or not at all. Pictures that cannot be decoded are left out and named in ``skipped``;
    raises DataError where none is left to train on, SettingsError for an impossible size.
    """
    loading = start_loading(
        source,
        width=width,
        height=height,
        channels=channels,
        fit=fit,
        tones=tones,
        only=division.items,
        workers=workers,
        cache=cache,
    )
    return loading.result(progress).dataset(division)


def default_workers() -> int:
    """Return the number of processors that this process may use, at most 32."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), _MOST_WORKERS)
    return min(os.cpu_count() or 1, _MOST_WORKERS)
