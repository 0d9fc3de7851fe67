"""Four methods of the field to say which pixels a class' score depends on, each one map.

Each is worked out on the network as it stands: no gradient is left on its parameters, no hook in
its layers, and what it was given stays as it was.
"""

from __future__ import annotations

import itertools
from typing import Literal, assert_never

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from convlens.errors import SettingsError
from convlens.lens.looking import hooked
from convlens.lens.opened import Opened
from convlens.notation import Plan

Map = NDArray[np.float32]
Method = Literal["gradient", "integrated", "gradcam", "occlusion"]

INTEGRATION_STEPS = 64
"""Pictures on the straight way from the mean picture to this one."""

AT_ONCE = 32
"""Pictures in a pass."""

PATCHES = 8
"""Occluding patches that fit side by side; they move by half their width."""


def attributed(
    opened: Opened,
    x: Tensor,
    target: int,
    method: Method,
    layer: str | None,
    at_once: int = AT_ONCE,
) -> Map:
    """The map (H, W) of one method for the input ``x`` (1, C, H, W) and the class ``target``.

    ``layer`` is the one whose maps a ``gradcam`` is of; the others need none. At most ``at_once``
    pictures go through the network in a pass.
    """
    network = opened.network
    match method:
        case "gradient":
            found = gradient(network, x, target)
        case "integrated":
            found = integrated(network, x, target, at_once)
        case "gradcam":
            assert layer is not None
            found = gradcam(network, x, target, opened.module(layer))
        case "occlusion":
            found = occlusion(network, x, target, at_once)
        case _:
            assert_never(method)
    result: Map = found.float().numpy()
    return result


def gradient(network: nn.Module, x: Tensor, target: int) -> Tensor:
    """(H, W): the size of the score's gradient with respect to a pixel, of its strongest channel.

    Simonyan et al. 2014, section 3.1. ``x`` is (1, C, H, W).
    """
    return _gradients(network, x, target)[0].abs().amax(0)


def integrated(network: nn.Module, x: Tensor, target: int, at_once: int = AT_ONCE) -> Tensor:
    """(H, W): the pixel's share of the score's difference from that of the mean picture.

    Sundararajan et al. 2017, equation 1, summed over the channels of ``x`` (1, C, H, W). The mean
    picture is 0 in the network's input; the integral is taken by Gauss-Legendre quadrature, which
    comes closer with as many pictures than equal steps do.
    """
    places, weights = np.polynomial.legendre.leggauss(INTEGRATION_STEPS)  # on -1 to 1
    ways = torch.from_numpy((places + 1) / 2).to(x.dtype).view(-1, 1, 1, 1)
    shares = torch.from_numpy(weights / 2).to(x.dtype).view(-1, 1, 1, 1)
    mean = torch.zeros_like(x[0])
    for way, share in zip(torch.split(ways, at_once), torch.split(shares, at_once), strict=True):
        mean += (share * _gradients(network, way * x, target)).sum(0)
    return (mean * x[0]).sum(0)


def gradcam(network: nn.Module, x: Tensor, target: int, module: nn.Module) -> Tensor:
    """(H, W): where the output of ``module`` speaks for the class, brought to the size of ``x``.

    Selvaraju et al. 2017, equations 1 and 2: its maps, each times the mean of the score's gradient
    over the map, are added up, and what is below zero is left out. ``x`` is (1, C, H, W).
    """
    seen: list[Tensor] = []

    def follow(output: Tensor) -> None:
        seen.append(output.requires_grad_())  # from here on: what lies before need not be kept

    with torch.enable_grad(), hooked(module, follow):
        score = network(x.detach())[0, target]
        (slopes,) = torch.autograd.grad(score, seen)
    weights = slopes.mean((2, 3), keepdim=True)
    coarse = (weights * seen[0].detach()).sum(1, keepdim=True).relu()
    return F.interpolate(coarse, x.shape[2:], mode="bilinear", align_corners=False)[0, 0]


def occlusion(network: nn.Module, x: Tensor, target: int, at_once: int = AT_ONCE) -> Tensor:
    """(H, W): the mean fall of the score over the patches that cover a pixel.

    Zeiler and Fergus 2014, section 4.2. What a patch covers of ``x`` (1, C, H, W) becomes that of
    the mean picture, 0; the last patches of a row or column end with it.
    """
    _, _, height, width = x.shape
    patches = list(itertools.product(_spans(height), _spans(width)))
    falls, times = x.new_zeros(height, width), x.new_zeros(height, width)
    with torch.no_grad():
        whole = network(x)[0, target]
        for first in range(0, len(patches), at_once):
            some = patches[first : first + at_once]
            pictures = x.repeat(len(some), 1, 1, 1)
            for picture, (rows, columns) in zip(pictures, some, strict=True):
                picture[:, rows, columns] = 0
            scores = network(pictures)[:, target]
            for (rows, columns), fall in zip(some, whole - scores, strict=True):
                falls[rows, columns] += fall
                times[rows, columns] += 1
    return falls / times


def last_with_extent(plan: Plan) -> str:
    """The last layer, branches left out, whose output is more than one cell.

    Raises SettingsError where there is none.
    """
    for row in reversed(plan.rows):
        if row.output.width * row.output.height > 1:
            return row.name
    raise SettingsError(
        "gradcam needs a layer whose output has some width or height; this network has none",
        "ask for the method gradient, integrated or occlusion",
    )


def _gradients(network: nn.Module, x: Tensor, target: int) -> Tensor:
    """(N, C, H, W): the gradient of each picture's score for ``target`` with respect to it."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        return torch.autograd.grad(network(x)[:, target].sum(), x)[0]


def _spans(side: int) -> list[slice]:
    """Where patches lie along one side of so many pixels."""
    size = max(1, round(side / PATCHES))
    step = max(1, size // 2)
    return [slice(start, start + size) for start in range(0, side - size + step, step)]
