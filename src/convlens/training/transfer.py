"""Going on from a trained network: its weights taken over, its first layers held still."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, takewhile

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
    """Put ``weights`` into those layers of ``network`` that they fit by name and all their shapes.

    Returns the names put in. Unlike ``take_over`` the head is no exception: the classes are the
    same.
    """
    kept: set[str] = set()
    for layer, module in network.named_modules():
        own = {
            ".".join(filter(None, (layer, name))): tensor
            for name, tensor in chain(
                module.named_parameters(recurse=False), module.named_buffers(recurse=False)
            )
            if name != "num_batches_tracked"  # torch's own count, which no file keeps
        }
        if all(name in weights and weights[name].shape == own[name].shape for name in own):
            kept |= own.keys()
    network.load_state_dict(
        {name: torch.from_numpy(np.array(weights[name])) for name in kept}, strict=False
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
