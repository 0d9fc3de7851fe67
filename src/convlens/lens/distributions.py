"""How activations and gradients are distributed in every layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from convlens.lens.opened import placed
from convlens.network.build import Network
from convlens.notation import Plan
from convlens.training.losses import Loss
from convlens.training.vitals import (
    ACTIVATIONS,
    FEWEST_PICTURES,
    dead_share,
    saturated_share,
)

BINS = 30


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """Of many values: ``mean``, ``std``, and ``counts`` (30,) between ``edges`` (31,)."""

    mean: float
    std: float
    counts: NDArray[np.int64]
    edges: NDArray[np.float64]

    @classmethod
    def of(cls, values: Tensor) -> Distribution:
        """From values of any shape; those that are not finite are left out."""
        flat = values.detach().flatten().double()
        flat = flat[torch.isfinite(flat)]
        if not len(flat):
            return cls(float("nan"), float("nan"), np.zeros(BINS, np.int64), np.arange(BINS + 1.0))
        counts, edges = np.histogram(flat.numpy(), BINS)
        deviation = float(flat.std(correction=0))
        return cls(float(flat.mean()), deviation, counts.astype(np.int64), edges)


@dataclass(frozen=True, slots=True, eq=False)
class LayerHealth:
    """One layer: its ``activations``, and the ``gradients`` of the loss with respect to them.

    ``dead`` and ``saturated`` are shares of channels and of values, as in ``training.vitals``; None
    where they say nothing of the layer, or where the pictures are too few.
    """

    name: str
    activations: Distribution
    gradients: Distribution
    dead: float | None
    saturated: float | None


def distributions(
    plan: Plan, network: Network, x: Tensor, labels: Tensor, loss: Loss
) -> tuple[LayerHealth, ...]:
    """Every layer of ``network`` in evaluation mode on ``x`` (N, C, H, W), in reading order.

    Its mode and its gradients are as before afterwards, also where it raises.
    """
    outputs: dict[str, Tensor] = {}

    def keep(name: str) -> object:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            outputs[name] = output

        return hook

    handles = [
        network.get_submodule(path).register_forward_hook(keep(row.name))  # type: ignore[arg-type]
        for path, _, row in placed(plan)
    ]
    training = network.training
    try:
        network.eval()
        scores = network(x.detach().clone().requires_grad_())
        slopes = torch.autograd.grad(
            loss(scores, labels), list(outputs.values()), allow_unused=True
        )
    finally:
        network.train(training)
        for handle in handles:
            handle.remove()
    found = []
    for (path, _, row), slope in zip(placed(plan), slopes, strict=True):
        output, module = outputs[row.name].detach(), network.get_submodule(path)
        judged = isinstance(module, ACTIVATIONS) and len(x) >= FEWEST_PICTURES
        found.append(
            LayerHealth(
                name=row.name,
                activations=Distribution.of(output),
                gradients=Distribution.of(torch.zeros_like(output) if slope is None else slope),
                dead=dead_share(output) if judged else None,
                saturated=saturated_share(module, output) if judged else None,
            )
        )
    return tuple(found)
