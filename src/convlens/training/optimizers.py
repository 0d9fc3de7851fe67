"""Muon for filters, Adam for the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterable

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
    """Both optimizers behind one learning-rate factor.

    Parameters named in ``gently`` were learned before and go on at the recipe's ``gentle`` share
    of the learning rates.
    """

    def __init__(
        self, network: nn.Module, recipe: Recipe, gently: Collection[str] = frozenset()
    ) -> None:
        trained = [(n, p) for n, p in network.named_parameters() if p.requires_grad]
        groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
        for name, parameter in trained:
            groups.setdefault((is_filter_bank(parameter), name in gently), []).append(parameter)
        self.parts: list[Optimizer] = []
        for (are_filters, are_gentle), parameters in sorted(groups.items(), reverse=True):
            share = recipe.gentle if are_gentle else 1.0
            if are_filters:
                rate = recipe.filters_rate * share
                self.parts.append(Muon(parameters, rate, recipe.filters_momentum))
            else:
                rate = recipe.rest_rate * share
                betas = (0.9, 0.95)
                self.parts.append(AdamW(parameters, rate, betas, weight_decay=0.0, fused=True))
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
