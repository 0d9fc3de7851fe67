"""Exact rewrites: from a network to one that computes the same values with less work.

Each takes a module and returns another; the one given is left as it is. Where the rewritten
network is to be trained, it shares its parameters with the original.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TypeVar

import torch
from torch import nn

from convlens.network.modules import MaxPool, PaddedConv

M = TypeVar("M", bound=nn.Module)
Named = tuple[str, nn.Module]
Rewrite = Callable[[list[Named]], list[Named]]


def for_training(network: M) -> M:
    """The same function and gradients for less work; parameters and statistics are shared."""
    return _rebuilt(network, _activation_behind_pool)


def for_prediction(network: M) -> M:
    """The same function in evaluation mode for less work, with parameters of its own."""
    alone = copy.deepcopy(network).eval().requires_grad_(False)
    return _rebuilt(_rebuilt(alone, _without_batchnorm), _activation_behind_pool)


def _rebuilt(module: M, rewrite: Rewrite) -> M:
    """A shallow copy of ``module`` in which every chain inside has gone through ``rewrite``."""
    clone = copy.copy(module)
    children: Iterable[Named] = (
        (name, _rebuilt(child, rewrite)) for name, child in module.named_children()
    )
    if isinstance(module, nn.Sequential):
        children = rewrite(list(children))
    clone._modules = dict(children)
    return clone


def _activation_behind_pool(chain: list[Named]) -> list[Named]:
    """ReLU after max-pooling instead of before: the same maxima on a quarter of the values.

    max(relu(x)) = relu(max(x)), and the gradient reaches the same cell: where the largest value is
    not positive, both give zero.
    """
    chain = list(chain)
    for i, (first, second) in enumerate(pairwise(list(chain))):
        if isinstance(first[1], nn.ReLU) and type(second[1]) is MaxPool:
            chain[i], chain[i + 1] = second, first
    return chain


def _without_batchnorm(chain: list[Named]) -> list[Named]:
    """Fold each batch-norm into the convolution before it, through a max-pool where it may.

    γ·(w·x + b − μ)/σ + β = (γ/σ·w)·x + γ/σ·(b − μ) + β. A max-pool between the two lets a scale
    pass that is not negative.
    """
    result: list[Named] = []
    for name, module in chain:
        behind = _convolution_before(result, module) if isinstance(module, nn.BatchNorm2d) else None
        if isinstance(module, nn.BatchNorm2d) and behind is not None:
            old_name, conv = result[behind]
            assert isinstance(conv, PaddedConv)
            result[behind] = (old_name, _folded(conv, module))
        else:
            result.append((name, module))
    return result


def _convolution_before(chain: list[Named], norm: nn.Module) -> int | None:
    """Place in ``chain`` of the convolution that ``norm``, coming next, can be folded into."""
    if not chain:
        return None
    if isinstance(chain[-1][1], PaddedConv):
        return len(chain) - 1
    through_pool = len(chain) > 1 and type(chain[-1][1]) is MaxPool
    if through_pool and isinstance(chain[-2][1], PaddedConv):
        assert isinstance(norm, nn.BatchNorm2d)
        return len(chain) - 2 if bool((norm.weight >= 0).all()) else None
    return None


def _folded(conv: PaddedConv, norm: nn.BatchNorm2d) -> PaddedConv:
    """A copy of ``conv`` that does the work of ``norm`` too."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    folded = copy.copy(conv)
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    bias = torch.zeros_like(norm.running_mean) if conv.bias is None else conv.bias
    folded._parameters = {
        "weight": nn.Parameter(conv.weight * scale[:, None, None, None], requires_grad=False),
        "bias": nn.Parameter((bias - norm.running_mean) * scale + norm.bias, requires_grad=False),
    }
    return folded
