"""Going on from a trained network: its weights taken over, its first layers held still."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from convlens.network.modules import FullyConnected, PaddedConv


def take_over(network: nn.Module, weights: Mapping[str, NDArray[np.float32]]) -> frozenset[str]:
    """Put ``weights`` into ``network``, all but those of the head; returns the names put in.

    The head is the last layer with filters or units: it tells other classes apart.
    """
    head = f"{weighted_layers(network)[-1]}."
    kept = {name: values for name, values in weights.items() if not name.startswith(head)}
    network.load_state_dict(
        {name: torch.from_numpy(np.array(values)) for name, values in kept.items()}, strict=False
    )
    return frozenset(kept)


def carry_over(network: nn.Module, weights: Mapping[str, NDArray[np.float32]]) -> frozenset[str]:
    """Put those of ``weights`` into ``network`` that fit by name and shape; returns their names.

    Unlike ``take_over`` the head is no exception: the classes are the same.
    """
    own = network.state_dict()
    kept = {name: v for name, v in weights.items() if name in own and own[name].shape == v.shape}
    network.load_state_dict(
        {name: torch.from_numpy(np.array(values)) for name, values in kept.items()}, strict=False
    )
    return frozenset(kept)


def weighted_layers(network: nn.Module) -> list[str]:
    """Names of the layers with filters or units, in the order in which they were built."""
    modules = network.named_modules()
    return [name for name, module in modules if isinstance(module, PaddedConv | FullyConnected)]


def freeze(network: nn.Module, count: int) -> None:
    """Hold the first ``count`` layers with filters or units still, and all before the next one.

    A batch-norm among them goes on with the statistics that it has, in training too.
    """
    weighted = weighted_layers(network)
    following = weighted[count] if count < len(weighted) else None
    layers = takewhile(lambda pair: pair[0] != following, network.named_modules())
    for _, module in layers:
        if not list(module.children()):
            for parameter in module.parameters():
                parameter.requires_grad_(False)
            if isinstance(module, nn.BatchNorm2d):
                module.register_forward_pre_hook(_stay_in_evaluation)


def _stay_in_evaluation(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    module.eval()
