"""When a run is saved, and how: often enough to lose little, seldom enough to cost little."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from convlens.errors import OutputError
from convlens.runs.checkpoint import Checkpoint
from convlens.runs.eventlog import EventLog
from convlens.runs.shelf import Shelf
from convlens.training.loop import Run
from convlens.training.state import WEIGHTS, State

SHARE = 0.01
"""Of the time, that saving now and then may take; the last save of all comes on top of it."""

EVERY = 10.0
"""Seconds after which a run is saved within an epoch, if that is affordable."""

FIRST_COST, BYTES_PER_SECOND = 0.02, 200e6
"""What the first save is taken to cost, before one has been timed."""

WAIT, LONGEST_WAIT = 10.0, 300.0
"""Seconds between tries while the disk does not take anything; they grow."""


class Saver:
    """Puts a run's states on the shelf. ``note`` is told where that fails; training goes on."""

    def __init__(
        self, shelf: Shelf, log: EventLog, begun: float, note: Callable[[str], None]
    ) -> None:
        self.shelf, self.log, self.begun, self.note = shelf, log, begun, note
        self.opened = self.last = time.monotonic()
        self.seconds, self.cost = 0.0, 0.0
        self.step: int | None = None  # of the last checkpoint on the disk
        self.wait = 0.0  # before the next try, after one that failed

    def waited(self, seconds: float) -> None:
        """So long nobody trained: it is no time to have spent, nor to save in."""
        self.begun += seconds
        self.opened += seconds

    def due(self, epoch_end: bool, size: Callable[[], int]) -> bool:
        """Whether to save now; ``size`` is the checkpoint's in bytes."""
        now = time.monotonic()
        if now - self.last < self.wait:
            return False
        if not epoch_end and now - self.last < EVERY:
            return False
        self.cost = self.cost or FIRST_COST + size() / BYTES_PER_SECOND
        return self.seconds + self.cost <= SHARE * (now - self.opened)

    def save(self, run: Run) -> bool:
        """Save ``run`` as it is; returns whether it is on the disk."""
        state = run.kept()
        if not finite(state):
            return False  # the coming step finds out and goes back
        begun = time.monotonic()
        try:
            length = self.log.flush(to_disk=True)
            document = {**state.values, "events": length, "spent": begun - self.begun}
            self.shelf.save(Checkpoint(run.steps, arrays(state.tensors), document))
            saved = True
        except (OSError, OutputError) as error:
            saved = False
            self._failed(error)
        self.last = time.monotonic()
        self.cost = self.last - begun
        self.seconds += self.cost
        if saved:
            self.step, self.wait = run.steps, 0.0
        return saved

    def _failed(self, error: OSError | OutputError) -> None:
        if not self.wait:
            kept = (
                "none is kept yet" if self.step is None else f"that of step {self.step:,} is kept"
            )
            reason = str(error) if isinstance(error, OutputError) else error.strerror or str(error)
            self.note(f"note: no checkpoint could be written ({reason.lower()}); {kept}; going on")
        self.wait = min(max(WAIT, 2 * self.wait), LONGEST_WAIT)


def arrays(tensors: Mapping[str, Tensor]) -> dict[str, np.ndarray[Any, Any]]:
    """Tensors as a checkpoint keeps them, on the processor."""
    return {name: value.detach().cpu().contiguous().numpy() for name, value in tensors.items()}


def state_of(checkpoint: Checkpoint) -> State:
    """The state that was saved."""
    tensors = {name: torch.from_numpy(value) for name, value in checkpoint.tensors.items()}
    return State(tensors, checkpoint.document)


def finite(state: State) -> bool:
    """Whether every weight is a finite number."""
    weights = (value for name, value in state.tensors.items() if name.startswith(WEIGHTS))
    return all(bool(torch.isfinite(value.sum())) for value in weights)
