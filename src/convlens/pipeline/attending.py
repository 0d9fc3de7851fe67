"""Somebody who attends a training: who looks in between two steps, steers it, or makes it wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from convlens.data import Dataset, Preprocessing
    from convlens.network.engine import Engine
    from convlens.notation import Plan
    from convlens.pipeline.record import Record
    from convlens.pipeline.settings import Settings
    from convlens.training.loop import Run


class Attendant(Protocol):
    """What ``pipeline.train`` calls on the way, in its own thread.

    What it raises ends the training as it is.
    """

    def begin(self, work: Work) -> None:
        """All is built, weights to carry over are in; no checkpoint is restored yet."""
        ...

    def between(self) -> None:
        """Before the first event of the run and after each; it may take as long as it likes.

        Time that is not to count as training's it gives to ``Work.waited``.
        """
        ...


@dataclass(frozen=True, eq=False, slots=True)
class Work:
    """A training with all that it is made of; ``run`` is to be steered between two steps only."""

    settings: Settings
    dataset: Dataset
    plan: Plan
    preprocessing: Preprocessing
    engine: Engine
    run: Run
    carried: frozenset[str]  # names of the tensors that were carried over
    record: Record | None

    def save(self) -> bool:
        """Save the run as it is, at once; returns whether it is on the disk."""
        return self.record is not None and self.record.save(self.run)

    def waited(self, seconds: float) -> None:
        """So long nobody trained: it counts neither as time nor against a budget."""
        self.run.waited(seconds)
        if self.record is not None:
            self.record.waited(seconds)
