"""Why this class: which pixels of a picture its score depends on, by four methods of the field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from convlens.classifier import Classifier
from convlens.errors import SettingsError
from convlens.lens.deletion import Deletion, deletion
from convlens.lens.methods import Map, Method, attributed, last_with_extent
from convlens.lens.opened import Opened, check_looking, class_index, open_network
from convlens.lens.sanity import Sanity, sanity

MEANING: dict[Method, str] = {
    "gradient": "how much a small change of the pixel changes the score, of its strongest channel",
    "integrated": "the pixel's share of the score's difference from that of the mean picture",
    "gradcam": "where the last map with extent speaks for the class",
    "occlusion": "how much the score falls where a patch around the pixel is made mean",
}
"""What a map's numbers say, for whoever shows it."""


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
    or method, or where ``gradcam`` finds no layer with extent; ModelFileError where the memory is
    too small.
    """
    check_looking(classifier)
    if method not in get_args(Method):
        raise SettingsError(
            f"there is no method `{method}`", f"choose one of {', '.join(get_args(Method))}"
        )
    opened = open_network(classifier)
    layer = last_with_extent(opened.plan) if method == "gradcam" else None
    pixels = classifier.pixels(picture)
    before = classifier.probabilities(pixels[None])[0]
    target = int(before.argmax()) if label is None else class_index(classifier, label)
    x = opened.normalised(pixels[None])

    def attribute(network: Opened) -> Map:
        return attributed(network, x, target, method, layer)

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
