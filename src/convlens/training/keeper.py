"""Keeps the state of a network that did best so far."""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor, nn

from convlens.training.events import EpochDone


class Keeper:
    """A copy of the best state: the highest validation accuracy, then the lowest loss."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self.best: EpochDone | None = None  # the look that the kept state belongs to
        self.state: Mapping[str, Tensor] = {}

    def beaten_by(self, accuracy: float, loss: float) -> bool:
        """Whether a state of this accuracy (balanced, if that decides) and loss is better."""
        if not math.isfinite(loss):
            return False
        if self.best is None:
            return True
        balanced = self.best.validation_balanced_accuracy
        score = self.best.validation_accuracy if balanced is None else balanced
        kept = (score, -self.best.validation_loss)
        return (accuracy, -loss) > kept

    def consider(self, done: EpochDone) -> None:
        """Keep the network's state as it is now where ``done`` says that it is the best."""
        if done.best:
            self.best = done
            self.state = {k: v.detach().clone() for k, v in self.network.state_dict().items()}

    def restore(self) -> None:
        """Put the best state back into the network, if there was one."""
        if self.state:
            self.network.load_state_dict(dict(self.state))
