"""Training until an accuracy is reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from convlens.training.schedule import ROUNDING, Schedule, Steps

GROWTH = 2
"""Times the steps of a round that the next one takes."""

AGAIN_FROM = 0.5
"""Progress at which every round but the first begins: at half of the learning rate."""

LEAST_GAIN = 0.001
"""Accuracy that a round must gain over all before it for another to be worth its time."""


@dataclass(slots=True)
class Rounds:
    """Ever longer rounds, each from a high learning rate down to zero, while they gain.

    How long it takes to an accuracy cannot be told beforehand, and a network does best once its
    learning rate has come down: so it comes down early, and the next round, twice as long, begins
    where the last one ended (Loshchilov and Hutter 2017, 'SGDR'). All rounds together take at most
    about twice the time of the last.
    """

    length: float  # steps of the round
    done: float = 0  # of the round
    number: int = 0
    best: float = 0.0  # accuracy in this round
    before: float = 0.0  # best accuracy in the rounds before
    finished: bool = False
    _step_seconds: float = 0.0
    _look_seconds: float = 0.0

    @property
    def progress(self) -> float:
        """Of the round."""
        begun = AGAIN_FROM if self.number else 0.0
        return min(1.0, begun + (1 - begun) * self.done / self.length)

    def advance(self, step_seconds: float, steps: float = 1) -> None:
        """Count a step that took ``step_seconds`` as ``steps``."""
        self.done += steps
        known = max(1, min(self.done, 100))
        self._step_seconds += (step_seconds - self._step_seconds) / known

    def rescale(self, factor: float, skipped: float) -> None:
        """Keep the round's end where it is in epochs, which have ``factor`` times the steps now."""
        self.length *= factor
        self.done = self.done * factor + skipped
        self._step_seconds /= factor

    def waited(self, seconds: float) -> None:
        """Rounds do not go by the clock."""

    def looked(self, seconds: float, again: int, accuracy: float) -> None:
        """Count a look; the one that ends a round decides whether there is another."""
        self.best = max(self.best, accuracy)
        self._look_seconds = seconds / again
        if self.done < self.length - ROUNDING:
            return
        if self.number and self.best < self.before + LEAST_GAIN:
            self.finished = True
            return
        self.before, self.best = max(self.best, self.before), 0.0
        self.length, self.done, self.number = GROWTH * self.length, 0, self.number + 1

    def seconds_left(self) -> float:
        """Of the round."""
        return max(0, self.length - self.done) * (self._step_seconds + self._look_seconds)

    def state(self) -> dict[str, float]:
        """How far it has come, for ``restore``."""
        return {
            "steps": self.done,
            "progress": self.progress,
            "length": self.length,
            "done": self.done,
            "number": self.number,
            "best": self.best,
            "before": self.before,
            "finished": self.finished,
            "step_seconds": self._step_seconds,
        }

    def restore(self, values: Mapping[str, float]) -> None:
        """Go on from what ``state`` gave; after a schedule of another kind a new round begins."""
        self._step_seconds = values["step_seconds"]
        if "length" in values:
            self.length, self.done = values["length"], values["done"]
            self.number, self.finished = int(values["number"]), bool(values["finished"])
            self.best, self.before = values["best"], values["before"]


@dataclass(slots=True)
class Target:
    """As ``schedule`` says, but over as soon as a look finds ``accuracy`` (0 to 1) reached."""

    schedule: Schedule
    accuracy: float
    reached: bool = False

    @property
    def progress(self) -> float:
        """Of ``schedule``."""
        return self.schedule.progress

    @property
    def finished(self) -> bool:
        """Whether the accuracy is reached or no step is left to take."""
        return self.reached or self.schedule.finished

    def advance(self, step_seconds: float, steps: float = 1) -> None:
        """Count a step that took ``step_seconds`` as ``steps``."""
        self.schedule.advance(step_seconds, steps)

    def rescale(self, factor: float, skipped: float) -> None:
        """An epoch has ``factor`` times the steps from now on; so many of them are left out."""
        self.schedule.rescale(factor, skipped)

    def waited(self, seconds: float) -> None:
        """So long nobody trained."""
        self.schedule.waited(seconds)

    def looked(self, seconds: float, again: int, accuracy: float) -> None:
        """Count a look, which may have found the accuracy."""
        self.reached = self.reached or accuracy >= self.accuracy
        self.schedule.looked(seconds, again, accuracy)

    def seconds_left(self) -> float:
        """At most, as far as can be told."""
        return 0.0 if self.reached else self.schedule.seconds_left()

    def state(self) -> dict[str, float]:
        """How far it has come, for ``restore``."""
        return {**self.schedule.state(), "reached": self.reached}

    def restore(self, values: Mapping[str, float]) -> None:
        """Go on from what ``state`` gave."""
        self.schedule.restore(values)
        self.reached = bool(values.get("reached", False))


def ending(schedule: Schedule, total: float, done: float) -> Schedule:
    """Over after ``total`` steps, ``done`` of them taken, or as soon as its target is reached."""
    if isinstance(schedule, Target):
        return Target(ending(schedule.schedule, total, done), schedule.accuracy, schedule.reached)
    steps = Steps(total)
    steps.restore({**schedule.state(), "steps": done})
    return steps
