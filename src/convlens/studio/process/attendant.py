"""Stands between two steps of a training: takes orders, lets requests be answered, waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convlens.errors import RunError
from convlens.modelfile import Model, tensor_shapes
from convlens.studio.process import knobs
from convlens.studio.process.carrying import Carried, told
from convlens.studio.process.desk import Desk
from convlens.studio.process.inbox import Request
from convlens.studio.process.telling import Teller
from convlens.studio.refusal import RefusedError

if TYPE_CHECKING:
    from convlens.pipeline import Work
    from convlens.studio.process.subject import Subject

QUIET = 1.0
"""Seconds without another step after which a run that is led step by step is saved."""


class LeftError(BaseException):
    """A run is given up as it is, without judging it; its folder keeps it."""


@dataclass(slots=True)
class Orders:
    """What the user wants of the run: to go on, or only up to a step; to end; something else."""

    going: bool = False
    until: int = 0
    stop: bool = False
    next: Request | None = None

    def pause(self) -> None:
        """Take no further step."""
        self.going, self.until = False, 0


class Attendant:
    """What ``pipeline.train`` calls between any two events of a run."""

    def __init__(
        self,
        desk: Desk,
        teller: Teller,
        orders: Orders,
        begun: Callable[[Work, Subject], None],
        carry: Carried | None = None,
    ) -> None:
        """``begun`` is told once all is built; ``carry`` are weights that the run began with."""
        self.carry = carry
        self.desk, self.teller, self.orders, self.begun = desk, teller, orders, begun
        self.work: Work | None = None
        self.waiting: dict[str, Any] = {}  # knobs to be turned before the first step
        self.before = 0.0  # epochs of earlier stretches
        self._begun = self._resting = False
        self._saved = 0
        self._save_at = 0.0

    def begin(self, work: Work) -> None:
        """Take over a run that is built and has not begun."""
        from convlens.pipeline.concluding import seen_in
        from convlens.studio.process.saving import facts_of
        from convlens.studio.process.subject import Subject

        self.work = work
        self.teller.run = work.run
        model = Model(
            architecture=work.plan.architecture,
            classes=work.dataset.classes,
            preprocessing=work.preprocessing,
            weights={},
            temperature=self._temperature(work),
            training={},
            seen=seen_in(work.dataset, None),
        )
        run = work.run
        subject = Subject(model, run.network, lambda: run.steps, lambda: facts_of(work))
        self.begun(work, subject)

    def _temperature(self, work: Work) -> float:
        """That of a network carried over as a whole; 1 until one is fitted at the end."""
        whole = tensor_shapes(work.plan).keys() == work.carried
        return self.carry.temperature if self.carry is not None and whole else 1.0

    def between(self) -> None:
        """Serve requests, and wait while no step is to be taken."""
        assert self.work is not None
        if not self._begun:
            self._first()
        self.desk.serve(training=not self._resting)
        self._leave_if_told()
        if self._may_go_on:
            return
        begun = time.monotonic()
        self._rest()
        self.work.waited(time.monotonic() - begun)

    def turn(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Turn knobs; what they are from which step on.

        Raises SettingsError, turning none, RefusedError where there are none yet.
        """
        run = self._known_work().run
        recipe, epochs = knobs.turned(run.recipe, values), knobs.epochs_in(values)
        if epochs is not None:
            run.extend(self.before + epochs)
        run.change(recipe)
        epochs = knobs.stretch(run.length, self.before)
        return {"from_step": run.steps + 1, "knobs": knobs.knobs(run.recipe, epochs)}

    def lengthen(self, epochs: float) -> None:
        """Plan so many epochs more. Raises RunError where there is no number of them."""
        planned = knobs.stretch(self._known_work().run.length, self.before)
        if planned is None:
            raise RunError("how many epochs there are is not known", "turn the knob Epochs")
        self.turn({"epochs": planned + epochs})

    def step(self) -> None:
        """Have exactly one more step taken, then rest. Raises RefusedError before there are any."""
        run = self._known_work().run
        self.orders.going = False
        self.orders.until = max(self.orders.until, run.steps) + 1

    def _known_work(self) -> Work:
        if self.work is None:
            hint = "wait until they are there"
            raise RefusedError("the pictures are still being read", hint, passing=True)
        return self.work

    def save_soon(self, seconds: float = 0.0) -> None:
        """Have the run saved once it has rested so long."""
        self._save_at = time.monotonic() + seconds

    @property
    def _may_go_on(self) -> bool:
        assert self.work is not None
        orders = self.orders
        return orders.stop or orders.going or self.work.run.steps < orders.until

    def _first(self) -> None:
        from convlens.studio.process.ready import ready

        assert self.work is not None
        self._begun = True
        run = self.work.run
        self._saved = run.steps
        if self.waiting:
            self.turn(self.waiting)
        self.teller.tell("ready", ready(self.work, self.before))
        if self.carry is not None and not run.steps:
            self.teller.note(told(self.work.plan, self.work.carried))
        if self._may_go_on:
            self.teller.phase("training")

    def _rest(self) -> None:
        """Wait until there is something to do for the run."""
        assert self.work is not None
        run = self.work.run
        self._resting = True
        self.teller.meter.flush(run)
        self.teller.phase("paused")
        if self.orders.until:
            self.save_soon(QUIET)
        while not self._may_go_on:
            if run.steps != self._saved and time.monotonic() >= self._save_at:
                self._save()
            self.desk.inbox.wait(min(self.desk.rest, QUIET))
            self.desk.serve(training=False)
            self._leave_if_told()
        self._resting = False
        self.teller.phase("training")

    def _leave_if_told(self) -> None:
        if self.orders.next is not None or self.desk.inbox.closed:
            self._save()
            raise LeftError

    def _save(self) -> None:
        assert self.work is not None
        if self.work.run.steps and self.work.run.steps != self._saved:
            self.work.save()
        self._saved = self.work.run.steps
