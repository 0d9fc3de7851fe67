"""Keeps the state of a network that did best so far."""

from __future__ import annotations

from torch import Tensor, nn

from convlens.training.events import EpochDone


class Keeper:
    """A copy of the best state: the highest validation accuracy, then the lowest loss."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self._best: EpochDone | None = None
        self._state: dict[str, Tensor] = {}

    @property
    def best(self) -> EpochDone:
        """The look that the kept state belongs to."""
        assert self._best is not None, "nothing was considered yet"
        return self._best

    def beaten_by(self, accuracy: float, loss: float) -> bool:
        """Whether a state of this validation accuracy and loss is better than the one kept."""
        if self._best is None:
            return True
        kept = (self._best.validation_accuracy, -self._best.validation_loss)
        return (accuracy, -loss) > kept

    def consider(self, done: EpochDone) -> None:
        """Keep the network's state as it is now where ``done`` says that it is the best."""
        if done.best:
            self._best = done
            self._state = {k: v.detach().clone() for k, v in self.network.state_dict().items()}

    def restore(self) -> None:
        """Put the best state back into the network, if there was one."""
        if self._state:
            self.network.load_state_dict(self._state)
