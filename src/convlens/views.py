"""The same picture seen a little differently, for scores that are the mean over what is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from convlens.calibration import softmax
from convlens.modelfields import fact

Pixels = NDArray[np.uint8]
Scores = Callable[[Pixels], NDArray[np.float32]]

UNSURE = 0.9
"""Pictures whose likeliest class is less probable than this are looked at again.

On CIFAR-10 the mean over the views of a third of the pictures found as many as that over all.
"""

STEP = 1 / 32
"""Of the longer side: how far a shifted view is moved, a pixel at least."""


@dataclass(frozen=True, slots=True)
class Views:
    """What a network has learned to see through: the mirror image, small shifts."""

    mirror: bool
    shift: bool

    @classmethod
    def learned(cls, training: Mapping[str, Any]) -> Self:
        """Those that a model's training varied its pictures by; none where nothing is told."""
        return cls(
            mirror=bool(fact(training, "recipe.flip")), shift=bool(fact(training, "recipe.shift"))
        )

    @property
    def more(self) -> int:
        """How many views there are beside the picture itself."""
        return (1 + 2 * self.shift) * (1 + self.mirror) - 1

    def others(self, pixels: Pixels) -> Iterator[tuple[float, Pixels]]:
        """Weights and views of (N, H, W, C) beside the pictures themselves.

        Together with the picture itself the unshifted views weigh a half, where there are shifted
        ones (Jordan 2024, 'airbench').
        """
        sides = (1, -1) if self.mirror else (1,)
        weight = 1 / len(sides) * (0.5 if self.shift else 1.0)
        for side in sides[1:]:
            yield weight, pixels[:, :, ::side]
        if self.shift:
            for moved in _shifted(pixels):
                for side in sides:
                    yield weight / 2, moved[:, :, ::side]

    def scores(self, pixels: Pixels, scores: Scores, temperature: float) -> NDArray[np.float32]:
        """Mean scores (N, classes) over the views, of pictures that are unsure at first sight.

        ``scores`` takes pixels (N, H, W, C) to scores (N, classes).
        """
        found = scores(pixels)
        unsure = self.unsure(found, temperature)
        if len(unsure):
            found = found.copy()
            found[unsure] = self.mean(pixels[unsure], scores, found[unsure])
        return found

    def unsure(self, scores: NDArray[np.float32], temperature: float) -> NDArray[np.int64]:
        """Of the pictures with ``scores`` (N, classes) those worth another look, ascending."""
        if not (self.mirror or self.shift):
            return np.empty(0, np.int64)
        return np.flatnonzero(softmax(scores, temperature).max(1, initial=0) < UNSURE)

    def mean(
        self, pixels: Pixels, scores: Scores, first: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Mean scores over all views of (N, H, W, C), whose own are ``first`` (N, classes)."""
        mean, rest = np.zeros_like(first), 1.0
        for weight, view in self.others(pixels):
            mean += np.float32(weight) * scores(np.ascontiguousarray(view))
            rest -= weight
        return mean + np.float32(rest) * first


def _shifted(pixels: Pixels) -> Iterator[Pixels]:
    """(N, H, W, C) a step up and left, and a step down and right; the border is mirrored."""
    height, width = pixels.shape[1:3]
    step = max(1, round(STEP * max(height, width)))
    around = ((0, 0), (step, step), (step, step), (0, 0))
    padded = np.pad(pixels, around, mode="symmetric")
    for begin in (0, 2 * step):
        yield padded[:, begin : begin + height, begin : begin + width]
