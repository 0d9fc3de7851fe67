"""The loop: a generator of events, each step a batch, with looks at the validation part between."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass

from torch import Tensor, nn

from convlens.network.engine import Engine
from convlens.network.rewrite import for_training
from convlens.training.checkup import Checkup
from convlens.training.events import (
    BatchSplit,
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
from convlens.training.losses import Loss
from convlens.training.optimizers import Optimizers
from convlens.training.sampler import Epoch, Sampler
from convlens.training.schedule import Schedule
from convlens.training.state import State, put_tensors, tensors_of

LEARNED_PER_LOOK = 3
"""Between two looks at least this many times the validation part's size is learned from, so that
looking, which costs a third of learning, takes at most a tenth of the time."""

MOST_RETURNS, SLOWER = 5, 0.5
"""How often a run goes back when numbers go bad, and what the learning rates are then times."""


@dataclass(slots=True)
class Tally:
    """Sums over the steps since the last look."""

    pictures: int = 0
    loss: float = 0.0
    right: int = 0
    seconds: float = 0.0


class Run:
    """One training of ``network``, in place.

    Parameters named in ``gently`` were learned before and move in smaller steps. ``events`` goes
    on until ``schedule`` is finished or ``stop()`` is true; the network then holds the state that
    did best on ``validation``, with ``balanced`` by the mean of the classes' recalls. Between any
    two events ``state`` is all that another Run of the same making needs, by ``restore``, to go on
    with the same events and weights.
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
        self.looker = Looker(fast, validation, engine, loss, balanced)
        self.keeper = Keeper(network)
        classes = int(sampler.labels.max()) + 1
        self.checkup = Checkup(fast, loss, validation.labels, classes)
        epochs_per_look = math.ceil(LEARNED_PER_LOOK * len(validation) / len(sampler))
        self.steps_per_look = epochs_per_look * sampler.steps_per_epoch
        self.steps, self.returns, self.rate = 0, 0, 1.0
        self.tally, self.busy, self.before = Tally(), 0.0, 0.0
        self.begun = time.monotonic()
        self._epoch: tuple[int, Epoch] | None = None

    @property
    def epochs(self) -> float:
        """Passes over the training part so far."""
        return self.steps / self.sampler.steps_per_epoch

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
        return self.tally.pictures > 0 and self.steps % self.steps_per_look == 0

    def events(self) -> Iterator[Event]:
        """Train, telling of every step and every look.

        Raises DivergedError where numbers go bad again and again, MemoryTooSmallError where not
        even a few pictures at a time fit; the network then holds the best state until then.
        """
        self.begun = time.monotonic()
        self.safe = self.state()
        while True:
            if self.look_due:
                yield self._look()
                self.safe = self.state()  # nowhere else, so that it does not depend on the clock
            while warned := self.checkup.told(self.steps):
                yield warned
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
        factor = self.rate * (1 - self.schedule.progress)
        measured = self.checkup.due and (self.steps + 1) % self.steps_per_look == 0
        with self.checkup.step(factor) if measured else nullcontext():
            loss, right = self.learner.descend(pictures, labels, self.steps, factor)
        if self.steps == 0:
            self.checkup.begun(pictures, loss)
        seconds = time.monotonic() - begun
        self.steps += 1
        self.busy += seconds
        self.schedule.advance(seconds)
        tally = self.tally
        tally.pictures += len(labels)
        tally.loss += loss * len(labels)
        tally.right += right
        tally.seconds += seconds
        return StepDone(
            step=self.steps,
            epochs=self.epochs,
            progress=self.schedule.progress,
            loss=loss,
            pictures_per_second=tally.pictures / tally.seconds,
            seconds_left=self.schedule.seconds_left(),
        )

    def _batch(self) -> tuple[Tensor, Tensor]:
        """The coming step's pictures (B, C, H, W) and labels (B,)."""
        number, position = divmod(self.steps, self.sampler.steps_per_epoch)
        if self._epoch is None or self._epoch[0] != number:
            self._epoch = (number, self.sampler.epoch(number))
        return self._epoch[1].step(position)

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
            pictures_per_second=tally.pictures / tally.seconds,
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
        returns, rate = self.returns + 1, self.rate * SLOWER
        self._put(self.safe)
        self.returns, self.rate = returns, rate
        return WentBack(bad, self.steps, error.what, rate, returns)

    def _diverged(self, what: str) -> DivergedError:
        number, position = divmod(self.steps, self.sampler.steps_per_epoch)
        batch = self.sampler.batch
        order = self.sampler.epoch(number).order[position * batch : (position + 1) * batch]
        self.keeper.restore()
        return DivergedError(self.steps + 1, what, tuple(order.tolist()), self.returns)

    def _learned(self, stopped: bool) -> Learned:
        if self.keeper.best is None:
            raise self._diverged("validation loss")
        return Learned(
            epochs=self.epochs,
            steps=self.steps,
            seconds=self.seconds,
            pictures_per_second=self.steps * self.sampler.batch / max(self.busy, 1e-9),
            best=self.keeper.best,
            stopped=stopped,
        )

    def state(self) -> State:
        """A copy of everything as it is between two events."""
        best = self.keeper.best
        values = {
            "steps": self.steps,
            "steps_per_epoch": self.sampler.steps_per_epoch,
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

    def restore(self, state: State) -> None:
        """Go on from ``state``. Raises ValueError where it does not fit the network."""
        self._put(state)
        self.before, self.busy = state.values["seconds"], state.values["busy"]
        if "checkup" in state.values:  # not in what was saved before there was one
            self.checkup.restore(state.values["checkup"])
        self.begun = time.monotonic()

    def _put(self, state: State) -> None:
        values = state.values
        put_tensors(state.tensors, self.network, self.optimizers, self.keeper)
        self.keeper.best = None if values["best"] is None else EpochDone(**values["best"])
        epochs = values["steps"] / values["steps_per_epoch"]
        self.steps = round(epochs * self.sampler.steps_per_epoch)
        self.schedule.restore({**values["schedule"], "steps": self.steps})
        self.tally = Tally(**values["tally"])
        self.rate, self.returns = values["rate"], values["returns"]
        self.learner.pieces = values["pieces"]
