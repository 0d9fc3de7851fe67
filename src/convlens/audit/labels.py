"""Labels that the pictures themselves speak against: confident learning.

From out-of-fold probabilities, after C. G. Northcutt, L. Jiang and I. L. Chuang, 'Confident
Learning: Estimating Uncertainty in Dataset Labels', Journal of Artificial Intelligence Research
70 (2021), as far as its thresholds and its ranking by self-confidence go.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK_VALUES = 1 << 22
"""Probabilities that are looked at in one go."""


@dataclass(frozen=True, eq=False, slots=True)
class Doubts:
    """How far each of N labels is to be doubted.

    ``own`` (N,) is the probability of the given class, 0 to 1;
    ``suggested`` (N,) the likeliest other class; ``doubted`` (N,) whether another class is as
    likely as it is, on average, for pictures that carry its label. ``order`` (N,) goes from the
    most suspicious on.
    """

    own: NDArray[np.float32]
    suggested: NDArray[np.int64]
    doubted: NDArray[np.bool_]
    order: NDArray[np.int64]


def doubts(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> Doubts:
    """Judge labels ``(N,)`` by out-of-fold probabilities ``(N, K)``, K at least 2."""
    count, classes = probabilities.shape
    own = probabilities[np.arange(count), labels]
    thresholds = _thresholds(own, labels, classes)
    suggested, doubted = np.empty(count, np.int64), np.empty(count, np.bool_)
    step = max(1, BLOCK_VALUES // classes)
    for begin in range(0, count, step):
        part = slice(begin, begin + step)
        found, given = probabilities[part], labels[part]
        others = found.copy()
        others[np.arange(len(found)), given] = -1.0
        suggested[part] = others.argmax(axis=1)
        confident = found >= thresholds
        likeliest = np.where(confident, found, -1.0).argmax(axis=1)
        doubted[part] = confident.any(axis=1) & (likeliest != given)
    return Doubts(own, suggested, doubted, order=np.argsort(own, kind="stable"))


def _thresholds(
    own: NDArray[np.float32], labels: NDArray[np.int64], classes: int
) -> NDArray[np.float64]:
    """For each class how likely it is, on average, for pictures that carry its label: (K,).

    A picture as likely of another class is counted off the diagonal of the confident joint
    (section 3.1).
    """
    counts = np.bincount(labels, minlength=classes)
    sums = np.bincount(labels, own, minlength=classes)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
