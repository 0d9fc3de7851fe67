"""What moves the parameters of a network by a recipe: Muon and Adam, or one rule for all."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import torch
from torch import Tensor, nn

from convlens.training.muon import Muon
from convlens.training.recipe import MUON, Recipe
from convlens.training.rules import AdaDelta, AdaGrad, Adam, Factor, Momentum, Rule, WindowGrad

Memories = dict[nn.Parameter, tuple[type[Rule], dict[str, Tensor]]]


class Optimizers:
    """All rules behind one learning-rate factor.

    Parameters named in ``gently`` were learned before and go on at the recipe's ``gentle`` share
    of the learning rates.
    """

    def __init__(
        self, network: nn.Module, recipe: Recipe, gently: Collection[str] = frozenset()
    ) -> None:
        self.network, self.gently = network, frozenset(gently)
        self.parts: list[Rule] = []
        self.change(recipe)

    def change(self, recipe: Recipe) -> None:
        """Go on by ``recipe``; what a rule remembers stays where the same rule stays."""
        memories: Memories = {p: (type(r), r.state[p]) for r in self.parts for p in r.parameters}
        decayed = set(weights_of_layers(self.network))
        groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
        for name, parameter in self.network.named_parameters():
            if parameter.requires_grad:
                kind = (is_filter_bank(parameter), name in self.gently)
                groups.setdefault(kind, []).append(parameter)
        self.parts = []
        for (are_filters, are_gentle), parameters in sorted(groups.items(), reverse=True):
            share = recipe.gentle if are_gentle else 1.0
            rule = rule_for(recipe, are_filters, parameters, share)
            rule.weight_decay, rule.l1_decay = recipe.weight_decay, recipe.l1_decay
            rule.decayed = [one for one in parameters if one in decayed]
            for parameter in parameters:
                kind_before, memory = memories.get(parameter, (None, {}))
                if kind_before is type(rule):
                    rule.state[parameter] = memory
            self.parts.append(rule)

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    @property
    def parameters(self) -> list[nn.Parameter]:
        """All that is moved."""
        return [parameter for part in self.parts for parameter in part.parameters]

    @property
    def recordable(self) -> bool:
        """Whether ``step`` takes a factor that lies on the device."""
        return all(p.recordable and not (p.weight_decay or p.l1_decay) for p in self.parts)

    def step(self, factor: Factor) -> None:
        """One step with every learning rate at ``factor`` times its starting value."""
        for part in self.parts:
            part.step(factor)

    @torch.no_grad()
    def decay_loss(self) -> Tensor:
        """λ/2 Σw² + λ₁ Σ|w| over the weights that decay, as ConvNetJS counts it; one number."""
        losses = [part.decay_loss() for part in self.parts if part.decayed]
        return torch.stack(losses).sum() if losses else torch.zeros(())


def rule_for(
    recipe: Recipe, are_filters: bool, parameters: Iterable[nn.Parameter], share: float
) -> Rule:
    """The rule by which ``recipe`` moves filters, or the rest, at a ``share`` of its rates."""
    if recipe.method == MUON:
        if are_filters:
            return Muon(parameters, recipe.filters_rate * share, recipe.filters_momentum)
        return Adam(parameters, recipe.rest_rate * share)
    rate = recipe.main_rate * share
    match recipe.method:
        case "adam":
            return Adam(parameters, rate)
        case "adagrad":
            return AdaGrad(parameters, rate)
        case "adadelta":
            return AdaDelta(parameters, rate)
        case "windowgrad":
            return WindowGrad(parameters, rate)
    return Momentum(parameters, rate, recipe.momentum, ahead=recipe.method == "nesterov")


def weights_of_layers(network: nn.Module) -> list[nn.Parameter]:
    """Filters and units' weights, which decay; biases and batch-norms do not."""
    layers = (one for one in network.modules() if isinstance(one, nn.Conv2d | nn.Linear))
    named = (pair for layer in layers for pair in layer.named_parameters(recurse=False))
    return [parameter for name, parameter in named if name == "weight"]


def is_filter_bank(parameter: Tensor) -> bool:
    """Whether ``parameter`` holds filters (K, C, F, F) with something to make orthogonal."""
    return parameter.dim() == 4 and parameter.shape[0] > 1 and parameter[0].numel() > 1
