"""What happens, as server-sent events: every page asks for what it has not been told yet.

A subscriber has no queue. Of each the server knows how far it has been told; one that does not
read is not waited for, and gets a single message when it wakes.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from convlens.studio.run import Run
from convlens.studio.session import Session

LEAST_APART = 0.1
"""Seconds between two messages."""

HEARTBEAT = 10.0
"""Seconds without a message after which a comment shows that the line stands."""

RETRY = "retry: 1000\n\n"
"""Milliseconds after which a browser tries again when the line breaks."""


class Subscriber:
    """How far one page has been told."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.version = 0
        self.namings = 0  # of the classes that it was told
        self.run: Run | None = None
        self.series = 0  # version of the series
        self.points = self.looks = self.marks = 0  # how many of each

    def due(self) -> str:
        """Everything that is new, as events; empty where nothing is."""
        return "".join(self._events())

    def _events(self) -> Iterator[str]:
        if self.version != self.session.version:
            self.version = self.session.version
            named = self.namings != self.session.namings
            self.namings = self.session.namings
            yield _event("state", self.session.state_text(named))
        run = self.session.current
        if run is None:
            return
        if run is not self.run:
            self.run, self.series = run, -1
            self.looks, self.marks = len(run.series.looks), len(run.series.marks)
        yield from self._curves(run)

    def _curves(self, run: Run) -> Iterator[str]:
        """Points, looks and marks from where it was told; all points anew in a new version."""
        series = run.series
        if self.series != series.version:
            self.series, self.points = series.version, 0
            told: dict[str, Any] | None = {}
            self.looks = min(self.looks, len(series.looks))
            self.marks = min(self.marks, len(series.marks))
        else:
            told = {} if self.points < len(series.points) else None
        if told is not None:
            told = {"run": run.id, "version": series.version, "from": self.points}
            yield _event("points", json.dumps(told | series.columns(self.points)))
            self.points = len(series.points)
        for look in series.looks[self.looks :]:
            yield _event("look", json.dumps({"run": run.id, "look": look}))
        for mark in series.marks[self.marks :]:
            yield _event("mark", json.dumps({"run": run.id, "mark": mark}))
        self.looks, self.marks = len(series.looks), len(series.marks)


async def events(
    session: Session,
    apart: float = LEAST_APART,
    heartbeat: float = HEARTBEAT,
    sleep: Callable[[float], Any] = asyncio.sleep,
) -> AsyncIterator[str]:
    """Messages to one page until the studio ends, at most one in ``apart`` seconds."""
    subscriber = Subscriber(session)
    yield RETRY
    while not session.closing:
        message = subscriber.due()
        if message:
            yield message
            await sleep(apart)
            continue
        try:
            await asyncio.wait_for(session.changed(), heartbeat)
        except TimeoutError:
            yield ": still here\n\n"


def _event(name: str, data: str) -> str:
    return f"event: {name}\ndata: {data}\n\n"
