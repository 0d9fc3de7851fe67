"""Pictures dealt out in parts, so that each can be judged by what learned from the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LARGE = 8_000
"""Pictures from which one half that has seen the other is enough; fewer are divided in more."""

FEW_FOLDS, MANY_FOLDS = 2, 4


def fold_count(pictures: int) -> int:
    """Parts that so many pictures are divided in."""
    return FEW_FOLDS if pictures >= LARGE else MANY_FOLDS


def folds(
    labels: NDArray[np.int64], groups: NDArray[np.int64], count: int, seed: int
) -> NDArray[np.int64]:
    """A fold 0..count-1 for each picture ``(N,)``; copies of one picture stay together.

    Groups are dealt out class by class in an order drawn by ``seed``, so that classes keep their
    shares; a group belongs to the class of its first picture.
    """
    leaders = np.unique(groups)
    drawn = np.random.default_rng([seed, 2]).permutation(leaders)
    drawn = drawn[np.argsort(labels[drawn], kind="stable")]
    fold = np.empty(len(labels), np.int64)
    fold[drawn] = np.arange(len(drawn)) % count
    return np.asarray(fold[groups], np.int64)
