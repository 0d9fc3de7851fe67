"""Muon for filters, Adam for the rest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable

import torch
from torch import Tensor, nn

from convlens.training.recipe import Recipe

NEWTON_SCHULZ_STEPS = 3
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the quintic that drives singular values towards 1 (Jordan et al. 2024, 'Muon')."""


Tensors = list[Tensor]


class Rule(ABC):
    """How gradients move parameters; ``state`` is what is remembered of each parameter.

    Not a ``torch.optim.Optimizer``: the first of those loads the compiler, which takes a second
    and is of no use here.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], rate: float) -> None:
        self.parameters = list(parameters)
        self.rate = rate
        self.state: dict[nn.Parameter, dict[str, Tensor]] = {p: {} for p in self.parameters}

    @torch.no_grad()
    def step(self, factor: float) -> None:
        """Take one step along the gradients, at ``factor`` times the rule's rate."""
        moved = [p for p in self.parameters if p.grad is not None]
        if moved:
            gradients = [p.grad for p in moved if p.grad is not None]
            self.move([*moved], gradients, [self.state[p] for p in moved], self.rate * factor)

    @abstractmethod
    def move(
        self, parameters: Tensors, gradients: Tensors, states: list[dict[str, Tensor]], rate: float
    ) -> None:
        """Move all parameters in place, together: one call for all is quicker than one for each."""


class Muon(Rule):
    """Momentum whose direction is made orthogonal, for filters (K, C, F, F) seen as K rows.

    Every step moves a filter bank by the rate times its own norm, and the norm stays what it was
    at the start: how large filters are means little where a batch-norm or a scale follows, and a
    fixed size keeps the steps' relative size what the schedule says.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], rate: float, momentum: float) -> None:
        super().__init__(parameters, rate)
        self.momentum = momentum

    def move(
        self, parameters: Tensors, gradients: Tensors, states: list[dict[str, Tensor]], rate: float
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


class Adam(Rule):
    """Steps of even size, whatever the gradient's (Kingma and Ba 2015)."""

    momentum, memory, epsilon = 0.9, 0.95, 1e-8

    def move(
        self, parameters: Tensors, gradients: Tensors, states: list[dict[str, Tensor]], rate: float
    ) -> None:
        """Move all parameters in place."""
        for parameter, state in zip(parameters, states, strict=True):
            if not state:
                state["step"] = torch.zeros((), dtype=torch.int64)
                state["mean"] = torch.zeros_like(parameter)
                state["square"] = torch.zeros_like(parameter)
            state["step"].add_(1)
        step = int(states[0]["step"])
        means, squares = ([state[name] for state in states] for name in ("mean", "square"))
        torch._foreach_lerp_(means, gradients, 1 - self.momentum)
        torch._foreach_mul_(squares, self.memory)
        torch._foreach_addcmul_(squares, gradients, gradients, value=1 - self.memory)
        deviations = torch._foreach_div(squares, 1 - self.memory**step)
        torch._foreach_sqrt_(deviations)
        torch._foreach_add_(deviations, self.epsilon)
        slower = -rate / (1 - self.momentum**step)
        torch._foreach_addcdiv_(parameters, means, deviations, value=slower)


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
        x = torch.addmm(x, torch.addmm(square, square, square, beta=b, alpha=c), x, beta=a)
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
        self.parts: list[Rule] = []
        for (are_filters, are_gentle), parameters in sorted(groups.items(), reverse=True):
            share = recipe.gentle if are_gentle else 1.0
            if are_filters:
                rate = recipe.filters_rate * share
                self.parts.append(Muon(parameters, rate, recipe.filters_momentum))
            else:
                rate = recipe.rest_rate * share
                self.parts.append(Adam(parameters, rate))

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for part in self.parts:
            for parameter in part.parameters:
                parameter.grad = None

    def step(self, factor: float) -> None:
        """One step with every learning rate at ``factor`` times its starting value."""
        for part in self.parts:
            part.step(factor)


def is_filter_bank(parameter: Tensor) -> bool:
    """Whether ``parameter`` holds filters (K, C, F, F) with something to make orthogonal."""
    return parameter.dim() == 4 and parameter.shape[0] > 1 and parameter[0].numel() > 1
