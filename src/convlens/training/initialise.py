"""The weights that training begins with."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convlens.network.modules import FullyConnected, PaddedConv
from convlens.training.recipe import Recipe

PATCH_PICTURES = 2000
"""Pictures whose patches are enough to estimate a few dozen covariances."""

RIDGE = 5e-4
"""Added to the variances before dividing by their roots, so that flat directions stay small."""


@torch.no_grad()
def initialise(network: nn.Module, pictures: Tensor, recipe: Recipe, seed: int) -> None:
    """Draw all weights of ``network`` anew: the same seed, the same weights.

    ``pictures`` are normalised training pictures (B, C, H, W), for the whitening filters.
    """
    random = torch.Generator().manual_seed(seed)
    weighted = [m for m in network.modules() if isinstance(m, PaddedConv | FullyConnected)]
    for module in weighted:
        draw(module, random)
    if isinstance(weighted[-1], FullyConnected):
        weighted[-1].weight.mul_(
            0.1
        )  # small scores at first, so that the first loss is ln(classes)
    first, second = [*network.children(), None, None][:2]
    if recipe.whiten and isinstance(first, PaddedConv):
        whiten(first, pictures[:PATCH_PICTURES], paired=not isinstance(second, PaddedConv))


def draw(module: PaddedConv | FullyConnected, random: torch.Generator) -> None:
    """Normal weights of deviation √(2 / inputs), as suits ReLU (He et al. 2015); biases zero."""
    deviation = math.sqrt(2 / module.weight[0].numel())
    module.weight.copy_(torch.randn(module.weight.shape, generator=random) * deviation)
    if module.bias is not None:
        module.bias.zero_()


def whiten(conv: PaddedConv, pictures: Tensor, paired: bool = True) -> None:
    """Make the first filters those that decorrelate patches of ``pictures`` (B, C, H, W), for good.

    The eigenvectors v_i of the patches' covariance, each divided by the root of its variance λ_i:
    every response then has variance 1 and none follows from the others. ``paired``, each comes with
    its negative, since a ReLU keeps only one side; filters left over stay as drawn. Only where
    there is room for all of them, so that nothing of the picture is lost, and the filters can stay
    as they are while the rest is learned (Page 2019; Jordan 2024, 'airbench').
    """
    dimensions = conv.weight[0].numel()
    if conv.groups != 1 or conv.out_channels < (1 + paired) * dimensions:
        return
    patches = F.unfold(pictures, conv.kernel_size, stride=2).movedim(1, 2).flatten(0, 1)  # (P, CFF)
    covariance = patches.T @ patches / len(patches)
    variances, vectors = torch.linalg.eigh(covariance.double())
    filters = (vectors / (variances + RIDGE).sqrt()).T.float()  # (CFF, CFF)
    found = torch.cat([filters, -filters]) if paired else filters
    conv.weight[: len(found)] = found.view(-1, *conv.weight.shape[1:])
    conv.weight.requires_grad_(False)
