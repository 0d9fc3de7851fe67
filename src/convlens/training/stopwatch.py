"""How long the two halves of a step take, also on a device that works on its own."""

from __future__ import annotations

import time
from itertools import pairwise

import torch


class Stopwatch:
    """Marks ends of alternating stretches of work, forward and backward.

    A device's own clock is asked where it works on its own, without waiting for it.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.marks: list[float] = []
        self.events: list[torch.cuda.Event] = []

    def start(self) -> None:
        """Begin anew."""
        self.marks.clear()
        self.events.clear()
        self.mark()

    def mark(self) -> None:
        """A stretch of work has ended."""
        if self.device.type != "cuda":
            self.marks.append(time.perf_counter())
            return
        if torch.cuda.is_current_stream_capturing():  # what is recorded takes no time yet
            return
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record()
        self.events.append(event)

    def seconds(self) -> tuple[float, float]:
        """Of all stretches with odd numbers and with even ones; the device must have come so far.

        The last mark belongs to the last stretch, whatever its number.
        """
        spans = [first.elapsed_time(second) / 1000 for first, second in pairwise(self.events)]
        spans = spans or [second - first for first, second in pairwise(self.marks)]
        *spans, last = spans
        return sum(spans[::2]), sum(spans[1::2]) + last
