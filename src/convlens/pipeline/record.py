"""What a training keeps in its run folder, and how it finds back to where it was."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from convlens.data import Geometry, Preprocessing
from convlens.errors import ConvLensError, ModelFileError, OutputError, RunError
from convlens.files import existing_folder
from convlens.pipeline.changes import changed_bits, told
from convlens.pipeline.earlier import Earlier
from convlens.pipeline.events import Event, Note, Resumed, line_of
from convlens.pipeline.settings import Keep, Settings
from convlens.runs.eventlog import EventLog
from convlens.runs.folder import RUNS_HINT, RunFolder
from convlens.training.events import EpochDone, StepDone, Stopping

if TYPE_CHECKING:
    from convlens.data import Skipped
    from convlens.pipeline.saving import Saver
    from convlens.training.loop import Run


class Record:
    """The record of one training in a run folder; a context that lets others in at its end.

    ``record_of`` finds what is there to go on from, ``begin`` settles whether this training does,
    and from then on every event is given to ``after``.
    """

    def __init__(self, folder: RunFolder, keep: Keep, settings: Settings, begun: float) -> None:
        self.folder, self.keep, self.settings = folder, keep, settings
        self.earlier = Earlier(folder, keep, settings)
        self.begun = begun - self.earlier.spent  # as if nothing had come between
        self.document: dict[str, Any] = {}
        self.skipped: Sequence[Skipped] = ()
        self.resumed = self.stopping = False
        self.log: EventLog | None = None
        self.saver: Saver | None = None
        self.listen: Callable[[Event], None] = lambda event: None

    @property
    def geometry(self) -> Geometry | None:
        """What pictures were brought to, where something goes on."""
        before = self.earlier.settled("preprocessing")
        if before is not None:
            with suppress(ModelFileError):  # then beginning says that it is another
                return Preprocessing.from_json(before).geometry
        return None

    def begin(
        self,
        run: Run,
        settled: dict[str, Any],
        room: int,
        listen: Callable[[Event], None],
        skipped: Sequence[Skipped] = (),
    ) -> None:
        """Bring ``run`` to where it was, if it goes on, and open the log of its events.

        The folder then tells which files were ``skipped``.

        Raises RunError where something changed that was ``settled``, OutputError where ``room``
        bytes are more than the disk has left.
        """
        from convlens.pipeline.saving import Saver

        self.listen = listen
        checkpoint, length = self.earlier.checkpoint, 0
        self._check_room(room)  # before a folder is made
        if not self.folder.held:
            self.folder.lock()
            self.folder.check_ours()
        if checkpoint is None:
            self.folder.clear()
        else:
            self.earlier.restore(run, settled)
            length = int(checkpoint.document["events"])
            self.folder.forget_result()
        self.document = self._document(settled)
        self.folder.write_settings(self.document)
        self.skipped = skipped
        self.folder.write_skipped(skipped)
        self.log = self.folder.open_log(length)
        self.saver = Saver(self.folder.shelf, self.log, self.begun, self._note)
        for line in self.earlier.refused:
            self._note(f"note: {line}")
        if self.earlier.refused and checkpoint is None:
            self._note("note: there is no other checkpoint; training begins anew")
        if checkpoint is not None:
            self.resumed, self.saver.step = True, run.steps
            self.earlier.checkpoint = None  # its tensors are in the network now
            if bits := list(changed_bits(self.earlier.told("settled"), settled)):
                self._note(f"note: {told(bits)}: the weights' last bits may differ for it")

    def _document(self, settled: dict[str, Any]) -> dict[str, Any]:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        out, before = self.settings.out, self.earlier.document
        return {
            "command": before.get("command") or self.keep.command,
            "begun": before.get("begun") or now,
            "out": None if out is None else str(out.absolute()),
            "settings": self.settings.to_json() | self.earlier.kept_settings(),
            "settled": settled,
        }

    def _check_room(self, room: int) -> None:
        free = shutil.disk_usage(existing_folder(self.folder.path)).free
        if free < room and not self.keep.anyway:
            raise OutputError(
                f"{self.folder.path} needs about {room / 1e6:,.0f} MB, {free / 1e6:,.0f} are free",
                f"free some room, or {RUNS_HINT}",
            )

    def tell_resumed(self, run: Run) -> None:
        """Say where ``run`` goes on, if it does."""
        if self.resumed:
            self.tell(Resumed(str(self.folder.path), run.steps, run.epochs))

    def tell(self, event: Event, seconds: float | None = None) -> None:
        """Pass ``event`` on, and log it."""
        self.listen(event)
        if self.log is not None:
            line = line_of(event)
            if seconds is not None:
                line["seconds"] = round(seconds, 3)
            self.log.add(line, now=not isinstance(event, StepDone))

    def after(self, event: Event, run: Run) -> None:
        """Log what ``run`` told, pass it on, and save the run where that is due."""
        assert self.saver is not None
        self.tell(event, run.seconds)
        if self.stopping:
            return  # what is looked at then is no part of the run
        match event:
            case Stopping():
                self.stopping = True
                self._save(run)
            case EpochDone() if run.schedule.finished:
                self._save(run)
            case EpochDone() | StepDone():
                epoch_end = isinstance(event, EpochDone)
                if self.saver.due(epoch_end, lambda: bytes_of(run)):
                    self._save(run)

    def waited(self, seconds: float) -> None:
        """So long nobody trained."""
        self.begun += seconds
        if self.saver is not None:
            self.saver.waited(seconds)

    def save(self, run: Run) -> bool:
        """Save ``run``, which is between two events, at once; returns whether it is on the disk."""
        if self.saver is None:
            return False
        if self.stopping:  # what is looked at then is no part of the run
            return self.saver.step == run.steps
        return self._save(run)

    def _save(self, run: Run) -> bool:
        assert self.saver is not None
        if self.folder.vanished:
            with suppress(OutputError, RunError):
                self._restore_folder()
        return self.saver.save(run)

    def _restore_folder(self) -> None:
        """Make the folder anew that somebody took away; the log goes on from here."""
        assert self.saver is not None
        assert self.log is not None
        self._note(f"note: {self.folder.path} has vanished; it is made again")
        self.log.close()
        self.folder.make_again(self.document)
        self.folder.write_skipped(self.skipped)
        self.log = self.saver.log = self.folder.open_log()

    def _note(self, text: str) -> None:
        self.tell(Note(text))

    def finished(self, result: dict[str, Any]) -> None:
        """Write what came out; an interrupted run leaves no result and can be gone on with."""
        if result["stopped"]:
            return
        self._write_result({"state": "finished", **result})
        self.folder.shelf.clear(kept=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.log is not None:
            if isinstance(error, ConvLensError):
                self._write_result({"state": "failed", "error": error.message})
            self.log.close()
        self.folder.close()

    def _write_result(self, result: dict[str, Any]) -> None:
        if self.saver is not None:
            result["checkpoint_seconds"] = round(self.saver.seconds, 3)
        try:
            self.folder.write_result(result)
        except OutputError as error:
            self.listen(Note(f"note: {error.message}"))


def record_of(keep: Keep, settings: Settings, begun: float) -> Record:
    """Look at what is in the folder, and lock it if it is a run's.

    ``begun`` is when this command began, on the clock of ``time.monotonic``. Raises RunError for
    what cannot be gone on with, OutputError where nothing can be kept.
    """
    folder = RunFolder(keep.folder)
    if not folder.begun:
        if keep.resume:
            folder.settings()  # says what is missing
        folder.check_place()
        return Record(folder, keep, settings, begun)
    folder.lock()
    try:
        return Record(folder, keep, settings, begun)
    except BaseException:
        folder.close()
        raise


def bytes_of(run: Run) -> int:
    """Bytes of a checkpoint, about."""
    return sum(tensor.nbytes for tensor in run.kept().tensors.values())
