"""A run folder: settings, events, checkpoints and result, and the lock on all of them."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from convlens.errors import RunError
from convlens.files import cannot_write, check_folder, make_folder, write_atomically
from convlens.paths import exists, is_dir
from convlens.runs.eventlog import EventLog
from convlens.runs.lock import HeldError, Lock, is_held
from convlens.runs.shelf import Shelf

if TYPE_CHECKING:
    from convlens.data import Skipped

FORMAT = 1
"""Version of run folders that are written; newer ones are refused."""

LONGEST = f"checkpoints/step-{0:010}.safetensors"
"""The file deepest in the folder."""

RUNS_HINT = "say where with --runs FOLDER"

RunState = Literal["running", "unfinished", "finished", "failed"]


class RunFolder:
    """The files of one run. All but reading wants ``lock`` first, and ``close`` at the end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shelf = Shelf(path / "checkpoints")
        self._lock: Lock | None = None

    @property
    def events(self) -> Path:
        """The file of events."""
        return self.path / "events.jsonl"

    @property
    def skipped(self) -> Path:
        """The table of files that were left out, where any were."""
        return self.path / "skipped.csv"

    def lock(self) -> None:
        """Keep other processes out, making the folder if there is none.

        Raises RunError where another process is in, OutputError where it cannot be made.
        """
        try:
            make_folder(self.path)
            self._lock = Lock(self.path / "lock")
        except HeldError as error:
            who = f" by process {error.holder}" if error.holder else ""
            raise RunError(
                f"{self.path} is being trained right now{who}",
                "wait for it, or begin another with --out FILE",
            ) from error
        except OSError as error:
            raise cannot_write(self.path, error, RUNS_HINT) from error

    def close(self) -> None:
        """Let others in."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    @property
    def held(self) -> bool:
        """Whether the lock is ours."""
        return self._lock is not None

    @property
    def vanished(self) -> bool:
        """Whether somebody took the folder away while it was in use."""
        return not exists(self.path / "lock")

    def make_again(self, settings: Mapping[str, Any]) -> None:
        """Put back what can be put back of a folder that vanished. Raises OutputError."""
        self.close()
        self.lock()
        self.write_settings(settings)

    @property
    def begun(self) -> bool:
        """Whether a run has left its settings here."""
        return exists(self.path / "settings.json")

    @property
    def vacant(self) -> bool:
        """Whether there is nothing here yet but perhaps a lock."""
        return not is_dir(self.path) or all(one.name == "lock" for one in self.path.iterdir())

    def check_place(self) -> None:
        """See before the work that a run can be kept here; nothing is left behind.

        Raises OutputError where it cannot be, RunError where files of somebody else's are here.
        """
        try:
            self.check_ours()
        except OSError as error:
            raise cannot_write(self.path, error, RUNS_HINT) from error
        check_folder(self.path, LONGEST, RUNS_HINT)

    def check_ours(self) -> None:
        """See that no files of somebody else are here. Raises RunError."""
        if not self.begun and not self.vacant:
            raise RunError(f"{self.path} exists and is not a run folder", RUNS_HINT)

    def clear(self) -> None:
        """Remove what an earlier run left, and nothing else."""
        self.shelf.clear()
        shutil.rmtree(self.path / "tensorboard", ignore_errors=True)
        try:
            for name in ("result.json", "events.jsonl", "skipped.csv", "settings.json"):
                (self.path / name).unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(self.path, error, RUNS_HINT) from error

    def open_log(self, length: int = 0) -> EventLog:
        """The log of events, cut back to its first ``length`` bytes. Raises OutputError."""
        try:
            return EventLog(self.events, length)
        except OSError as error:
            raise cannot_write(self.events, error, RUNS_HINT) from error

    def settings(self) -> dict[str, Any]:
        """What ``write_settings`` wrote. Raises RunError where it does not read or is newer."""
        path = self.path / "settings.json"
        try:
            document = _read(path)
        except FileNotFoundError:
            raise RunError(
                f"{self.path} is not a run folder", "convlens runs lists those that are"
            ) from None
        except (OSError, ValueError, RecursionError) as error:
            raise RunError(
                f"{path} does not read: {_reason(error)}", "begin anew with --fresh"
            ) from error
        version = document.get("format")
        if not isinstance(version, int) or isinstance(version, bool):
            raise RunError(f"{path} does not say its format", "begin anew with --fresh")
        if version > FORMAT:
            raise RunError(
                f"{self.path} has format {version}; this ConvLens reads up to {FORMAT}",
                "update ConvLens: pip install --upgrade convlens",
            )
        return document

    def write_settings(self, document: Mapping[str, Any]) -> None:
        """Keep what was asked for and settled. Raises OutputError."""
        self._write("settings.json", {"format": FORMAT, **document})

    def write_skipped(self, skipped: Sequence[Skipped]) -> None:
        """Keep every file that was left out with its reason. Raises OutputError."""
        if not skipped:
            with contextlib.suppress(OSError):
                self.skipped.unlink(missing_ok=True)
            return
        table = io.StringIO(newline="")
        rows = csv.writer(table, lineterminator="\n")
        rows.writerows([("file", "reason"), *((one.file, one.reason) for one in skipped)])
        write_atomically(
            self.skipped, table.getvalue().encode("utf-8", "backslashreplace"), RUNS_HINT
        )

    def result(self) -> dict[str, Any]:
        """What the run came to, or nothing while it has not ended."""
        try:
            return _read(self.path / "result.json")
        except (OSError, ValueError, RecursionError):
            return {}

    def write_result(self, document: Mapping[str, Any]) -> None:
        """Keep what the run came to. Raises OutputError."""
        self._write("result.json", document)

    def forget_result(self) -> None:
        """The run goes on: what an earlier end left is no longer true."""
        with contextlib.suppress(OSError):
            (self.path / "result.json").unlink()

    @property
    def state(self) -> RunState:
        """How the run stands."""
        if self._lock is None and is_held(self.path / "lock"):
            return "running"
        match self.result().get("state"):
            case "finished":
                return "finished"
            case "failed":
                return "failed"
        return "unfinished"

    def _write(self, name: str, document: Mapping[str, Any]) -> None:
        text = json.dumps(document, indent=1, ensure_ascii=False)
        write_atomically(self.path / name, text.encode("utf-8", "surrogateescape"), RUNS_HINT)


def _read(path: Path) -> dict[str, Any]:
    document = json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
    if not isinstance(document, dict):
        raise ValueError("it holds no settings")
    return document


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    return str(error) or type(error).__name__
