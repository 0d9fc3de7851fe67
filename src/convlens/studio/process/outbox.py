"""What the process says, written by a thread so that a server that does not read holds nothing up.

Answers and events are kept in their order. What is said again and again is merged while it waits,
and so is the oldest of what nobody has read for hours.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Condition, Thread
from typing import Any, BinaryIO

from convlens.studio import frames
from convlens.studio.refusal import BROKEN, RefusedError

Document = dict[str, Any]

MOST_EVENTS = 5_000
"""Events that wait at most; answers come on top, one for each request."""

MOST_POINTS = 1_000
"""Points of a curve that one merged event holds; more are halved by merging neighbours."""


@dataclass(slots=True, eq=False)
class _Waiting:
    document: Document
    blob: bytes = b""


class Outbox:
    """Frames on their way to the server."""

    def __init__(self, stream: BinaryIO, lost: Callable[[], None]) -> None:
        """``lost`` is called, from another thread, where nobody reads any more."""
        self._stream, self._lost = stream, lost
        self._waiting: deque[_Waiting] = deque()
        self._events = 0
        self._changed = Condition()
        self._writing = self._over = False

    def start(self) -> None:
        """Begin to write."""
        Thread(target=self._write, name="outbox", daemon=True).start()

    def answer(self, number: int, document: Mapping[str, Any], blob: bytes = b"") -> None:
        """Answer the request of that number."""
        self._add(_Waiting({"re": number, "ok": dict(document)}, blob))

    def refuse(self, number: int, error: RefusedError) -> None:
        """Say why the request of that number cannot be met."""
        told: Document = {"message": error.message, "hint": error.hint}
        told |= {"status": error.status, "passing": error.passing}
        self._add(_Waiting({"re": number, "error": told}))

    def tell(self, name: str, values: Mapping[str, Any]) -> None:
        """Say what happened."""
        document = {"tell": name, **values}
        with self._changed:
            last = self._waiting[-1].document if self._waiting else {}
            merge = MERGED.get(name)
            if merge is not None and last.get("tell") == name:
                self._waiting[-1].document = merge(last, document)
                return
            if self._events >= MOST_EVENTS:
                self._forget_one()
            self._events += 1
            self._waiting.append(_Waiting(document))
            self._changed.notify_all()

    def flush(self, seconds: float) -> None:
        """Wait until everything is written, so long at most."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._over or not (self._waiting or self._writing), seconds
            )

    def _add(self, one: _Waiting) -> None:
        with self._changed:
            self._waiting.append(one)
            self._changed.notify_all()

    def _forget_one(self) -> None:
        """Drop the oldest event that a later one of its kind makes up for, or the oldest."""
        events = [one for one in self._waiting if "tell" in one.document]
        passing = (one for one in events if one.document["tell"] in MERGED)
        self._waiting.remove(next(passing, events[0]))
        self._events -= 1

    def _write(self) -> None:
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._waiting)
                    one = self._waiting.popleft()
                    self._events -= "tell" in one.document
                    self._writing = True
                self._send(one)
                with self._changed:
                    self._writing = False
                    self._changed.notify_all()
        except OSError:
            with self._changed:
                self._over = True
                self._changed.notify_all()
            self._lost()

    def _send(self, one: _Waiting) -> None:
        document, blob = one.document, one.blob
        try:
            opening = frames.opening(document, len(blob))
        except (ValueError, TypeError) as error:
            print(f"this cannot be told: {error}: {document!r:.500}", file=sys.stderr)
            if "re" not in document:
                return
            message = "the answer holds what is not a number"
            fault = {"message": message, "hint": None, "status": BROKEN}
            opening, blob = frames.opening({"re": document["re"], "error": fault}), b""
        frames.send(self._stream, opening, blob)


def latest(before: Document, now: Document) -> Document:
    """The later of two events says it all."""
    return now


def joined(before: Document, now: Document) -> Document:
    """The later of two events, with the points of both."""
    old, new = before["points"], now["points"]
    points = {name: [*old[name], *new[name]] for name in new}
    while len(points["step"]) > MOST_POINTS:
        points = {name: _halved(name, values) for name, values in points.items()}
    return {**now, "points": points}


def _halved(name: str, values: list[float]) -> list[float]:
    """Every two neighbours as one: the later step, the mean of the others."""
    if name == "step":
        return values[1::2] + values[len(values) // 2 * 2 :]
    pairs = zip(values[::2], values[1::2], strict=False)
    return [(a + b) / 2 for a, b in pairs] + values[len(values) // 2 * 2 :]


MERGED: dict[str, Callable[[Document, Document], Document]] = {
    "reading": latest,
    "testing": latest,
    "progress": joined,
}
"""Events that are merged with one of the same kind just before them."""
