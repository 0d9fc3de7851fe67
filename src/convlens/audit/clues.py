"""What tells the class without a look at the subject: file size, shape, colour of the border.

A network learns whatever tells the classes apart. Where one class was taken with another camera,
it learns the camera, does well on held back pictures and fails on new ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier

from convlens.audit.findings import Clue, Finding, Weight
from convlens.audit.folds import folds
from convlens.audit.view import View

MOST, MOST_CLASSES = 10_000, 1_000
"""Pictures that clues are looked for in, and their classes, drawn by the seed.

The time of a tree grows with both: with a thousand classes it is 5 s already.
"""

FOLDS, LEAVES, LEAST_LEAF = 5, 48, 5

SIGMAS = 3.09
"""Deviations below the accuracy at which its lower bound of 99.9 % lies."""

SOME, STRONG = 0.25, 0.6
"""Of the way from chance to certainty: a clue worth a look, and one that spoils the result."""

ADVICE = {
    "file size": "save all classes the same way; test on pictures from elsewhere",
    "shape": "take all classes with one camera; crop them alike",
    "border colour": "vary the background within each class; test on pictures from elsewhere",
}


def clues(view: View, seed: int) -> list[Clue]:
    """How well each of three things tells the class, by a small decision tree, cross-validated."""
    counts = np.bincount(view.labels, minlength=len(view.classes))
    judged = np.flatnonzero(counts >= FOLDS)
    if len(judged) < 2:
        return []
    if len(judged) > MOST_CLASSES:
        judged = np.random.default_rng([seed, 4]).choice(judged, MOST_CLASSES, replace=False)
    kept = np.flatnonzero(np.isin(view.labels, judged))
    drawn = np.sort(np.random.default_rng([seed, 3]).permutation(kept)[:MOST])
    _, leaders, inverse = np.unique(view.groups[drawn], return_index=True, return_inverse=True)
    fold = folds(view.labels[drawn], leaders[inverse].astype(np.int64), FOLDS, seed)
    if len(np.unique(fold)) < 2:  # all are copies of one picture: nothing is left to learn from
        return []
    return [
        _told_by(what, numbers, view.labels[drawn], fold, seed)
        for what, numbers in features(view, drawn).items()
        if np.ptp(numbers, axis=0).any()
    ]


def features(view: View, rows: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """The numbers (n, F) behind each clue."""
    headers = view.headers.take(rows)
    area = np.maximum(headers.widths * headers.heights, 1)
    aspect = headers.widths / np.maximum(headers.heights, 1)
    shape = np.stack([headers.widths, headers.heights, aspect, headers.modes], axis=1)
    size = np.stack([headers.bytes, headers.bytes / area], axis=1)
    return {
        "file size": size.astype(np.float64),
        "shape": shape.astype(np.float64),
        "border colour": _borders(view.pictures.pixels, rows),
    }


def _borders(pixels: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean colour and deviation of the outermost pixels of each side: (n, 8·C)."""
    wide = max(1, min(pixels.shape[1:3]) // 16)
    some = pixels[rows].astype(np.float32)
    sides = (some[:, :wide], some[:, -wide:], some[:, :, :wide], some[:, :, -wide:])
    told = [how(side, axis=(1, 2)) for side in sides for how in (np.mean, np.std)]
    return np.concatenate(told, axis=1).astype(np.float64)


def _told_by(
    what: str,
    numbers: NDArray[np.float64],
    labels: NDArray[np.int64],
    fold: NDArray[np.int64],
    seed: int,
) -> Clue:
    told = np.empty_like(labels)
    for number in np.unique(fold):
        learn, judge = fold != number, fold == number
        tree = DecisionTreeClassifier(
            max_leaf_nodes=LEAVES,
            min_samples_leaf=LEAST_LEAF,
            class_weight="balanced",
            random_state=seed,
        )
        told[judge] = tree.fit(numbers[learn], labels[learn]).predict(numbers[judge])
    present, places, counts = np.unique(labels, return_inverse=True, return_counts=True)
    recalls = np.bincount(places, told == labels) / counts
    error = np.sqrt((recalls * (1 - recalls) / counts).sum()) / len(present)
    accuracy = float(recalls.mean())
    least = max(0.0, accuracy - SIGMAS * float(error))
    return Clue(what, round(accuracy, 4), round(least, 4), round(1 / len(present), 4))


def findings_of(found: list[Clue]) -> list[Finding]:
    """Those clues that tell more than a little, also at the lower bound."""
    findings = []
    for clue in found:
        way = (clue.least - clue.chance) / (1 - clue.chance)
        if way >= SOME:
            line = (
                f"the {clue.what} alone tells the class of {clue.accuracy:.0%} of the pictures "
                f"(guessing: {clue.chance:.0%})"
            )
            weight: Weight = "serious" if way >= STRONG else "look"
            findings.append(Finding("clue", weight, 0, line, ADVICE[clue.what]))
    return findings
