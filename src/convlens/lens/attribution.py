"""Why this class: which pixels of a picture its score depends on, by four methods of the field."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from convlens.classifier import Classifier
from convlens.errors import SettingsError
from convlens.lens.deletion import Deletion, deletion
from convlens.lens.opened import Opened, class_index, open_network
from convlens.lens.sanity import Sanity, sanity
from convlens.notation import Plan

Map = NDArray[np.float32]
Method = Literal["gradient", "integrated", "gradcam", "occlusion"]

MEANING: dict[Method, str] = {
    "gradient": "how much a small change of the pixel changes the score, of its strongest channel",
    "integrated": "the pixel's share of the score's difference from that of the mean picture",
    "gradcam": "where the last map with extent speaks for the class",
    "occlusion": "how much the score falls where a patch around the pixel is made mean",
}
"""What a map's numbers say, for whoever shows it."""

INTEGRATION_STEPS = 64
"""Pictures on the straight way from the mean picture to this one."""

AT_ONCE = 32
"""Pictures in a pass."""

PATCHES = 8
"""Occluding patches that fit side by side; they move by half their width."""


@dataclass(frozen=True, slots=True, eq=False)
class Saliency:
    """Which pixels speak for ``class_name``, by ``method``.

    ``map`` (H, W) float32 in the network's input size: not below zero for ``gradient`` and
    ``gradcam``, else negative where a pixel speaks against the class; in units of the score.
    ``pixels`` (H, W, C) uint8 is the picture as the network sees it, ``probability`` that of the
    class, 0 to 1. ``deletion`` says how fast it falls as the marked pixels go, ``sanity`` whether
    the map belongs to what was learned; None where it was not asked for. ``layer`` is the one whose
    map a ``gradcam`` is of, else None.
    """

    map: Map
    method: Method
    class_name: str
    probability: float
    pixels: NDArray[np.uint8]
    deletion: Deletion
    sanity: Sanity | None
    layer: str | None

    @property
    def meaning(self) -> str:
        """What the map's numbers say."""
        return MEANING[self.method]

    def _repr_html_(self) -> str:
        from convlens.lens.findings import saliency_html

        return saliency_html(self)


def why(
    classifier: Classifier,
    picture: Any,
    label: str | int | None = None,
    method: Method = "integrated",
    *,
    check: bool = True,
    seed: int = 0,
) -> Saliency:
    """Which pixels of ``picture`` speak for the class ``label``, by default the likeliest.

    ``gradient``: Simonyan et al. 2014; ``integrated``: Sundararajan et al. 2017, from the mean
    picture; ``gradcam``: Selvaraju et al. 2017, at the last layer with extent, which means most
    where GLOBALPOOL follows it: an FC weighs each place by itself, and gradcam only their mean;
    ``occlusion``: Zeiler and Fergus 2014. ``check`` makes the map anew for networks with random
    weights (Adebayo et al. 2018), which takes up to six times as long. ``seed`` is of those, and of
    the random order in which pixels are deleted. Raises SettingsError where there is no such class
    or method, where Captum is not installed, or where ``gradcam`` finds no layer with extent.
    """
    if method not in get_args(Method):
        raise SettingsError(
            f"there is no method `{method}`", f"choose one of {', '.join(get_args(Method))}"
        )
    captum = captum_module()
    opened = open_network(classifier)
    layer = last_with_extent(opened.plan) if method == "gradcam" else None
    pixels = classifier.pixels(picture)
    before = classifier.probabilities(pixels[None])[0]
    target = int(before.argmax()) if label is None else class_index(classifier, label)
    x = opened.normalised(pixels[None])

    def attribute(network: Opened) -> Map:
        return attributed(captum, network, x, target, method, layer)

    found = attribute(opened)
    return Saliency(
        map=found,
        method=method,
        class_name=classifier.classes[target],
        probability=float(before[target]),
        pixels=pixels,
        deletion=deletion(classifier, pixels, found, target, seed),
        sanity=sanity(opened, found, attribute, seed) if check else None,
        layer=layer,
    )


def attributed(
    captum: Any,
    opened: Opened,
    x: Tensor,
    target: int,
    method: Method,
    layer: str | None,
    at_once: int = AT_ONCE,
) -> Map:
    """The map (H, W) of one method for the input ``x`` (1, C, H, W).

    At most ``at_once`` pictures go through the network in a pass.
    """
    x = x.detach().clone().requires_grad_()
    ways: dict[Method, Callable[[], Tensor]] = {
        "gradient": lambda: captum.Saliency(opened.network).attribute(x, target=target).amax(1),
        "integrated": lambda: (
            captum.IntegratedGradients(opened.network)
            .attribute(x, target=target, n_steps=INTEGRATION_STEPS, internal_batch_size=at_once)
            .sum(1)
        ),
        "gradcam": lambda: _gradcam(captum, opened, x, target, layer),
        "occlusion": lambda: _occlusion(captum, opened, x, target, at_once),
    }
    result: Map = ways[method]()[0].detach().float().numpy()
    return result


def _gradcam(captum: Any, opened: Opened, x: Tensor, target: int, layer: str | None) -> Tensor:
    """(1, H, W): the layer's map, weighted by its mean gradients, brought to the input's size."""
    assert layer is not None
    cam = captum.LayerGradCam(opened.network, opened.module(layer))
    coarse = cam.attribute(x, target=target, relu_attributions=True)  # (1, 1, h, w)
    return F.interpolate(coarse, x.shape[2:], mode="bilinear", align_corners=False)[:, 0]


def _occlusion(captum: Any, opened: Opened, x: Tensor, target: int, at_once: int) -> Tensor:
    """(1, H, W): the mean fall of the score over the patches that cover a pixel."""
    _, depth, height, width = x.shape
    sides = [max(1, round(side / PATCHES)) for side in (height, width)]
    with torch.no_grad():
        fall: Tensor = captum.Occlusion(opened.network).attribute(
            x,
            sliding_window_shapes=(depth, *sides),
            strides=(depth, *(max(1, side // 2) for side in sides)),
            target=target,
            perturbations_per_eval=at_once,
        )
    return fall.mean(1)


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


def captum_module() -> Any:
    """Captum's attributions. Raises SettingsError where it is not installed."""
    try:
        return importlib.import_module("captum.attr")
    except ImportError as error:
        raise SettingsError(
            "which pixels speak for a class is told by the package captum",
            'install it: pip install "convlens[explain]"',
        ) from error
