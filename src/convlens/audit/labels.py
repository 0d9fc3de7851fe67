"""Labels that the pictures themselves speak against: confident learning.

From out-of-fold probabilities, after C. G. Northcutt, L. Jiang and I. L. Chuang, 'Confident
Learning: Estimating Uncertainty in Dataset Labels', Journal of Artificial Intelligence Research
70 (2021), as far as its thresholds and its ranking by self-confidence go.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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
    rows = np.arange(len(labels))
    own = probabilities[rows, labels]
    others = probabilities.copy()
    others[rows, labels] = -1.0
    return Doubts(
        own=own,
        suggested=np.asarray(others.argmax(axis=1), np.int64),
        doubted=_confident_elsewhere(probabilities, labels),
        order=np.argsort(own, kind="stable"),
    )


def _confident_elsewhere(
    probabilities: NDArray[np.float32], labels: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether a picture is counted off the diagonal of the confident joint (section 3.1)."""
    classes = probabilities.shape[1]
    counts = np.bincount(labels, minlength=classes)
    rows = np.arange(len(labels))
    sums = np.bincount(labels, probabilities[rows, labels], minlength=classes)
    thresholds = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    confident = probabilities >= thresholds
    likeliest = np.where(confident, probabilities, -1.0).argmax(axis=1)
    return np.asarray(confident.any(axis=1) & (likeliest != labels))
