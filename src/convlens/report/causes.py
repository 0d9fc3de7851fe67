"""Why a picture got its class: the saliency maps that there is time for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convlens.classifier import Classifier
from convlens.errors import SettingsError
from convlens.lens.attribution import Saliency, why
from convlens.lens.deletion import BASELINE, Deletion, without
from convlens.lens.methods import Method, attributed, last_with_extent
from convlens.lens.opened import class_index, open_network

METHODS: tuple[Method, ...] = ("gradcam", "integrated", "gradient", "occlusion")
"""As they come in the report."""

LIGHT_WORK = 60_000_000
"""Work of all pictures' forward passes up to which every method takes seconds at most."""

VALUE_WORK = 100
"""Multiply-adds that take as long as writing one value of a layer."""

HEAVY_METHODS: tuple[Method, ...] = ("gradcam", "gradient")
"""Methods that need one pass back and forth."""

HEAVY_STEPS = 10
"""Parts that a heavy network's pixels are taken away in, and in one random order only."""


HEAVY = (
    "To take seconds and not minutes there are fewer maps, their curves are coarse, and they are "
    "not compared with those of random weights; convlens.lens.attribution.why does all of it."
)


@dataclass(frozen=True, slots=True)
class Causes:
    """The maps made for one picture, and in a sentence what is not there and why."""

    maps: tuple[Saliency, ...]
    note: str | None


def causes(
    classifier: Classifier, pixels: NDArray[np.uint8], label: str | None, pictures: int = 1
) -> Causes:
    """Explain the class ``label`` of ``pixels`` (H, W, C), by default the likeliest.

    Where the network is heavy to compute for as many ``pictures``, there are the methods that need
    few passes, with coarser deletion curves and without the comparison with random weights.
    """
    plan = classifier.model.plan()
    work = plan.multiply_adds + VALUE_WORK * plan.activations
    heavy = work * pictures > LIGHT_WORK
    maps, notes = [], []
    for method in HEAVY_METHODS if heavy else METHODS:
        try:
            maps.append((_quick if heavy else why)(classifier, pixels, label, method))
        except SettingsError as error:
            notes.append(f"No {method}: {error.message}.")
    if heavy:
        notes.append(HEAVY)
    return Causes(tuple(maps), " ".join(notes) or None)


def _quick(
    classifier: Classifier, pixels: NDArray[np.uint8], label: str | None, method: Method
) -> Saliency:
    opened = open_network(classifier)
    layer = last_with_extent(opened.plan) if method == "gradcam" else None
    before = classifier.probabilities(pixels[None])[0]
    target = int(before.argmax()) if label is None else class_index(classifier, label)
    x = opened.normalised(pixels[None])
    found = attributed(opened, x, target, method, layer)
    return Saliency(
        map=found,
        method=method,
        class_name=classifier.classes[target],
        probability=float(before[target]),
        pixels=pixels,
        deletion=_coarse(classifier, pixels, found, target),
        sanity=None,
        layer=layer,
    )


def _coarse(
    classifier: Classifier, pixels: NDArray[np.uint8], marks: NDArray[np.float32], target: int
) -> Deletion:
    shares = np.linspace(0, 1, HEAVY_STEPS + 1)
    marked = np.argsort(-marks, axis=None, kind="stable")
    chance = np.random.default_rng(0).permutation(marks.size)
    curves = [
        classifier.probabilities(without(classifier, pixels, order, shares))[:, target]
        for order in (marked, chance)
    ]
    return Deletion(shares, curves[0], curves[1], BASELINE)
