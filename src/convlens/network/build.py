"""From a plan of volumes to a torch module: one module for each row, under the row's name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import TypeVar

import torch
from torch import Tensor, nn

from convlens.network import modules
from convlens.notation import Plan
from convlens.notation import layers as kinds
from convlens.notation.volumes import Row

M = TypeVar("M", bound=nn.Module)

ACTIVATIONS: dict[kinds.ActivationKind, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "leaky": lambda: nn.LeakyReLU(kinds.LEAKY_SLOPE),
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
}

POOLS = {"max": modules.MaxPool, "avg": modules.AveragePool, "l2": modules.L2Pool}


class Network(nn.Sequential):
    """A network of the notation as a torch module.

    Maps pictures ``(B, C, H, W)``, normalised as the classifier's preprocessing says, to scores
    ``(B, classes)``. Modules and tensors are named by the plan's rows: ``conv1.weight``,
    ``res1.body.conv2.weight``.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__(OrderedDict((row.name, module(row)) for row in plan.rows))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, classes)."""
        for layer in self:
            x = layer(x)
        return x.flatten(1)


def chain(rows: Iterable[Row]) -> nn.Sequential:
    """The modules of ``rows``, one after the other, each under its row's name."""
    return nn.Sequential(OrderedDict((row.name, module(row)) for row in rows))


def module(row: Row) -> nn.Module:
    """The torch module of one row, its parameters as torch initialises them."""
    layer, depth = row.layer, row.input.depth
    match layer:
        case kinds.Conv():
            return modules.PaddedConv(
                depth,
                layer.filters,
                layer.kernel[::-1],
                sides=row.padding,
                stride=layer.stride,
                dilation=layer.dilation,
                groups=layer.groups,
                bias=layer.bias,
            )
        case kinds.Pool():
            return POOLS[layer.kind](layer.kernel[::-1], layer.stride, row.padding)
        case kinds.GlobalPool():
            return modules.GlobalPool(layer.kind)
        case kinds.FullyConnected():
            return modules.FullyConnected(row.input.size, row.output.depth, bias=layer.bias)
        case kinds.Activation():
            return ACTIVATIONS[layer.kind]()
        case kinds.Maxout():
            return modules.Maxout(layer.group)
        case kinds.BatchNorm():
            return nn.BatchNorm2d(depth)
        case kinds.LocalResponseNorm():
            norm = layer.within(depth)
            return nn.LocalResponseNorm(norm.n, norm.alpha, norm.beta, norm.k)
        case kinds.Dropout():
            return nn.Dropout(layer.p)
        case kinds.Softmax() | kinds.SVM():
            return nn.Identity()  # they say how the scores are trained; the scores pass through
        case kinds.Residual():
            body, shortcut = row.branches
            return modules.Residual(chain(body), chain(shortcut))
        case kinds.Concat():
            return modules.Concat([chain(branch) for branch in row.branches])
    raise TypeError(f"no module for {type(layer).__name__}")


def channels_last(network: M) -> M:
    """``network``, its filters laid out in memory as the processor likes them best."""
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network
