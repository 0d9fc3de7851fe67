"""The loop: a generator of events, each step a batch, with looks at the validation part between."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import nullcontext
from dataclasses import asdict, replace

from torch import Tensor, nn

from convlens.errors import SettingsError
from convlens.network.engine import Engine
from convlens.network.rewrite import for_training
from convlens.training.checkup import Checkup
from convlens.training.course import Changes, Course, merged
from convlens.training.events import (
    BatchSplit,
    Changed,
    EpochDone,
    Event,
    Learned,
    StepDone,
    Stopping,
    WentBack,
)
from convlens.training.faults import MEMORY_ERRORS, DivergedError, NotFiniteError, is_out_of_memory
from convlens.training.keeper import Keeper
from convlens.training.learner import Learner
from convlens.training.looker import Looker, Part
from convlens.training.losses import Loss, smoothed
from convlens.training.optimizers import Optimizers
from convlens.training.place import Place, recovered
from convlens.training.recipe import Recipe
from convlens.training.sampler import Epoch, Sampler
from convlens.training.schedule import Schedule
from convlens.training.state import State, put_tensors, safe_in, tensors_of, with_safe
from convlens.training.tally import Tally
from convlens.training.target import ending

LEARNED_PER_LOOK = 3
"""Between two looks at least this many times the validation part's size is learned from, so that
looking, which costs a third of learning, takes at most a tenth of the time."""

WEIGH_EVERY = 0.1
"""Seconds between two measurements of the weights' decay, at least."""

MOST_RETURNS, SLOWER = 5, 0.5
"""How often a run goes back when numbers go bad, and what the learning rates are then times."""


class Run:
    """One training of ``network``, in place.

    Parameters named in ``gently`` were learned before and move in smaller steps. ``events`` goes
    on until ``schedule`` is finished or ``stop()`` is true; the network then holds the state that
    did best on ``validation``, with ``balanced`` by the mean of the classes' recalls. Between any
    two events ``state`` is all that another Run of the same making needs, by ``restore``, to go on
    with the same events and weights, and ``change`` and ``extend`` steer it from there on.
    """

    def __init__(
        self,
        network: nn.Module,
        sampler: Sampler,
        validation: Part,
        schedule: Schedule,
        engine: Engine,
        loss: Loss,
        stop: Callable[[], bool] = lambda: False,
        gently: Collection[str] = frozenset(),
        balanced: bool = False,
    ) -> None:
        self.network, self.sampler, self.schedule, self.stop = network, sampler, schedule, stop
        fast = for_training(network)
        self.optimizers = Optimizers(network, sampler.recipe, gently)
        self.learner = Learner(fast, self.optimizers, engine, loss, sampler.seed)
        classes = int(sampler.labels.max()) + 1
        self.looker = Looker(fast, validation, engine, loss, balanced, classes)
        self.keeper = Keeper(network)
        self.checkup = Checkup(fast, loss, validation.labels, classes)
        self.epochs_per_look = math.ceil(LEARNED_PER_LOOK * len(validation) / len(sampler))
        self.place = Place(len(sampler), sampler.batch)
        self.steps, self.pictures, self.returns, self.rate = 0, 0, 0, 1.0
        self.tally, self.busy, self.before, self.idle = Tally(), 0.0, 0.0, 0.0
        self.begun = time.monotonic()
        self.course = Course.of(sampler.recipe, schedule, sampler.steps_per_epoch)
        self.safe: State | None = None  # what to return to where numbers go bad
        self._untold: Changes = {}
        self._decay_loss, self._weighed = 0.0, -math.inf
        self._epoch: tuple[int, Epoch] | None = None

    @property
    def recipe(self) -> Recipe:
        """As it is in effect."""
        return self.sampler.recipe

    @property
    def epochs(self) -> float:
        """Passes over the training part so far."""
        return self.place.epochs

    @property
    def length(self) -> float | None:
        """Passes over the training part that are planned; None where something else decides."""
        return self.course.epochs

    @property
    def steps_per_look(self) -> int:
        """With batches as they are."""
        return self.epochs_per_look * self.sampler.steps_per_epoch

    @property
    def seconds(self) -> float:
        """Since the run began, without the time in which nobody ran it."""
        return self.before + time.monotonic() - self.begun

    @property
    def over(self) -> bool:
        """Whether no further step is to be taken."""
        asked = self.stop()  # before the first step too: whoever answers knows that we listen
        return self.steps > 0 and (self.schedule.finished or asked)

    @property
    def look_due(self) -> bool:
        """Whether an epoch has ended that nobody looked at."""
        at_end = self.place.at_start and self.place.epoch % self.epochs_per_look == 0
        return self.tally.pictures > 0 and at_end

    def change(self, recipe: Recipe) -> None:
        """Train by ``recipe`` from the next step on.

        Batches of another size go on with the pictures that the epoch has left. How a run begins,
        ``whiten``, is no longer to be changed.
        """
        before, now = self.recipe.to_json(), recipe.to_json()
        self._untold = merged(self._untold, {k: (before[k], v) for k, v in now.items()})
        self._adopt(recipe)

    def extend(self, epochs: float) -> None:
        """End after so many passes over the training part in all, more or fewer than planned.

        Rates that fall do so towards the new end. Raises SettingsError for a length of nothing.
        """
        if not 0 < epochs < math.inf:
            raise SettingsError(f"{epochs:g} epochs are too few", "give a number above 0")
        self._untold = merged(self._untold, {"epochs": (self.length, epochs)})
        self._end_after(epochs)

    def waited(self, seconds: float) -> None:
        """So long nobody trained: it counts neither as time nor against a budget."""
        self.begun += seconds
        self.idle += seconds
        self.schedule.waited(seconds)

    def events(self) -> Iterator[Event]:
        """Train, telling of every step and every look.

        Raises DivergedError where numbers go bad again and again, MemoryTooSmallError where not
        even a few pictures at a time fit; the network then holds the best state until then.
        """
        self.begun = time.monotonic()
        self.safe = self.safe or self.state()
        while True:
            if self.look_due:
                yield self._look()
                self.safe = self.state()  # nowhere else, so that it does not depend on the clock
            while warned := self.checkup.told(self.steps):
                yield warned
            while changes := self._untold:
                self._untold = {}
                yield Changed(self.steps + 1, changes)
            if self.over:
                break
            yield self._next()
        stopped = not self.schedule.finished
        if stopped:
            yield Stopping(self.steps, self.epochs)
        if self.tally.pictures:
            yield self._look()
        self.keeper.restore()
        yield self._learned(stopped)

    def _next(self) -> Event:
        """Take a step, or what it takes to try again."""
        try:
            return self._step()
        except NotFiniteError as error:
            return self._go_back(error)
        except MEMORY_ERRORS as error:
            if not is_out_of_memory(error):
                raise
        self.learner.split(self.sampler.batch)
        pieces = self.learner.pieces
        return BatchSplit(self.steps + 1, pieces, math.ceil(self.sampler.batch / pieces))

    def _step(self) -> StepDone:
        begun = time.monotonic()
        pictures, labels = self._batch()
        factor = self.rate * (1 - self.schedule.progress) if self.recipe.fall else self.rate
        weigh = self.recipe.decays and begun - self._weighed >= WEIGH_EVERY
        with self.checkup.step(factor) if self._measured else nullcontext():
            told = self.learner.descend(pictures, labels, self.steps, factor, weigh)
        if self.steps == 0:
            self.checkup.begun(pictures, told.loss)
        if told.decay_loss is not None:
            self._decay_loss, self._weighed = told.decay_loss, begun
        seconds = time.monotonic() - begun
        self.steps += 1
        self.pictures += len(labels)
        self.busy += seconds
        self.schedule.advance(seconds, self.place.advance())
        self.tally.add(told, len(labels), seconds)
        return StepDone(
            step=self.steps,
            epochs=self.epochs,
            progress=self.schedule.progress,
            loss=told.loss,
            pictures_per_second=self.tally.pictures_per_second,
            seconds_left=self.schedule.seconds_left(),
            right=told.right,
            pictures=len(labels),
            rate=self.recipe.main_rate * factor,
            decay_loss=self._decay_loss if self.recipe.decays else 0.0,
            forward_seconds=told.forward_seconds,
            backward_seconds=told.backward_seconds,
        )

    @property
    def _measured(self) -> bool:
        """Whether the coming step is the last before a look that measures the network's health."""
        place = self.place
        before_look = place.at_last and (place.epoch + 1) % self.epochs_per_look == 0
        return self.checkup.due and before_look

    def _batch(self) -> tuple[Tensor, Tensor]:
        """The coming step's pictures (B, C, H, W) and labels (B,)."""
        number = self.place.epoch
        if self._epoch is None or self._epoch[0] != number:
            self._epoch = (number, self.sampler.epoch(number))
        return self._epoch[1].batch(self.place.offset)

    def _look(self) -> EpochDone:
        begun = time.monotonic()
        with self.checkup.look():
            look = self.looker()
        self.schedule.looked(time.monotonic() - begun, self.steps_per_look, look.accuracy)
        tally, self.tally = self.tally, Tally()
        done = EpochDone(
            epochs=self.epochs,
            step=self.steps,
            loss=tally.loss / tally.pictures,
            train_accuracy=tally.right / tally.pictures,
            validation_loss=look.loss,
            validation_accuracy=look.accuracy,
            pictures_per_second=tally.pictures_per_second,
            seconds_left=self.schedule.seconds_left(),
            best=self.keeper.beaten_by(
                look.accuracy if look.balanced is None else look.balanced, look.loss
            ),
            validation_balanced_accuracy=look.balanced,
        )
        self.keeper.consider(done)
        self.checkup.judge(done, look.taken, self.schedule.progress)
        return done

    def _go_back(self, error: NotFiniteError) -> WentBack:
        """Return to the last state known to be good, with lower learning rates."""
        bad = self.steps + 1
        if self.returns == MOST_RETURNS:
            raise self._diverged(error.what) from error
        returns, rate, course = self.returns + 1, self.rate * SLOWER, self.course
        assert self.safe is not None
        self._put(self.safe)
        self._follow(course)  # what was changed since then stays changed
        self.returns, self.rate = returns, rate
        return WentBack(bad, self.steps, error.what, rate, returns)

    def _diverged(self, what: str) -> DivergedError:
        place = self.place
        order = self.sampler.epoch(place.epoch).order[place.offset : place.offset + place.batch]
        self.keeper.restore()
        return DivergedError(self.steps + 1, what, tuple(order.tolist()), self.returns)

    def _learned(self, stopped: bool) -> Learned:
        if self.keeper.best is None:
            raise self._diverged("validation loss")
        return Learned(
            epochs=self.epochs,
            steps=self.steps,
            seconds=self.seconds,
            pictures_per_second=self.pictures / max(self.busy, 1e-9),
            best=self.keeper.best,
            stopped=stopped,
        )

    def state(self) -> State:
        """A copy of everything as it is between two events."""
        best = self.keeper.best
        values = {
            "steps": self.steps,
            "steps_per_epoch": self.sampler.steps_per_epoch,
            "place": self.place.to_json(),
            "pictures": self.pictures,
            "course": self.course.to_json(),
            "schedule": self.schedule.state(),
            "tally": asdict(self.tally),
            "best": None if best is None else asdict(best),
            "rate": self.rate,
            "returns": self.returns,
            "pieces": self.learner.pieces,
            "seconds": self.seconds,
            "busy": self.busy,
            "checkup": self.checkup.state(),
        }
        tensors = tensors_of(self.network, self.optimizers, self.keeper)
        return State(tensors, values)

    def kept(self) -> State:
        """The same with what to return to, so that this does not hang on when a run was saved."""
        state = self.state()
        if self.safe is None or not self.tally.pictures:  # at a look: it is to return to this point
            return state
        return with_safe(state, self.safe)

    def restore(self, state: State) -> None:
        """Go on from ``state``. Raises ValueError where it does not fit the network."""
        self._put(state)
        self.safe = safe_in(state)
        self.before, self.busy = state.values["seconds"], state.values["busy"]
        if "checkup" in state.values:  # not in what was saved before there was one
            self.checkup.restore(state.values["checkup"])
        self.begun = time.monotonic()

    def _put(self, state: State) -> None:
        values = state.values
        self._follow(self.course.followed(values.get("course")))
        put_tensors(state.tensors, self.network, self.optimizers, self.keeper)
        self.keeper.best = None if values["best"] is None else EpochDone(**values["best"])
        self.place, self.steps, self.pictures = recovered(values, self.place.fresh())
        self.schedule.restore({**values["schedule"], "steps": self.place.steps})
        self.tally = Tally(**values["tally"])
        self.rate, self.returns = values["rate"], values["returns"]
        self.learner.pieces = values["pieces"]
        self.learner.forget()

    def _follow(self, course: Course) -> None:
        """Take the recipe and the length of ``course``."""
        self._adopt(course.recipe)
        if course.epochs is not None and course.epochs != self.length:
            self._end_after(course.epochs)

    def _adopt(self, recipe: Recipe) -> None:
        """Follow ``recipe`` from here on."""
        if recipe == self.recipe:
            return
        if recipe.label_smoothing != self.recipe.label_smoothing:
            loss = smoothed(self.learner.loss, recipe.label_smoothing)
            self.learner.loss = self.looker.loss = loss
        batch, steps_per_epoch = self.sampler.batch, self.sampler.steps_per_epoch
        self.sampler.change(recipe)
        self.optimizers.change(recipe)
        self.course = replace(self.course, recipe=recipe)
        self.learner.forget()
        self._weighed = -math.inf
        if self.sampler.batch != batch:
            skipped = self.place.change(self.sampler.batch)
            self.schedule.rescale(self.sampler.steps_per_epoch / steps_per_epoch, skipped)
            self.learner.refit(batch, self.sampler.batch)

    def _end_after(self, epochs: float) -> None:
        total = max(1, round(epochs * self.sampler.steps_per_epoch))
        self.schedule = ending(self.schedule, total, self.place.steps)
        self.course = replace(self.course, epochs=epochs)
