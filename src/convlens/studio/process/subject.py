"""The network that is looked at: the one that learns just now, one that has, or one from a file."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from convlens.classifier import Classifier
from convlens.lens.opened import Opened, open_network
from convlens.modelfile import Model

_numbers = itertools.count()


class Subject:
    """A network as it stands, and what else is needed to look into it.

    ``model`` says all but the weights of a network that is ``live``: those are the network's own,
    of which ``opened`` is another view in evaluation mode, so that looking copies nothing and
    leaves no trace. ``step`` is how many training steps made it what it is, ``facts`` what a model
    file would say of its training.
    """

    def __init__(
        self,
        model: Model,
        live: nn.Module | None = None,
        step: Callable[[], int] = lambda: 0,
        facts: Callable[[], Mapping[str, Any]] | None = None,
    ) -> None:
        self.model, self.live, self._step, self._facts = model, live, step, facts
        self.number, self.renewals = next(_numbers), 0
        self._opened: Opened | None = None
        self._copied: object = None

    @property
    def step(self) -> int:
        """Training steps so far."""
        return self._step()

    @property
    def version(self) -> object:
        """Equal only where every number of the network is the same."""
        return (self.number, self.renewals, self.step)

    def renewed(self) -> None:
        """Say that the weights are others though the step may be one that was seen."""
        self.renewals += 1

    def settled(self, model: Model, step: int) -> None:
        """From now on the network is that of ``model``, made in ``step`` steps."""
        self.model, self._step, self._facts = model, lambda: step, None
        self.renewed()

    def opened(self) -> Opened:
        """The network to look into, on the processor; good until the next training step."""
        if self._opened is None:
            held = self.model if self.live is None else replace(self.model, weights=self._weights())
            self._opened = open_network(Classifier(held))
            if self.live is not None and on_processor(self.live):
                _share(self._opened.network, self.live)
        if self.live is not None and not on_processor(self.live) and self._copied != self.version:
            self._opened.network.load_state_dict(self.live.state_dict())
            self._copied = self.version
        return self._opened

    def gradient(self, name: str) -> Tensor | None:
        """What the last training step found for the tensor of that name; None before there was one.

        Of the loss over the step's batch.
        """
        if self.live is None:
            return None
        parameter = dict(self.live.named_parameters()).get(name)
        found = None if parameter is None else parameter.grad
        return None if found is None else found.detach().float().cpu()

    def frozen(self) -> Classifier:
        """A classifier with weights of its own, which learning does not change."""
        if self.live is None:
            return Classifier(self.model)
        facts = self.model.training if self._facts is None else self._facts()
        return Classifier(replace(self.model, weights=self._weights(), training=facts))

    def _weights(self) -> dict[str, np.ndarray[Any, Any]]:
        assert self.live is not None
        return {
            name: np.array(value.detach().float().cpu().numpy(), order="C")
            for name, value in self.live.state_dict().items()
            if not name.endswith("num_batches_tracked")
        }


def on_processor(network: nn.Module) -> bool:
    """Whether the weights lie where they can be shared."""
    return all(parameter.device.type == "cpu" for parameter in network.parameters())


def _share(network: nn.Module, live: nn.Module) -> None:
    """Let ``network`` have the very tensors of ``live``, without asking for gradients."""
    with torch.no_grad():
        network.load_state_dict(live.state_dict(), assign=True, strict=False)
    network.requires_grad_(False)
