"""The loop: a generator of events, each step a batch, with looks at the validation part between."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from convlens.network.engine import Engine
from convlens.network.rewrite import for_training
from convlens.training.events import EpochDone, Event, Learned, StepDone
from convlens.training.keeper import Keeper
from convlens.training.losses import Loss
from convlens.training.optimizers import Optimizers
from convlens.training.sampler import Normalisation, Sampler
from convlens.training.schedule import Schedule

LEARNED_PER_LOOK = 3
"""Between two looks at least this many times the validation part's size is learned from, so that
looking, which costs a third of learning, takes at most a tenth of the time."""

LOOK_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Part:
    """Pictures (N, H, W, C) uint8 and labels (N,) on the device, to be looked at as they are."""

    pixels: Tensor
    labels: Tensor
    normalise: Normalisation

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(slots=True)
class Tally:
    """Sums over the steps since the last look."""

    pictures: int = 0
    loss: float = 0.0
    right: int = 0
    seconds: float = 0.0


class DivergedError(Exception):
    """The loss is no longer a finite number, at ``step``, counted from 1."""

    def __init__(self, step: int) -> None:
        super().__init__(f"the loss is not finite at step {step}")
        self.step = step


class Run:
    """One training of ``network``, in place.

    ``events`` goes on until ``schedule`` is finished or ``stop()`` is true; the network then holds
    the state that did best on ``validation``.
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
    ) -> None:
        self.network, self.fast = network, for_training(network)
        self.sampler, self.validation = sampler, validation
        self.schedule, self.engine, self.loss, self.stop = schedule, engine, loss, stop
        self.optimizers = Optimizers(network, sampler.recipe)
        self.keeper = Keeper(network)
        epochs_per_look = math.ceil(LEARNED_PER_LOOK * len(validation) / len(sampler))
        self.steps_per_look = epochs_per_look * sampler.steps_per_epoch
        self.steps = 0
        self.tally = Tally()

    @property
    def epochs(self) -> float:
        """Passes over the training part so far."""
        return self.steps / self.sampler.steps_per_epoch

    @property
    def over(self) -> bool:
        """Whether no further step is to be taken."""
        return self.steps > 0 and (self.schedule.finished or self.stop())

    def events(self) -> Iterator[Event]:
        """Train, telling of every step and every look.

        Raises DivergedError where the loss stops being finite, before the step reaches the
        weights; the network then holds the best state until then.
        """
        begun, busy = time.monotonic(), 0.0
        while not self.over:
            yield self._step()
            if self.steps % self.steps_per_look == 0 or self.over:
                busy += self.tally.seconds
                yield self._look()
        self.keeper.restore()
        yield Learned(
            epochs=self.epochs,
            steps=self.steps,
            seconds=time.monotonic() - begun,
            pictures_per_second=self.steps * self.sampler.batch / busy,
            best=self.keeper.best,
            stopped=not self.schedule.finished,
        )

    def _step(self) -> StepDone:
        begun = time.monotonic()
        number, position = divmod(self.steps, self.sampler.steps_per_epoch)
        if position == 0:
            self.epoch = self.sampler.epoch(number)
        pictures, labels = self.epoch.step(position)
        loss, right = self._learn(pictures, labels)
        seconds = time.monotonic() - begun
        self.steps += 1
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

    def _learn(self, pictures: Tensor, labels: Tensor) -> tuple[float, int]:
        """Descend once on (B, C, H, W) and (B,): the loss in nats, and how many were right."""
        self.fast.train()
        with self.engine.products():
            scores = self.fast(pictures)
        loss = self.loss(scores.float(), labels)
        value = float(loss.detach())
        if not math.isfinite(value):
            self.keeper.restore()
            raise DivergedError(self.steps + 1)
        self.optimizers.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizers.step(1 - self.schedule.progress)
        return value, int((scores.detach().argmax(1) == labels).sum())

    def _look(self) -> EpochDone:
        begun = time.monotonic()
        loss, accuracy = look(self.fast, self.validation, self.engine, self.loss)
        self.schedule.pause(time.monotonic() - begun, self.steps_per_look)
        tally, self.tally = self.tally, Tally()
        done = EpochDone(
            epochs=self.epochs,
            step=self.steps,
            loss=tally.loss / tally.pictures,
            train_accuracy=tally.right / tally.pictures,
            validation_loss=loss,
            validation_accuracy=accuracy,
            pictures_per_second=tally.pictures / tally.seconds,
            seconds_left=self.schedule.seconds_left(),
            best=self.keeper.beaten_by(accuracy, loss),
        )
        self.keeper.consider(done)
        return done


@torch.no_grad()
def look(network: nn.Module, part: Part, engine: Engine, loss: Loss) -> tuple[float, float]:
    """Mean loss in nats and accuracy of ``network`` on ``part``, in evaluation mode."""
    network.eval()
    total, right = 0.0, 0
    for begin in range(0, len(part), LOOK_BATCH):
        labels = part.labels[begin : begin + LOOK_BATCH]
        with engine.products():
            scores = network(part.normalise(part.pixels[begin : begin + LOOK_BATCH])).float()
        total += float(loss(scores, labels)) * len(labels)
        right += int((scores.argmax(1) == labels).sum())
    return total / len(part), right / len(part)
