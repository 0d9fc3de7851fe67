"""How far a run has come, counted in steps or against the clock."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

WARM_UP_STEPS = 3
"""The first steps are slower than the rest and say little about the speed."""


UNSURE_AT_FIRST, UNSURE_FOR_WRONG = 0.75, 2.5
"""Share of the pictures that are unsure, before anything is known and for each that is wrong.

Of CIFAR-10's validation part 66 % were at 72.7 % accuracy, 51 % at 79.0 %.
"""

SLOWER_THAN_A_LOOK = 3.0
"""Times the time of a look that judging as many pictures takes at most: it is done in fp32."""

ROUNDING = 1e-6
"""Of a step: how far the sum of many parts of steps may be off a whole number."""


class Schedule(Protocol):
    """Progress of a run from 0 to 1. Rates that fall are 1 − p of the first at progress p."""

    @property
    def progress(self) -> float:
        """0 at the start, 1 at the end."""
        ...

    @property
    def finished(self) -> bool:
        """Whether no step is left to take."""
        ...

    def advance(self, step_seconds: float, steps: float = 1) -> None:
        """Count a step that took ``step_seconds`` as ``steps``, which is 1 as a rule."""
        ...

    def rescale(self, factor: float, skipped: float) -> None:
        """An epoch has ``factor`` times the steps from now on; so many of them are left out."""
        ...

    def waited(self, seconds: float) -> None:
        """So long nobody trained."""
        ...

    def looked(self, seconds: float, again: int, accuracy: float) -> None:
        """Count a look at the validation part, which comes every ``again`` steps."""
        ...

    def seconds_left(self) -> float:
        """As far as can be told."""
        ...

    def state(self) -> dict[str, float]:
        """How far it has come, for ``restore``."""
        ...

    def restore(self, values: Mapping[str, float]) -> None:
        """Go on from what ``state`` of a schedule of either kind gave."""
        ...


@dataclass(slots=True)
class Steps:
    """A fixed number of steps: the same whatever the machine's speed.

    Whole numbers, but where batches have changed in size on the way.
    """

    total: float
    done: float = 0
    _spent: float = 0.0

    @property
    def progress(self) -> float:
        """0 at the start, 1 at the end."""
        return min(1.0, self.done / self.total)

    @property
    def finished(self) -> bool:
        """Whether no step is left to take."""
        return self.done > self.total - ROUNDING

    def advance(self, step_seconds: float, steps: float = 1) -> None:
        """Count a step that took ``step_seconds`` as ``steps``."""
        self.done += steps
        self._spent += step_seconds

    def rescale(self, factor: float, skipped: float) -> None:
        """Keep the end where it is in epochs, which have ``factor`` times the steps from now on."""
        self.total *= factor
        self.done = self.done * factor + skipped

    def waited(self, seconds: float) -> None:
        """Steps do not go by the clock."""

    def looked(self, seconds: float, again: int, accuracy: float) -> None:
        """Count a look at the validation part."""
        self._spent += seconds

    def seconds_left(self) -> float:
        """At the mean speed so far."""
        return self._spent / max(self.done, 1) * (self.total - self.done)

    def state(self) -> dict[str, float]:
        """How far it has come."""
        speed = self._spent / max(self.done, 1)
        return {"steps": self.done, "progress": self.progress, "step_seconds": speed}

    def restore(self, values: Mapping[str, float]) -> None:
        """Go on from ``values``."""
        self.done = values["steps"]
        self._spent = self.done * values["step_seconds"]


@dataclass(frozen=True, slots=True)
class Reserve:
    """Time before a deadline for what comes after training: looks at pictures, and the rest.

    A picture that the network is unsure of is looked at ``again`` times as often. How many those
    are, and how long a look takes, is best known from the last look at the validation part.
    """

    rest: float = 0.0  # seconds, whatever the network
    look: float = 0.0  # seconds for one picture, as measured beforehand
    looks: float = 0.0  # pictures that are looked at once
    again: float = 0.0  # looks more if all of them were unsure
    most: float = math.inf  # seconds in all

    def seconds(self, accuracy: float | None = None, look: float | None = None) -> float:
        """In all, given the validation accuracy and the seconds that a picture took there."""
        share = UNSURE_AT_FIRST if accuracy is None else UNSURE_FOR_WRONG * (1 - accuracy)
        each = self.look if look is None else min(self.look, SLOWER_THAN_A_LOOK * look)
        return min(self.most, self.rest + each * (self.looks + min(share, 1.0) * self.again))


@dataclass(slots=True)
class Until:
    """As many steps as end at ``deadline`` (on the clock of ``time.monotonic``).

    Each step takes its share of the progress left: one part in as many steps as the time left
    allows at the speed measured so far. The learning rate so reaches zero at the deadline, also
    where the machine slows down on the way.
    """

    deadline: float
    reserve: Reserve = Reserve()
    validation: int = 1  # pictures in a look
    _progress: float = 0.0
    _steps: int = 0
    _step_seconds: float = 0.0
    _pause_per_step: float = 0.0
    _last_pause: float = 0.0
    _accuracy: float | None = None

    @property
    def progress(self) -> float:
        """0 at the start, 1 at the end."""
        return self._progress

    @property
    def finished(self) -> bool:
        """Whether the time left is less than a step takes."""
        return self._steps > 0 and self._steps_left() < 1

    def _time_left(self) -> float:
        pause, look = self.reserve.look * self.validation, None
        if self._last_pause:
            pause, look = self._last_pause, self._last_pause / max(self.validation, 1)
        reserve = self.reserve.seconds(self._accuracy, look)
        return self.deadline - reserve - pause - time.monotonic()

    def _steps_left(self) -> float:
        return self._time_left() / max(self._step_seconds + self._pause_per_step, 1e-9)

    def advance(self, step_seconds: float, steps: float = 1) -> None:
        """Count a step that took ``step_seconds``, whatever it counts as elsewhere."""
        self._steps += 1
        known = self._steps > WARM_UP_STEPS
        weight = max(0.05, 1 / (self._steps - WARM_UP_STEPS)) if known else 1.0
        self._step_seconds += weight * (step_seconds - self._step_seconds)
        if known:
            self._progress += (1 - self._progress) / max(self._steps_left() + 1, 1)

    def rescale(self, factor: float, skipped: float) -> None:
        """Take the pictures' speed to stay: a step takes 1 / ``factor`` of the time until now."""
        self._step_seconds /= factor
        self._pause_per_step /= factor

    def waited(self, seconds: float) -> None:
        """Put the deadline off by so much."""
        self.deadline += seconds

    def looked(self, seconds: float, again: int, accuracy: float) -> None:
        """Count a look at the validation part, which comes every ``again`` steps."""
        self._last_pause, self._accuracy = seconds, accuracy
        self._pause_per_step = seconds / again

    def seconds_left(self) -> float:
        """Until training is to be done."""
        return max(0.0, self._time_left())

    def state(self) -> dict[str, float]:
        """How far it has come, the deadline left out: it means nothing to another process."""
        return {
            "steps": self._steps,
            "progress": self._progress,
            "step_seconds": self._step_seconds,
            "pause_per_step": self._pause_per_step,
            "last_pause": self._last_pause,
            "accuracy": -1.0 if self._accuracy is None else self._accuracy,
        }

    def restore(self, values: Mapping[str, float]) -> None:
        """Go on from ``values`` towards this schedule's own deadline."""
        self._steps = int(values["steps"])
        self._progress = min(values["progress"], 1.0)
        self._step_seconds = values["step_seconds"]
        self._pause_per_step = values.get("pause_per_step", 0.0)
        self._last_pause = values.get("last_pause", 0.0)
        accuracy = values.get("accuracy", -1.0)
        self._accuracy = None if accuracy < 0 else accuracy
