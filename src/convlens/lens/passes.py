"""One picture's way through a network, every value in float64."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from convlens.classifier import Classifier
from convlens.lens.looking import look
from convlens.lens.opened import check_looking, layers_of, open_network
from convlens.notation import Plan


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """Every value that a picture makes in a network.

    ``pixels`` (H, W, C) uint8; ``volumes`` (C, H, W) float64 by the layer's name, the network's
    input under ``input``; ``scores`` (classes,) float64. Predictions are computed in float32,
    whose rounding alone can move a sum of large terms of both signs by more than the fifth digit.
    """

    classifier: Classifier
    plan: Plan
    pixels: NDArray[np.uint8]
    volumes: Mapping[str, NDArray[np.float64]]
    scores: NDArray[np.float64]


def passed(classifier: Classifier, picture: Any) -> Pass:
    """Run the network on ``picture`` in float64.

    Raises DataError where it is no picture, ModelFileError where the memory is too small for it.
    """
    check_looking(classifier)
    opened = open_network(classifier, torch.float64)
    pixels = classifier.pixels(picture)
    paths = {info.name: info.path for info in layers_of(opened.plan)}
    seen = look(opened.network, opened.normalised(pixels[None]), paths)
    volumes = {name: value[0].numpy() for name, value in seen.outputs.items()}
    return Pass(classifier, opened.plan, pixels, volumes, seen.scores[0].numpy())
