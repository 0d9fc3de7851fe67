"""From the events of a training to what the server is told."""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from convlens.pipeline import Event, Note, Reading
from convlens.pipeline.events import to_json
from convlens.studio.process.knobs import stretch
from convlens.studio.process.pace import figures_apart
from convlens.studio.process.wording import for_page
from convlens.training.events import (
    BatchSplit,
    Changed,
    EpochDone,
    Learned,
    StepDone,
    Warned,
    WentBack,
)

if TYPE_CHECKING:
    from convlens.training.loop import Run

DENSE = 0.1
"""Seconds of training that a point of the curves stands for."""

FEWEST_JUDGED = 500
"""Pictures that the running accuracy is taken over at least, once there are as many."""

CURVES = ("step", "loss", "decay", "accuracy")
"""What a point of the curves holds."""

Tell = Callable[[str, Mapping[str, Any]], None]

Points = dict[str, list[float]]


class Meter:
    """Makes frames of progress out of steps."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self._steps: list[StepDone] = []  # since the last frame
        self._undrawn: list[StepDone] = []  # of these since the last point
        self._points: Points = {name: [] for name in CURVES}
        self._judged: deque[StepDone] = deque()
        self._right = self._pictures = 0  # of these
        self._last: dict[str, Any] = {}
        self._drawn = self._told = 0.0

    def add(self, done: StepDone, run: Run) -> None:
        """Take a step in, and tell of those so far where it is time to."""
        self._steps.append(done)
        self._undrawn.append(done)
        self._judged.append(done)
        self._right, self._pictures = self._right + done.right, self._pictures + done.pictures
        while self._pictures - self._judged[0].pictures >= FEWEST_JUDGED:
            old = self._judged.popleft()
            self._right, self._pictures = self._right - old.right, self._pictures - old.pictures
        now = time.monotonic()
        if now - self._told >= figures_apart():
            self.flush(run)
        elif now - self._drawn >= DENSE:
            self._draw()

    def flush(self, run: Run) -> None:
        """Tell of the steps that nobody has been told of, or of the last again."""
        if self._steps:
            self._draw()
            self._last = self._frame(run)
        if not self._last:
            return
        self.tell("progress", {**self._last, "points": self._points})
        self._points = {name: [] for name in CURVES}
        self._steps = []
        self._told = time.monotonic()

    def _draw(self) -> None:
        """Make a point of the curves of the steps that have none yet."""
        steps, self._undrawn = self._undrawn, []
        if not steps:
            return
        pictures = sum(one.pictures for one in steps)
        self._points["step"].append(steps[-1].step)
        self._points["loss"].append(statistics.fmean(one.loss for one in steps))
        self._points["decay"].append(statistics.fmean(one.decay_loss for one in steps))
        self._points["accuracy"].append(sum(one.right for one in steps) / pictures)
        self._drawn = time.monotonic()

    def _frame(self, run: Run) -> dict[str, Any]:
        steps, last = self._steps, self._steps[-1]
        return {
            "step": last.step,
            "epochs": last.epochs,
            "examples": run.pictures,
            "progress": last.progress,
            "seconds": run.seconds,
            "seconds_left": last.seconds_left,
            "pictures_per_second": last.pictures_per_second,
            "forward_ms": 1000 * statistics.median(one.forward_seconds for one in steps),
            "backward_ms": 1000 * statistics.median(one.backward_seconds for one in steps),
            "rate": last.rate,
            "loss": statistics.fmean(one.loss for one in steps),
            "decay_loss": last.decay_loss,
            "train_accuracy": self._right / self._pictures,
        }


class Teller:
    """Tells the server of a training's events."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self.meter = Meter(tell)
        self.run: Run | None = None
        self.before = 0.0  # epochs of the run's earlier stretches

    def phase(self, phase: str) -> None:
        """Say what is going on."""
        self.tell("phase", {"phase": phase})

    def note(self, text: str) -> None:
        """Say what the user should know."""
        self.tell("note", {"text": for_page(text.removeprefix("note: "))})

    def failed(self, message: str, hint: str | None) -> None:
        """Say what went wrong; another run can be begun."""
        self.tell("failed", {"message": for_page(message), "hint": hint and for_page(hint)})

    def event(self, event: Event) -> None:
        """Tell of an event of the pipeline."""
        match event:
            case Reading():
                self.tell("reading", to_json(event))
            case Note():
                self.note(event.text)
            case StepDone():
                if self.run is not None:
                    self.meter.add(event, self.run)
            case EpochDone():
                self._looked(event)
            case Warned():
                self.tell("warned", {**to_json(event), "text": for_page(event.text)})
            case Changed():
                changes: dict[str, list[Any]]
                changes = {name: list(pair) for name, pair in event.changes.items()}
                if "epochs" in changes:
                    changes["epochs"] = [stretch(value, self.before) for value in changes["epochs"]]
                self.tell("changed", {"step": event.step, "changes": changes})
            case WentBack():
                self.note(
                    f"the {event.what} was not finite at step {event.step:,}: back to step "
                    f"{event.to:,}, at {event.rate:g} times the learning rate from here on"
                )
            case BatchSplit():
                self.note(
                    f"memory was too small at step {event.step:,}: batches are learned from in "
                    f"{event.pieces} pieces of at most {event.pictures:,} pictures"
                )
            case Learned():
                self.phase("judging")

    def _looked(self, event: EpochDone) -> None:
        if self.run is not None:
            self.meter.flush(self.run)
            told = to_json(event)
            told = {name: told[name] for name in LOOKED} | {"examples": self.run.pictures}
            self.tell("looked", told)


LOOKED = (
    "step",
    "epochs",
    "loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "best",
)
"""What of a look at the validation part is told."""
