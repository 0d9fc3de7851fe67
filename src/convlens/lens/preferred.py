"""The input that a filter answers to most, made by climbing its gradient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convlens.classifier import Classifier
from convlens.lens.fields import Box
from convlens.lens.opened import LayerInfo

STEPS = 128
"""Steps of gradient ascent; twice as many change little."""


@dataclass(frozen=True, slots=True, eq=False)
class PreferredInput:
    """A synthesized picture and the response that it gets.

    ``pixels`` (H, W, C) uint8 is the whole input, ``patch`` (h, w, C) its part in ``box``, all that
    the value at (``x``, ``y``) of ``channel`` sees. ``responses`` (steps + 1,) float32 are the
    values on the way, the last that of ``pixels`` as rounded.
    """

    layer: LayerInfo
    channel: int
    x: int
    y: int
    pixels: NDArray[np.uint8]
    box: Box
    responses: NDArray[np.float32]

    @property
    def patch(self) -> NDArray[np.uint8]:
        """The part of the picture that the value depends on."""
        return self.box.cut(self.pixels)


def preferred_input(
    classifier: Classifier, layer: str, channel: int, steps: int = STEPS, seed: int = 0
) -> PreferredInput:
    """Climb from noise to a picture that excites ``channel`` of ``layer`` in the middle of its map.

    The same seed gives the same picture. Raises SettingsError where there is no such layer or
    channel, or for fewer than one step.
    """
    raise NotImplementedError
