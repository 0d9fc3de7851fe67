"""Looks after a run's health as it goes, at next to no cost, and warns once of each trouble."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from convlens.training import alarms
from convlens.training.alarms import Alarm
from convlens.training.events import EpochDone, Warned
from convlens.training.losses import Loss
from convlens.training.vitals import Vitals, listening, update_ratios, weights_of

MOST_GUESSED, GUESSED_SCORES = 1000, 1 << 22
"""Labels that the loss of guessing is taken over, and their scores, at most."""

LEARNED_ENOUGH, STEPS_ENOUGH = 1 / 3, 50
"""Share of the run, and steps, after which a network that has learned nothing is told of."""

EXPLAINS = ("blank pictures", "large steps", "small steps", "one class", "no learning")
"""Troubles whose consequences need no further warning."""


class Checkup:
    """Watches a run of ``network`` whose validation part has ``labels`` (N,), of so many classes.

    It reads what the run computes anyway, and measures only at the first look, the second, the
    fourth and so on: neither weights nor random numbers depend on it.
    """

    def __init__(self, network: nn.Module, loss: Loss, labels: Tensor, classes: int) -> None:
        self.network, self.classes = network, classes
        self.true = counts(labels, classes)
        most = max(1, min(MOST_GUESSED, GUESSED_SCORES // classes))
        self.alike, self.commonest = guessing(loss, labels[:most], classes)
        self.looks = 0
        self.raised: list[str] = []
        self.waiting: list[Alarm] = []
        self.updates: dict[str, float] = {}

    @property
    def due(self) -> bool:
        """Whether the coming look is one to measure at."""
        coming = self.looks + 1
        return coming & (coming - 1) == 0

    @property
    def explained(self) -> bool:
        """Whether a trouble has been told of that others follow from."""
        return any(what in EXPLAINS for what in self.raised)

    def begun(self, pictures: Tensor, loss: float) -> None:
        """Judge the run's first step, over ``pictures`` (B, C, H, W), by its loss in nats."""
        contrast = pictures.amax((0, 2, 3)) - pictures.amin((0, 2, 3))
        if not bool(contrast.any()):
            self._raise(alarms.blank())
        self._raise(alarms.first_loss(loss, self.alike, self.classes))

    @contextmanager
    def step(self, factor: float) -> Iterator[None]:
        """Measure how far the step inside, at ``factor`` times the rates, moves the weights."""
        before = weights_of(self.network)
        yield
        moved = update_ratios(self.network, before)
        self.updates = {name: ratio / max(factor, 1e-9) for name, ratio in moved.items()}

    @contextmanager
    def look(self) -> Iterator[None]:
        """Measure activations in the look inside, where one is due."""
        vitals = Vitals()
        with listening(self.network) if self.due else nullcontext(vitals) as vitals:
            yield
        self.looks += 1
        for alarm in alarms.vital_alarms(vitals):
            if not self.explained:
                self._raise(alarm)
        if not self.raised:  # what is dead does not move
            self._raise(alarms.update_alarm(self.updates))
        self.updates = {}

    def judge(self, done: EpochDone, said: list[int], progress: float) -> None:
        """Judge a look: ``said`` counts the pictures taken for each class, ``progress`` 0 to 1."""
        if progress < LEARNED_ENOUGH or done.step < STEPS_ENOUGH or self.explained:
            return
        self._raise(
            alarms.outcome_alarm(
                done.validation_accuracy,
                done.validation_loss,
                said,
                self.true,
                self.commonest,
                done.epochs,
            )
        )

    def _raise(self, alarm: Alarm | None) -> None:
        if alarm is not None and alarm.what not in self.raised:
            self.raised.append(alarm.what)
            self.waiting.append(alarm)

    def told(self, step: int) -> Warned | None:
        """The next warning that nobody has heard, or None."""
        if not self.waiting:
            return None
        alarm = self.waiting.pop(0)
        return Warned(step, alarm.what, alarm.text)

    def state(self) -> dict[str, Any]:
        """Plain values that ``restore`` takes."""
        return {
            "looks": self.looks,
            "raised": list(self.raised),
            "waiting": [[alarm.what, alarm.text] for alarm in self.waiting],
            "updates": dict(self.updates),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from ``state``."""
        self.looks, self.updates = state["looks"], dict(state["updates"])
        self.raised = list(state["raised"])
        self.waiting = [Alarm(what, text) for what, text in state["waiting"]]


def counts(labels: Tensor, classes: int) -> list[int]:
    """How many of ``labels`` (N,) are each of so many classes."""
    return torch.bincount(labels, minlength=classes).tolist()


def guessing(loss: Loss, labels: Tensor, classes: int) -> tuple[float, float]:
    """The loss over ``labels`` (N,) of scores that are all alike, and of the classes' own shares.

    Alike is ln(classes) for the softmax and classes − 1 for the hinge.
    """
    alike = torch.zeros(len(labels), classes, device=labels.device)
    shares = torch.bincount(labels, minlength=classes).float() + 1
    by_share = (shares / shares.sum()).log().expand(len(labels), -1)
    first = float(loss(alike, labels))
    return first, min(first, float(loss(by_share, labels)))
