"""Rules by which gradients move parameters, the weights' decay beside them.

None is a ``torch.optim.Optimizer``: the first of those loads the compiler, which takes a second
and is of no use here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Tensors = list[Tensor]
Factor = float | Tensor
Memory = dict[str, Tensor]


class Rule(ABC):
    """How gradients move parameters; ``state`` is what is remembered of each parameter.

    Before they are moved, weights in ``decayed`` lose ``weight_decay`` and ``l1_decay`` times the
    rate: apart from the gradient, so that a rule that divides by its size leaves the decay alone
    (Loshchilov and Hutter 2019, 'AdamW').
    """

    remembers: ClassVar[tuple[str, ...]]
    """Names of what is remembered of each parameter."""

    recordable: ClassVar[bool] = False
    """Whether ``move`` takes a rate that lies on the device, as a recording of it must."""

    def __init__(self, parameters: Iterable[nn.Parameter], rate: float) -> None:
        self.parameters = list(parameters)
        self.rate = rate
        self.state: dict[nn.Parameter, Memory] = {p: {} for p in self.parameters}
        self.decayed: list[nn.Parameter] = []
        self.weight_decay = self.l1_decay = 0.0

    @torch.no_grad()
    def step(self, factor: Factor) -> None:
        """Take one step along the gradients, at ``factor`` times the rule's rate.

        As a tensor () only for rules that are ``recordable``, and without decay.
        """
        rate = self.rate * factor
        if self.weight_decay or self.l1_decay:
            weights = [p for p in self.decayed if p.grad is not None]
            if weights:
                self.decay(weights, float(rate))
        moved = [p for p in self.parameters if p.grad is not None]
        if moved:
            gradients = [p.grad for p in moved if p.grad is not None]
            self.move([*moved], gradients, [self.state[p] for p in moved], rate)

    def decay(self, weights: list[nn.Parameter], rate: float) -> None:
        """w ← (1 − rate·λ) w, then ``rate``·λ₁ nearer to zero, and never past it."""
        if self.weight_decay:
            torch._foreach_mul_([*weights], max(0.0, 1 - rate * self.weight_decay))
        if self.l1_decay:
            for weight in weights:
                weight.copy_(F.softshrink(weight, rate * self.l1_decay))

    def decay_loss(self) -> Tensor:
        """λ/2 Σw² + λ₁ Σ|w| over the weights that decay; one number."""
        norms = torch.stack(torch._foreach_norm([*self.decayed]))
        loss = self.weight_decay / 2 * norms.square().sum()
        if self.l1_decay:
            sums = torch.stack(torch._foreach_norm([*self.decayed], 1))
            loss += self.l1_decay * sums.sum()
        return loss

    @abstractmethod
    def move(
        self, parameters: Tensors, gradients: Tensors, states: list[Memory], rate: Any
    ) -> None:
        """Move all parameters in place, together: one call for all is quicker than one for each.

        ``rate`` is a number, or a tensor () on the parameters' device for a rule that is
        ``recordable``.
        """

    def recalled(self, parameters: Tensors, states: list[Memory]) -> list[Tensors]:
        """What is remembered, each kind of it in a list; zeros at first."""
        for parameter, state in zip(parameters, states, strict=True):
            if not state:
                state.update({name: torch.zeros_like(parameter) for name in self.remembers})
        return [[state[name] for state in states] for name in self.remembers]


class Momentum(Rule):
    """Down the gradient with a velocity (Polyak 1964); ``ahead`` looks a step on, as Nesterov's.

    v ← μv + g, w ← w − rate·v; ahead: w ← w − rate·(g + μv) (Sutskever et al. 2013).
    """

    remembers = ("velocity",)

    def __init__(
        self, parameters: Iterable[nn.Parameter], rate: float, momentum: float, ahead: bool = False
    ) -> None:
        super().__init__(parameters, rate)
        self.momentum, self.ahead = momentum, ahead

    def move(
        self, parameters: Tensors, gradients: Tensors, states: list[Memory], rate: float
    ) -> None:
        """Move all parameters in place."""
        (velocities,) = self.recalled(parameters, states)
        torch._foreach_mul_(velocities, self.momentum)
        torch._foreach_add_(velocities, gradients)
        if self.ahead:
            torch._foreach_add_(parameters, gradients, alpha=-rate)
            rate *= self.momentum
        torch._foreach_add_(parameters, velocities, alpha=-rate)


class Adam(Rule):
    """Steps of even size, whatever the gradient's (Kingma and Ba 2015)."""

    remembers = ("step", "mean", "square")
    recordable = True
    momentum, memory, epsilon = 0.9, 0.95, 1e-8

    def move(
        self, parameters: Tensors, gradients: Tensors, states: list[Memory], rate: Any
    ) -> None:
        """Move all parameters in place."""
        for parameter, state in zip(parameters, states, strict=True):
            if not state:
                state["step"] = torch.zeros((), dtype=torch.int64, device=parameter.device)
                state["mean"] = torch.zeros_like(parameter)
                state["square"] = torch.zeros_like(parameter)
            state["step"].add_(1)
        count = states[0]["step"]
        step: Any = int(count) if count.device.type == "cpu" else count.float()
        means, squares = ([state[name] for state in states] for name in ("mean", "square"))
        torch._foreach_lerp_(means, gradients, 1 - self.momentum)
        torch._foreach_mul_(squares, self.memory)
        torch._foreach_addcmul_(squares, gradients, gradients, value=1 - self.memory)
        deviations = torch._foreach_div(squares, 1 - self.memory**step)
        torch._foreach_sqrt_(deviations)
        torch._foreach_add_(deviations, self.epsilon)
        moves = torch._foreach_mul(means, -rate / (1 - self.momentum**step))
        torch._foreach_addcdiv_(parameters, moves, deviations)


class AdaGrad(Rule):
    """Steps divided by the root of all squared gradients so far (Duchi et al. 2011)."""

    remembers = ("squares",)
    epsilon = 1e-10

    def move(
        self, parameters: Tensors, gradients: Tensors, states: list[Memory], rate: float
    ) -> None:
        """Move all parameters in place."""
        (squares,) = self.recalled(parameters, states)
        torch._foreach_addcmul_(squares, gradients, gradients, value=1.0)
        self.divided(parameters, gradients, squares, rate)

    def divided(
        self, parameters: Tensors, gradients: Tensors, squares: Tensors, rate: float
    ) -> None:
        """w ← w − rate · g / (√squares + ε)."""
        roots = torch._foreach_sqrt(squares)
        torch._foreach_add_(roots, self.epsilon)
        torch._foreach_addcdiv_(parameters, gradients, roots, value=-rate)


class WindowGrad(AdaGrad):
    """AdaGrad over the last few gradients only, as ConvNetJS calls it; RMSprop elsewhere.

    'Idea 1' of Zeiler 2012; Tieleman and Hinton 2012.
    """

    remembers = ("mean square",)
    memory, epsilon = 0.95, 1e-8

    def move(
        self, parameters: Tensors, gradients: Tensors, states: list[Memory], rate: float
    ) -> None:
        """Move all parameters in place."""
        (squares,) = self.recalled(parameters, states)
        torch._foreach_mul_(squares, self.memory)
        torch._foreach_addcmul_(squares, gradients, gradients, value=1 - self.memory)
        self.divided(parameters, gradients, squares, rate)


class AdaDelta(Rule):
    """Steps in the units of earlier steps (Zeiler 2012); a rate of 1 is the paper's."""

    remembers = ("mean square", "mean square step")
    memory, epsilon = 0.95, 1e-6

    def move(
        self, parameters: Tensors, gradients: Tensors, states: list[Memory], rate: float
    ) -> None:
        """Move all parameters in place."""
        squares, steps = self.recalled(parameters, states)
        torch._foreach_mul_(squares, self.memory)
        torch._foreach_addcmul_(squares, gradients, gradients, value=1 - self.memory)
        moves = self.root(steps)
        torch._foreach_div_(moves, self.root(squares))
        torch._foreach_mul_(moves, gradients)
        torch._foreach_mul_(steps, self.memory)
        torch._foreach_addcmul_(steps, moves, moves, value=1 - self.memory)
        torch._foreach_add_(parameters, moves, alpha=-rate)

    def root(self, squares: Tensors) -> Tensors:
        """√(squares + ε)."""
        roots = torch._foreach_add(squares, self.epsilon)
        torch._foreach_sqrt_(roots)
        return list(roots)
