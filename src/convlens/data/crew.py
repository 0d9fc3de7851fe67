"""Decoding by several processes at once, in the background."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from convlens.data.canvas import Canvas
from convlens.data.formats import quiet
from convlens.data.helper import Chunk, Helper, Lost
from convlens.data.places import Place
from convlens.data.preprocessing import Geometry
from convlens.data.reading import Reader
from convlens.data.worker import Faults, decode_chunk

CHUNK_PICTURES = 256
CHUNK_BYTES = 4 << 20
_MOST_LOSSES = 20  # processes that may die before the whole is given up


class Crew:
    """Decodes ``places`` onto a canvas, row by row, with ``count`` processes in the background."""

    def __init__(
        self, places: Sequence[Place], sizes: Sequence[int], canvas: Canvas, geometry: Geometry,
        count: int,
    ) -> None:  # fmt: skip
        self.faults: Faults = []
        self.done = 0  # pictures
        self.total = len(places)
        self.error: Exception | None = None
        self.changed = threading.Condition()
        self._queue = deque(_chunks(places, sizes))
        self._canvas = canvas
        self._geometry = geometry
        self._losses = 0
        self._closed = False
        self._helpers: set[Helper] = set()
        self._threads = [
            threading.Thread(target=self._run, name=f"convlens-decoding-{n}", daemon=True)
            for n in range(max(1, min(count, len(self._queue))))
        ]
        for thread in self._threads:
            thread.start()

    @property
    def running(self) -> bool:
        """Whether there may be more to come."""
        return any(thread.is_alive() for thread in self._threads)

    def close(self) -> None:
        """End all processes and threads, finished or not."""
        with self.changed:
            self._closed = True
            self._queue.clear()
            helpers = list(self._helpers)
        for helper in helpers:
            helper.kill()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        try:
            while self._queue and not self._closed:
                helper = self._start()
                if helper is None:
                    self._decode_here()
                else:
                    self._work(helper)
        except Exception as error:
            self.error = error
        with self.changed:
            self.changed.notify_all()

    def _start(self) -> Helper | None:
        try:
            helper = Helper(self._geometry, self._canvas)
        except Lost:
            return None
        with self.changed:
            self._helpers.add(helper)
        try:
            helper.wait_ready()
        except Lost:
            self._dismiss(helper)
            return None
        return helper

    def _dismiss(self, helper: Helper) -> None:
        with self.changed:
            self._helpers.discard(helper)
        helper.stop()

    def _work(self, helper: Helper) -> None:
        """Keep one process busy until nothing is left or it is lost."""
        # A second chunk waits in the pipe, unless long answers could block against it.
        depth = 1 if self._canvas.descriptor is None else 2
        sent: deque[Chunk] = deque()
        try:
            while True:
                while len(sent) < depth and (chunk := self._next()) is not None:
                    sent.append(chunk)
                    helper.send(chunk)
                if not sent:
                    return
                faults = helper.receive(sent[0])
                self._finished(sent.popleft(), faults)
        except Lost:
            self._recover(sent)
        finally:
            self._dismiss(helper)

    def _recover(self, sent: deque[Chunk]) -> None:
        """Queue again what a lost process had, one by one, to find the picture that ends it."""
        if self._closed:
            return
        self._losses += 1
        if self._losses > _MOST_LOSSES:
            raise RuntimeError("decoding processes keep ending")
        if len(sent[0]) == 1:
            self._finished(sent[0], [(sent[0].start, "ends the process that decodes it")])
            sent.popleft()
        for chunk in sent:
            self._queue.extend(Chunk(chunk.start + n, [place]) for n, place in enumerate(chunk))

    def _decode_here(self) -> None:
        size = int(np.prod(self._geometry.shape))
        with Reader() as reader, quiet():
            while (chunk := self._next()) is not None:
                rows: NDArray[np.uint8] = self._canvas.pixels[chunk.start :][: len(chunk)]
                flat = rows.reshape(len(chunk), size)
                faults = decode_chunk(reader, chunk, flat, chunk.start, self._geometry)
                self._finished(chunk, faults)

    def _next(self) -> Chunk | None:
        try:
            return self._queue.popleft()
        except IndexError:
            return None

    def _finished(self, chunk: Chunk, faults: Faults) -> None:
        with self.changed:
            self.faults += faults
            self.done += len(chunk)
            self.changed.notify_all()


def _chunks(places: Sequence[Place], sizes: Sequence[int]) -> list[Chunk]:
    """Cut the rows into chunks of at most 256 pictures and about 4 MiB of files."""
    chunks: list[Chunk] = []
    start = taken = 0
    for row, size in enumerate(sizes):
        taken += size
        if taken >= CHUNK_BYTES or row + 1 - start >= CHUNK_PICTURES:
            chunks.append(Chunk(start, places[start : row + 1]))
            start, taken = row + 1, 0
    if start < len(places):
        chunks.append(Chunk(start, places[start:]))
    return chunks
