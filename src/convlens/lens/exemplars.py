"""The pictures that excite each filter most, with the patch of each that the filter sees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convlens.classifier import Classifier
from convlens.lens.fields import Box
from convlens.lens.opened import LayerInfo
from convlens.notation import Plan


@dataclass(frozen=True, slots=True)
class Exemplar:
    """One patch that excites a filter: of which picture, where in the layer, how strongly.

    ``response`` is the filter's value with the batch-norm behind it, before any activation. ``box``
    are the pixels that it depends on, ``patch`` (h, w, C) uint8 those pixels.
    """

    picture: int
    x: int
    y: int
    response: float
    box: Box
    patch: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Exemplars:
    """For every filter of ``layer`` the k pictures with the strongest responses, strongest first.

    ``pictures``, ``xs``, ``ys`` (K, k) int64 and ``responses`` (K, k) float32. ``pixels``
    (N, H, W, C) uint8 are the pictures gone through, of which patches are cut when asked for.
    """

    layer: LayerInfo
    plan: Plan
    pixels: NDArray[np.uint8]
    pictures: NDArray[np.int64]
    xs: NDArray[np.int64]
    ys: NDArray[np.int64]
    responses: NDArray[np.float32]

    def of(self, channel: int) -> tuple[Exemplar, ...]:
        """The exemplars of one filter. Raises SettingsError where there is no such filter."""
        raise NotImplementedError


def exemplars(
    classifier: Classifier,
    pixels: NDArray[np.uint8],
    layers: Sequence[str] | None = None,
    k: int = 9,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Exemplars]:
    """Go once through ``pixels`` (N, H, W, C), keeping each filter's k strongest pictures.

    ``layers`` are names of CONV and FC layers, all CONV layers where None. Of each picture only
    the strongest place counts. Memory is that of one batch and of k numbers for each filter.
    ``progress`` is called with the pictures done and N. Raises SettingsError.
    """
    raise NotImplementedError
