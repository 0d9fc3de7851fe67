"""Whether a map belongs to what was learned: the same map of networks with random weights."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from convlens.lens.opened import Opened
from convlens.network.modules import FullyConnected, PaddedConv
from convlens.training.initialise import draw
from convlens.training.transfer import weighted_layers

MOST_STAGES = 5
"""Maps made anew at most, down to the network that is random throughout."""

ALIKE = 0.7
"""A rank correlation above which a map would be nearly the same without any training."""


@dataclass(frozen=True, slots=True)
class Sanity:
    """Rank correlations of a map's sizes with those of less and less trained networks.

    From the last layer downwards weights are drawn at random; ``correlations`` (Spearman's, −1 to
    1) are with the maps once all layers down to ``layers`` are random, the last with nothing left
    of what was learned. A map without any variation correlates with nothing: 0.
    """

    layers: tuple[str, ...]
    correlations: tuple[float, ...]

    @property
    def final(self) -> float:
        """The correlation with the map of a network that is random throughout."""
        return self.correlations[-1]

    @property
    def passed(self) -> bool:
        """Whether the map depends on what was learned."""
        return self.final <= ALIKE


def sanity(
    opened: Opened,
    found: NDArray[np.float32],
    attribute: Callable[[Opened], NDArray[np.float32]],
    seed: int = 0,
) -> Sanity:
    """Compare the map ``found`` with those that ``attribute`` makes of randomised networks."""
    network = copy.deepcopy(opened.network)
    random = torch.Generator().manual_seed(seed)
    names = weighted_layers(network)[::-1]
    stops = {round(n) for n in np.linspace(0, len(names) - 1, min(MOST_STAGES, len(names)))}
    layers, correlations = [], []
    for number, name in enumerate(names):
        module = network.get_submodule(name)
        assert isinstance(module, PaddedConv | FullyConnected)
        with torch.no_grad():
            draw(module, random)
            if number == len(names) - 1:
                _forget_norms(network)
        if number in stops:
            layers.append(name)
            again = attribute(replace(opened, network=network))
            correlations.append(rank_correlation(np.abs(found), np.abs(again)))
    return Sanity(tuple(layers), tuple(correlations))


def _forget_norms(network: nn.Module) -> None:
    """Put what batch-norms learned by gradients back to what they begin with."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.weight.fill_(1.0)
            module.bias.fill_(0.0)


def rank_correlation(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Spearman's correlation of two arrays, −1 to 1; 0 where one does not vary."""
    ranks = [_ranks(values) for values in (first, second)]
    if any(np.ptp(one) == 0 for one in ranks):
        return 0.0
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _ranks(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """The place of each value in their order, the mean of their places for equal ones."""
    _, order, counts = np.unique(values.ravel(), return_inverse=True, return_counts=True)
    places: NDArray[np.float64] = np.cumsum(counts) - (counts - 1) / 2
    return places[order]
