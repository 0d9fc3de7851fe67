"""What every layer gives for a picture, and how a class' score depends on each value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.calibration import softmax
from convlens.classifier import Classifier
from convlens.lens.looking import INPUT, look
from convlens.lens.opened import LayerInfo, class_index, layer_of, layers_of, open_network
from convlens.notation import Plan


@dataclass(frozen=True, slots=True, eq=False)
class LayerValues:
    """A layer's output for one picture.

    ``values`` (C, H, W) float32, (n, 1, 1) behind FC; ``gradient`` of the same shape is what a
    small rise of each value adds to the class' score, per unit; None where none was asked for.
    """

    layer: LayerInfo
    values: NDArray[np.float32]
    gradient: NDArray[np.float32] | None


@dataclass(frozen=True, slots=True, eq=False)
class Activations:
    """Every layer's output for one picture, by the layer's name in reading order.

    ``pixels`` (H, W, C) uint8 is the picture brought to size; ``input`` (C, H, W) float32 what the
    network was given, ``input_gradient`` likewise or None. ``scores`` (classes,) come before the
    temperature, ``probabilities`` (classes,) behind it. ``gradients_of`` is the class whose score
    the gradients are of.
    """

    classes: tuple[str, ...]
    pixels: NDArray[np.uint8]
    input: NDArray[np.float32]
    input_gradient: NDArray[np.float32] | None
    layers: Mapping[str, LayerValues]
    scores: NDArray[np.float32]
    probabilities: NDArray[np.float64]
    gradients_of: str | None
    plan: Plan

    def __getitem__(self, layer: str) -> LayerValues:
        """A layer by name or path. Raises SettingsError with the nearest name."""
        return self.layers[layer_of(self.plan, layer).name]

    def _repr_html_(self) -> str:
        from convlens.lens.notebook import activations_html

        return activations_html(self)


def activations(
    classifier: Classifier, picture: Any, gradients_of: str | int | None = None
) -> Activations:
    """Every layer's output for ``picture`` in one forward pass.

    With ``gradients_of``, a class by name or index, also the gradient of that class' score (before
    temperature and softmax) with respect to every one of these values, in one backward pass.
    Raises DataError where it is no picture, SettingsError where there is no such class.
    """
    target = None if gradients_of is None else class_index(classifier, gradients_of)
    opened = open_network(classifier)
    pixels = classifier.pixels(picture)
    infos = layers_of(opened.plan)
    paths = {info.name: info.path for info in infos}
    seen = look(opened.network, opened.normalised(pixels[None]), paths, target)
    slopes = {name: gradient[0].numpy() for name, gradient in seen.gradients.items()}
    values = {
        info.name: LayerValues(info, seen.outputs[info.name][0].numpy(), slopes.get(info.name))
        for info in infos
    }
    scores = seen.scores[0].numpy()
    return Activations(
        classes=classifier.classes,
        pixels=pixels,
        input=seen.outputs[INPUT][0].numpy(),
        input_gradient=slopes.get(INPUT),
        layers=values,
        scores=scores,
        probabilities=softmax(scores[None], classifier.model.temperature)[0],
        gradients_of=None if target is None else classifier.classes[target],
        plan=opened.plan,
    )
