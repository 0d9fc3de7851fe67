"""The state of a studio: what the training process told, and who waits to hear of it."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from collections.abc import Callable, Sequence
from typing import Any

from convlens.errors import OutputError
from convlens.studio.hearing import hear
from convlens.studio.place import Place, keep_curves
from convlens.studio.refusal import GONE, RefusedError
from convlens.studio.run import Asked, Run
from convlens.studio.subject import Subject, only_looking
from convlens.studio.supervisor import Answer, Supervisor

MOST_NOTES = 50
"""Notes that are shown; older ones make room."""

SAVE_EVERY = 1.0
"""Seconds between two writings of what is kept."""

BUSY = ("empty", "reading", "lost", "failed")
"""Phases in which there is no network to ask about."""

LOST_HINT = "press Start: training goes on from the last checkpoint"


class Session:
    """One studio from its start to its end.

    Everything happens in one event loop; after each change ``touch`` wakes those in ``changed``.
    """

    def __init__(
        self,
        place: Place,
        subject: Subject,
        asked: Asked,
        command: Sequence[str] | None = None,
    ) -> None:
        self.place, self.subject, self.asked = place, subject, asked
        self.supervisor = Supervisor(self._hear, self._lost, command)
        self.studio = secrets.token_hex(8)
        self.address = ""
        self.version = 1
        self.revision = 0
        self.phase = "empty"
        self.data: dict[str, Any] | None = None
        self.namings = 0  # how often the classes have become other ones
        self.reading: dict[str, Any] | None = None
        self.testing: dict[str, Any] | None = None
        self.tested: dict[str, Any] | None = None  # the last test of the whole part
        self.error: dict[str, Any] | None = None
        self.runs: list[Run] = place.runs()
        self.snapshots: list[dict[str, Any]] = _snapshots(place, self.runs)
        self.current: Run | None = None
        self.notes: list[dict[str, Any]] = []
        self.closing = False
        self.commanding = asyncio.Lock()  # commands that begin or end runs come one by one
        self._changed = asyncio.Event()
        self._noted = 0
        self._unsaved = False
        self._kept_badly = False
        self._saver: asyncio.Task[None] | None = None
        self._version, self._texts = 0, dict[bool, str]()

    # what it is like

    def state(self) -> dict[str, Any]:
        """Everything that a page shows but curves and pictures."""
        run = self.current
        return {
            "studio": self.studio,
            "version": self.version,
            "phase": self.phase,
            "data": self.data,
            "reading": self.reading,
            "run": None if run is None else run.shown(self.revision),
            "runs": [one.listed() for one in self.runs],
            "notes": self.notes,
            "error": self.error,
            "snapshots": self.snapshots,
            "testing": self.testing,
        }

    def take_data(self, data: dict[str, Any]) -> None:
        """The pictures are these from now on, or the network's, where there are none."""
        if self.data is None or self.data.get("classes") != data.get("classes"):
            self.namings += 1
        self.data = data

    def state_text(self, named: bool) -> str:
        """``state`` as JSON, made once for all who listen.

        Unless ``named`` the classes are left out, of which there may be thousands.
        """
        if self._version != self.version:
            self._texts, self._version = {}, self.version
        if named not in self._texts:
            told = self.state()
            if self.data is not None and not named:
                told["data"] = {**self.data, "classes": None}
            self._texts[named] = json.dumps(told)
        return self._texts[named]

    def find(self, name: str) -> Run:
        """The run of that id. Raises RefusedError where there is none."""
        for run in self.runs:
            if run.id == name:
                return run
        raise RefusedError(
            "there is no such run", "another page may have taken it from the list", 404
        )

    # what happens to it

    def touch(self, keep: bool = False) -> None:
        """Something changed; with ``keep`` something that outlives the studio."""
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()
        if keep:
            self._unsaved = True

    async def changed(self) -> None:
        """Wait for the next change."""
        await self._changed.wait()

    def note(self, text: str, kind: str = "note", run: str | None = None) -> None:
        """Tell those who look, about ``run`` while that is open; the same once only."""
        if any(one["text"] == text for one in self.notes):
            return
        self._noted += 1
        note = {"id": self._noted, "kind": kind, "text": text, "run": run}
        self.notes = [*self.notes, note][-MOST_NOTES:]
        self.touch()

    def dismiss(self, number: int) -> None:
        """Take a note away."""
        self.notes = [one for one in self.notes if one["id"] != number]
        self.touch()

    def fail(self, message: str, hint: str | None, phase: str = "failed") -> None:
        """Nothing is being trained any more, and why."""
        self.phase = phase
        self.error = {"message": message, "hint": hint}
        self.testing = None
        if self.current is not None:
            self.current.phase = phase
        self.touch(keep=True)

    def _hear(self, document: dict[str, Any]) -> None:
        hear(self, document)

    def _lost(self, reason: str) -> None:
        self.fail(f"the training process ended unexpectedly: {reason}", LOST_HINT, "lost")

    # asking the process

    async def ask(
        self,
        do: str,
        blob: bytes = b"",
        then: Callable[[], None] | None = None,
        **values: Any,
    ) -> Answer:
        """Have the training process do something; see Supervisor.ask."""
        return await self.supervisor.ask(do, blob, then, **values)

    def looked_into(self) -> None:
        """See that there is a network to ask about. Raises RefusedError."""
        if self.phase in ("empty", "reading"):
            raise RefusedError("the pictures are still being read", "wait a moment", passing=True)
        if not self.supervisor.alive or self.phase in BUSY:
            error = self.error or {"message": "there is no network yet", "hint": None}
            raise RefusedError(error["message"], error["hint"], GONE)

    def learnable(self) -> Run:
        """The current run. Raises where there is none that could be trained."""
        if self.subject.model is not None:
            error = only_looking()
            raise RefusedError(error.message, error.hint)
        if self.current is None:
            raise RefusedError("no run has begun", "wait a moment")
        return self.current

    # what outlives it

    async def keep(self) -> None:
        """Write what outlives the studio now, as far as it can be written."""
        self._unsaved = False
        runs, run = [one.to_json() for one in self.runs], self.current
        curves = None if run is None else (run.folder, run.series.to_json())
        try:
            await asyncio.to_thread(self._write, runs, curves)
        except OutputError as error:
            if not self._kept_badly:
                self.note(f"{error.message}; the studio goes on without keeping it", "warning")
            self._kept_badly = True
        else:
            self._kept_badly = False

    def _write(self, runs: list[dict[str, Any]], curves: tuple[Any, dict[str, Any]] | None) -> None:
        if not self.place.passing:
            current = None if self.current is None else self.current.id
            more = {"snapshots": self.snapshots, "current": current}
            self.place.write(self.address, runs, more)
        if curves is not None:
            keep_curves(*curves)

    async def _keep_keeping(self) -> None:
        """Write whenever something is to be kept, and the curves at times."""
        rounds = 0
        while True:
            await asyncio.sleep(SAVE_EVERY)
            rounds += 1
            if self._unsaved or (self.phase == "training" and rounds % CURVES_EVERY == 0):
                await self.keep()

    # its beginning and end

    async def open(self) -> None:
        """Start the training process and the keeping."""
        await self.supervisor.start()
        self._saver = asyncio.create_task(self._keep_keeping())

    def dismiss_all(self) -> None:
        """Send those who listen home."""
        self.closing = True
        self.touch()

    async def close(self, patience: float | None = None) -> None:
        """End the training process, which keeps a checkpoint, and let the place go."""
        self.dismiss_all()
        if self._saver is not None:
            self._saver.cancel()
        if self.place.passing and self.subject.model is None:
            print(f"the runs in {self.place.folder} are gone now", file=sys.stderr)
        await self.supervisor.end(*(() if patience is None else (patience,)))
        await self.keep()


CURVES_EVERY = 15
"""Rounds of keeping in which the curves of a run that is training are written once."""


def _snapshots(place: Place, runs: list[Run]) -> list[dict[str, Any]]:
    """Those that are still there."""
    known = {run.id for run in runs}
    found = place.document.get("snapshots")
    return [
        one
        for one in (found if isinstance(found, list) else [])
        if isinstance(one, dict) and one.get("run") in known and str(one.get("id")).isdecimal()
    ]
