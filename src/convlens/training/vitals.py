"""What a network's insides say of its health, measured on a forward pass that is done anyway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from convlens.network.modules import FullyConnected, Maxout, PaddedConv

FEWEST_PICTURES = 32
"""Pictures below which a filter that answered to none of them is not yet called dead."""

MOST_VALUES = 1 << 19
"""Values of a layer's output that are looked at in a pass, or those of FEWEST_PICTURES."""

NO_RANGE = 1e-6
"""A channel is dead whose values differ by less than this share of the layer's largest value."""

EDGE = 0.02
"""A sigmoid is saturated within this distance of 0 or 1; a tanh within twice this of ±1."""

ACTIVATIONS = (
    nn.ReLU,
    nn.ReLU6,
    nn.LeakyReLU,
    nn.ELU,
    nn.GELU,
    nn.SiLU,
    nn.Sigmoid,
    nn.Tanh,
    Maxout,
)
"""What stands behind filters and units and may leave some of them without any say."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """Shares by the name of an activation layer, each 0 to 1.

    ``dead``: of its channels, those that gave one and the same value for every picture at every
    place. ``saturated``: of its values, those where hardly any gradient passes; only of SIGMOID and
    TANH.
    """

    dead: dict[str, float] = field(default_factory=dict)
    saturated: dict[str, float] = field(default_factory=dict)


@contextmanager
def listening(network: nn.Module) -> Iterator[Vitals]:
    """Measure each activation layer of ``network`` in the passes inside the context.

    What is yielded is filled in at its end; passes of fewer than FEWEST_PICTURES in all count for
    nothing. Nothing else about the network changes.
    """
    found = Vitals()
    ears = {n: _Ear() for n, m in network.named_modules() if isinstance(m, ACTIVATIONS)}
    modules = dict(network.named_modules())
    handles = [modules[name].register_forward_hook(ear) for name, ear in ears.items()]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()
    for name, ear in ears.items():
        if ear.range is not None and ear.pictures >= FEWEST_PICTURES:
            found.dead[name] = constant_share(*ear.range)
            if ear.saturated:
                found.saturated[name] = sum(ear.saturated) / len(ear.saturated)


class _Ear:
    """A forward hook that takes in some pictures of every pass, spread over it.

    Spread, since pictures beside each other are often of one class.
    """

    def __init__(self) -> None:
        self.range: tuple[Tensor, Tensor] | None = None
        self.pictures = 0
        self.saturated: list[float] = []

    @torch.no_grad()
    def __call__(self, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        few = max(FEWEST_PICTURES, MOST_VALUES // output[0].numel())
        some = output[:: max(1, len(output) // few)]
        self.pictures += len(some)
        high, low = extremes(some)
        if self.range is not None:
            high, low = torch.maximum(high, self.range[0]), torch.minimum(low, self.range[1])
        self.range = (high, low)
        share = saturated_share(module, some)
        if share is not None:
            self.saturated.append(share)


def extremes(output: Tensor) -> tuple[Tensor, Tensor]:
    """The largest and the smallest value of each channel of (B, C, H, W), both (C,)."""
    # over pictures first, all the rest side by side: a tenth of the time of all at once in bfloat16
    values = output.float().permute(0, 2, 3, 1).flatten(1)
    high, low = (side.view(-1, output.shape[1]) for side in (values.amax(0), values.amin(0)))
    return high.amax(0), low.amin(0)


def constant_share(high: Tensor, low: Tensor) -> float:
    """Of channels with these largest and smallest values (C,), those that never vary, 0 to 1."""
    largest = torch.maximum(high, -low).amax()
    return float((high - low <= NO_RANGE * largest).float().mean())


def dead_share(output: Tensor) -> float:
    """Of the channels of (B, C, H, W), those with one value throughout, 0 to 1."""
    return constant_share(*extremes(output))


def saturated_share(module: nn.Module, output: Tensor) -> float | None:
    """Of the values that a SIGMOID or TANH gave, those at its ends, 0 to 1; None for the others."""
    if isinstance(module, nn.Sigmoid):
        return float(((output - 0.5).abs() > 0.5 - EDGE).float().mean())
    if isinstance(module, nn.Tanh):
        return float((output.abs() > 1 - 2 * EDGE).float().mean())
    return None


def weights_of(network: nn.Module) -> dict[str, Tensor]:
    """Copies of the filters and the units' weights that are learned, by the layer's name."""
    return {
        name: module.weight.detach().clone()
        for name, module in network.named_modules()
        if isinstance(module, PaddedConv | FullyConnected) and module.weight.requires_grad
    }


@torch.no_grad()
def update_ratios(network: nn.Module, before: Mapping[str, Tensor]) -> dict[str, float]:
    """How far each layer's weights have moved from ``before``, as a share of their norm then."""
    modules = dict(network.named_modules())
    moved = {}
    for name, old in before.items():
        weight = modules[name].weight
        assert isinstance(weight, Tensor)
        moved[name] = float((weight - old).norm() / old.norm().clamp_min(1e-12))
    return moved
