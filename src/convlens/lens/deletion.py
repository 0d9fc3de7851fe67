"""Whether a map marks what counts: the probability as the marked pixels are taken away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convlens.classifier import Classifier

STEPS = 20
"""Parts that the pixels are taken away in."""

ORDERS = 8
"""Random orders that the curve to compare with is the mean of."""

BASELINE = "the mean colour of the training pictures"
"""What a pixel that is taken away becomes."""


@dataclass(frozen=True, slots=True, eq=False)
class Deletion:
    """The class' probability as pixels become ``baseline``, the most marked first.

    ``shares`` (S,) of the pixels, 0 to 1; ``marked`` (S,) the probabilities in the map's order,
    ``random`` (S,) the mean of ORDERS random orders. A map that marks what counts falls sooner.
    """

    shares: NDArray[np.float64]
    marked: NDArray[np.float64]
    random: NDArray[np.float64]
    baseline: str = BASELINE

    @property
    def area(self) -> float:
        """Under the map's curve, 0 to 1; the smaller, the more the map marks what counts."""
        return float(np.trapezoid(self.marked, self.shares))

    @property
    def random_area(self) -> float:
        """Under the curve of random orders, 0 to 1."""
        return float(np.trapezoid(self.random, self.shares))

    def _repr_html_(self) -> str:
        from convlens.lens.findings import deletion_html

        return deletion_html(self)


def deletion(
    classifier: Classifier,
    pixels: NDArray[np.uint8],
    marks: NDArray[np.float32],
    target: int,
    seed: int = 0,
) -> Deletion:
    """Take away pixels (H, W, C) in the order of ``marks`` (H, W), and in random ones."""
    random = np.random.default_rng(seed)
    shares = np.linspace(0, 1, STEPS + 1)

    def curve(order: NDArray[np.int64]) -> NDArray[np.float64]:
        pictures = without(classifier, pixels, order, shares)
        return classifier.probabilities(pictures)[:, target]

    orders = [random.permutation(marks.size) for _ in range(ORDERS)]
    return Deletion(
        shares=shares,
        marked=curve(np.argsort(-marks, axis=None, kind="stable")),
        random=np.mean([curve(order) for order in orders], axis=0),
    )


def without(
    classifier: Classifier,
    pixels: NDArray[np.uint8],
    order: NDArray[np.int64],
    shares: NDArray[np.float64],
) -> NDArray[np.uint8]:
    """(S, H, W, C): the picture without the first share of its pixels in ``order`` (H·W,)."""
    height, width, channels = pixels.shape
    mean = np.rint(np.array(classifier.preprocessing.mean) * 255).clip(0, 255).astype(np.uint8)
    pictures = np.repeat(pixels.reshape(1, -1, channels), len(shares), axis=0)
    for picture, share in zip(pictures, shares, strict=True):
        picture[order[: round(share * len(order))]] = mean
    return pictures.reshape(len(shares), height, width, channels)
