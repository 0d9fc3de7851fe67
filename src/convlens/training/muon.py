"""Muon: steps for filters whose directions are orthogonal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from convlens.training.rules import Memory, Rule, Tensors

NEWTON_SCHULZ_STEPS = 3
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the quintic that drives singular values towards 1 (Jordan et al. 2024, 'Muon')."""


class Muon(Rule):
    """Momentum whose direction is made orthogonal, for filters (K, C, F, F) seen as K rows.

    Every step moves a filter bank by the rate times its own norm, and the norm stays what it was
    at the start: how large filters are means little where a batch-norm or a scale follows, and a
    fixed size keeps the steps' relative size what the schedule says. Decay takes from that norm.
    """

    remembers = ("velocity", "norm")
    recordable = True

    def __init__(self, parameters: Iterable[nn.Parameter], rate: float, momentum: float) -> None:
        super().__init__(parameters, rate)
        self.momentum = momentum

    def decay(self, weights: list[nn.Parameter], rate: float) -> None:
        """As every rule's, and the norm that is kept shrinks with the weights."""
        before = torch.stack(torch._foreach_norm([*weights])).clamp_min(1e-12)
        super().decay(weights, rate)
        shares = torch.stack(torch._foreach_norm([*weights])) / before
        for weight, share in zip(weights, shares.unbind(), strict=True):
            if self.state[weight]:
                self.state[weight]["norm"] = self.state[weight]["norm"] * share

    def move(
        self, parameters: Tensors, gradients: Tensors, states: list[Memory], rate: Any
    ) -> None:
        """Move all banks of filters in place."""
        for parameter, state in zip(parameters, states, strict=True):
            if not state:
                state["velocity"] = torch.zeros_like(parameter)
                state["norm"] = parameter.norm()
        velocities = [state["velocity"] for state in states]
        torch._foreach_mul_(velocities, self.momentum)
        torch._foreach_add_(velocities, gradients)
        ahead = torch._foreach_add(gradients, velocities, alpha=self.momentum)
        directions = [orthogonal(one.flatten(1)).view_as(one) for one in ahead]
        norms = torch.stack([state["norm"] for state in states])
        own = torch.stack(torch._foreach_norm(parameters)).clamp_min(1e-12)
        lengths = torch.stack(torch._foreach_norm(directions)).clamp_min(1e-12)
        torch._foreach_mul_(parameters, list((norms / own).unbind()))
        torch._foreach_mul_(directions, list((norms / lengths * -rate).unbind()))
        torch._foreach_add_(parameters, directions)


def orthogonal(matrix: Tensor, steps: int = NEWTON_SCHULZ_STEPS) -> Tensor:
    """(M, N) → (M, N), near the closest matrix with orthonormal rows or columns.

    Newton–Schulz iteration X ← aX + (bA + cA²)X with A = XXᵀ; singular values end between about
    0.5 and 1.2, which training does not tell from 1. On a GPU the products are bf16.
    """
    a, b, c = COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.mT if tall else matrix
    x = x / (x.norm() + 1e-7)
    if x.is_cuda:
        x = x.bfloat16()
    for _ in range(steps):
        square = x @ x.mT
        x = torch.addmm(x, torch.addmm(square, square, square, beta=b, alpha=c), x, beta=a)
    result: Tensor = x.mT if tall else x
    return result.to(matrix.dtype)
