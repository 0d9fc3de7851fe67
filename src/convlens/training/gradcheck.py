"""Gradients held to numeric differences, as the notes on learning tell to."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from convlens.network.modules import FullyConnected, PaddedConv
from convlens.training.losses import Loss

PICTURES = 4
WEIGHTS = 4
"""Weights of each layer that are tried, chosen at random."""

LAYERS = 12
"""Layers that are tried at most, evenly from the first to the last."""

NUDGE = 1e-5
"""Of the central difference (f(w + h) − f(w − h)) / 2h, in float64."""

LARGEST = 1e-4
"""Relative difference that rounding and the odd kink may come to (the notes: 1e-2 is wrong)."""


@dataclass(frozen=True, slots=True)
class GradientCheck:
    """Relative differences |a − n| / max(|a|, |n|) of gradients from numeric ones.

    The ``largest`` is in layer ``worst``, over ``tried`` weights; ``kinks`` more lay where the loss
    bends within the nudge (a ReLU or a maximum changes its mind), so that there is no one slope.
    """

    largest: float
    worst: str
    tried: int
    kinks: int

    @property
    def passed(self) -> bool:
        """Whether gradients are right within rounding."""
        return self.largest <= LARGEST


def check_gradients(
    network: nn.Module, x: Tensor, labels: Tensor, loss: Loss, seed: int = 0
) -> GradientCheck:
    """Check the gradients of a copy of ``network``, in float64 and evaluation mode."""
    network = copy.deepcopy(network).double().eval().requires_grad_(True)
    x, labels = x[:PICTURES].double(), labels[:PICTURES]
    random = np.random.default_rng(seed)
    layers = [
        (name, module)
        for name, module in network.named_modules()
        if isinstance(module, PaddedConv | FullyConnected)
    ]
    chosen = sorted({round(n) for n in np.linspace(0, len(layers) - 1, LAYERS)})
    loss(network(x), labels).backward()  # type: ignore[no-untyped-call]

    @torch.no_grad()
    def slope(weight: Tensor, place: int, nudge: float) -> float:
        flat = weight.view(-1)
        before = float(flat[place])
        values = []
        for moved in (before + nudge, before - nudge):
            flat[place] = moved
            values.append(float(loss(network(x), labels)))
        flat[place] = before
        return (values[0] - values[1]) / (2 * nudge)

    largest, worst, tried, kinks = 0.0, "", 0, 0
    for name, module in (layers[number] for number in chosen):
        weight, gradient = module.weight, module.weight.grad
        assert gradient is not None
        for place in random.choice(weight.numel(), min(WEIGHTS, weight.numel()), replace=False):
            numeric, finer = (slope(weight, int(place), NUDGE / n) for n in (1, 10))
            if relative(numeric, finer) > LARGEST:
                kinks += 1
                continue
            off = relative(float(gradient.reshape(-1)[int(place)]), finer)
            tried += 1
            if off > largest:
                largest, worst = off, name
    return GradientCheck(largest, worst, tried, kinks)


def relative(first: float, second: float) -> float:
    """|a − b| as a share of the larger, where that is more than rounding: else 0."""
    size = max(abs(first), abs(second))
    return 0.0 if size < 1e-7 else abs(first - second) / size
