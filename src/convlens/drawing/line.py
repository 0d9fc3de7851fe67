"""A line of the drawing: boxes and block diagrams with their captions, arrows between."""

from __future__ import annotations

from convlens.drawing.stops import CAPTION, GAP, Stop
from convlens.drawing.svg import group, path, text
from convlens.notation import layers as kinds

MARGIN = 22.0
REACH = 16.0
"""Pixels that an arrow reaches out of a line that is broken."""


class Line:
    """Stops drawn from left to right, centred on one height."""

    def __init__(self, stops: list[Stop], top: float, *, first: bool, last: bool) -> None:
        tall = max(stop.height for stop in stops)
        self.middle = top + tall / 2
        self.under = top + tall + CAPTION + 3
        self.end: float | None = None if first else MARGIN - REACH  # where the next arrow begins
        self.drawn: list[str] = []
        self.rays: list[str] = []
        x, before = MARGIN, None
        for stop in stops:
            before = self._stop(stop, x, before)
            x += stop.width + GAP
        if not last and self.end is not None:
            self._arrow(x - GAP + REACH)

    def svg(self) -> str:
        """The line; windows of filters lie over all boxes."""
        return "".join(self.drawn + self.rays)

    def _stop(self, stop: Stop, x: float, before: tuple[Stop, float] | None) -> tuple[Stop, float]:
        """Draw a stop with its left edge at ``x``; returns it and the left edge of its box."""
        block = ""
        if stop.block:
            self._arrow(x)
            block = stop.block.svg(x, self.middle)
            self.end = x + stop.block.width
            x = self.end + GAP
        left = x + (stop.column - stop.box.across) / 2
        self._arrow(left)
        captions = "".join(
            text(x + stop.column / 2, self.under + n * CAPTION, words, "soft" if n else "volume")
            for n, words in enumerate(filter(None, stop.captions))
        )
        box = stop.box.svg(left, self.middle, stop.colour)
        self.drawn.append(group(block + box + captions, stop.told))
        if before and not stop.block:
            self.rays.append(_rays(*before, stop, left, self.middle))
        self.end = left + stop.box.across
        return stop, left

    def _arrow(self, tip: float) -> None:
        """From where the last thing ended to ``tip``."""
        if self.end is None:
            return
        y, tip = self.middle, tip - 1
        self.drawn.append(path("line", (self.end, y), (tip - 4, y), closed=False))
        self.drawn.append(path("head", (tip, y), (tip - 6, y - 3), (tip - 6, y + 3)))


def _rays(before: Stop, start: float, stop: Stop, left: float, middle: float) -> str:
    """The window of a filter on the volume before, and what it becomes."""
    layer = stop.part.main.layer if stop.part and stop.part.main else None
    volume = before.box.volume
    if not isinstance(layer, kinds.Conv | kinds.Pool) or volume.width * volume.height == 1:
        return ""
    x0, y0, x1, y1 = before.box.window(start, middle, layer.kernel)
    top, bottom = stop.box.face(middle)
    aim = (left + min(6.0, stop.box.width / 2), (top + bottom) / 2)
    return (
        path("window", (x0, y0), (x1, y0), (x1, y1), (x0, y1))
        + path("ray", (x1, y0), aim, closed=False)
        + path("ray", (x1, y1), aim, closed=False)
    )
