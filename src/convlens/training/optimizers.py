"""Muon for filters, Adam for the rest."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from convlens.training.recipe import Recipe

NEWTON_SCHULZ_STEPS = 3
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the quintic that drives singular values towards 1 (Jordan et al. 2024, 'Muon')."""


class Muon(Optimizer):
    """Momentum whose direction is made orthogonal, for filters (K, C, F, F) seen as K rows.

    Every step moves a filter bank by ``lr`` times its own norm, and the norm stays what it was at
    the start: how large filters are means little where a batch-norm or a scale follows, and a
    fixed size keeps the steps' relative size what the schedule says.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float, momentum: float) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Take one step along the gradients."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._move(parameter, group["lr"], group["momentum"])

    def _move(self, filters: nn.Parameter, lr: float, momentum: float) -> None:
        gradient = filters.grad
        assert gradient is not None
        state = self.state[filters]
        if not state:
            state["velocity"] = torch.zeros_like(filters)
            state["norm"] = filters.norm()
        velocity: Tensor = state["velocity"].mul_(momentum).add_(gradient)
        direction = orthogonal(gradient.add(velocity, alpha=momentum).flatten(1)).view_as(filters)
        filters.mul_(state["norm"] / filters.norm().clamp_min(1e-12))
        filters.sub_(direction * (lr * state["norm"] / direction.norm().clamp_min(1e-12)))


def orthogonal(matrix: Tensor, steps: int = NEWTON_SCHULZ_STEPS) -> Tensor:
    """(M, N) → (M, N), near the closest matrix with orthonormal rows or columns.

    Newton–Schulz iteration X ← aX + (bA + cA²)X with A = XXᵀ; singular values end between about
    0.5 and 1.2, which training does not tell from 1.
    """
    a, b, c = COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.mT if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    result: Tensor = x.mT if tall else x
    return result


class Optimizers:
    """Both optimizers behind one learning-rate factor."""

    def __init__(self, network: nn.Module, recipe: Recipe) -> None:
        trained = [p for p in network.parameters() if p.requires_grad]
        filters = [p for p in trained if is_filter_bank(p)]
        rest = [p for p in trained if not is_filter_bank(p)]
        self.parts: list[Optimizer] = []
        if filters:
            self.parts.append(Muon(filters, recipe.filters_rate, recipe.filters_momentum))
        if rest:
            self.parts.append(
                AdamW(rest, recipe.rest_rate, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
            )
        self._rates = [[group["lr"] for group in part.param_groups] for part in self.parts]

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for part in self.parts:
            part.zero_grad(set_to_none=True)

    def step(self, factor: float) -> None:
        """One step with every learning rate at ``factor`` times its starting value."""
        for part, rates in zip(self.parts, self._rates, strict=True):
            for group, rate in zip(part.param_groups, rates, strict=True):
                group["lr"] = rate * factor
            part.step()


def is_filter_bank(parameter: Tensor) -> bool:
    """Whether ``parameter`` holds filters (K, C, F, F) with something to make orthogonal."""
    return parameter.dim() == 4 and parameter.shape[0] > 1 and parameter[0].numel() > 1
