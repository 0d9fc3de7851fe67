"""What can be told of the run folders in a folder, without reading a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convlens.errors import ConvLensError
from convlens.paths import is_dir
from convlens.runs.eventlog import read_events
from convlens.runs.folder import RunFolder, RunState

LAST = 1 << 14
"""Bytes of a log's end that say how far it goes."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run. ``accuracy`` is that of the test part, or else the best on the validation part."""

    name: str
    path: Path
    state: RunState
    accuracy: float | None
    epochs: float | None
    seconds: float | None  # of training
    command: str | None
    begun: str | None
    error: str | None

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values."""
        return {
            "name": self.name,
            "path": str(self.path),
            "state": self.state,
            "accuracy": self.accuracy,
            "epochs": self.epochs,
            "seconds": self.seconds,
            "command": self.command,
            "begun": self.begun,
            "error": self.error,
        }


def runs_in(folder: Path) -> Iterator[RunSummary]:
    """The runs in ``folder`` by name; what is no run folder is passed over."""
    for path in sorted(folder.iterdir()) if is_dir(folder) else ():
        if RunFolder(path).begun:
            yield summary(path)


def summary(path: Path) -> RunSummary:
    """What is known of the run in ``path``; of damaged settings, what is wrong with them."""
    folder = RunFolder(path)
    error: str | None = None
    try:
        settings = folder.settings()
    except ConvLensError as fault:
        settings, error = {}, fault.message
    result, state, seen = folder.result(), folder.state, _seen(folder.events)
    accuracies = (result.get("test_accuracy"), result.get("validation_accuracy"), seen["accuracy"])
    return RunSummary(
        name=path.name,
        path=path,
        state=state,
        accuracy=next((a for a in map(_number, accuracies) if a is not None), None),
        epochs=_number(seen["epochs"]),
        seconds=_number(seen["seconds"]),
        command=_text(settings.get("command")),
        begun=_text(settings.get("begun")),
        error=error or _text(result.get("error")),
    )


def _seen(path: Path) -> dict[str, Any]:
    """The accuracy of the best look in a log, and how far the log goes."""
    found: dict[str, Any] = {"accuracy": None, "epochs": None, "seconds": None}
    for line in read_events(path, last=LAST):
        found |= {name: line[name] for name in ("epochs", "seconds") if name in line}
    for line in read_events(path, only=b'"event":"epoch_done"'):
        if line.get("best"):
            found["accuracy"] = _number(line.get("validation_accuracy"))
    return found


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
