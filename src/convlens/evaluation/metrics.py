"""Accuracy, log loss, precision, recall and the confusion table, from probabilities and labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.classifier import Classifier
from convlens.data import Pictures
from convlens.network.footprint import refuse_above

SMALLEST_PROBABILITY = float(np.finfo(np.float64).eps)
"""A probability of exactly zero would make the log loss infinite for one picture."""

CONFUSED_BYTES = 16
"""Of memory for each entry of the confusion table: a count, and its place in what is printed."""

UNEVEN = 1.5
"""Times the pictures of the smallest class that the largest has where classes are uneven."""


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """How one class fared.

    ``precision``: of the pictures said to be of the class, the share that are, None where none was
    said to be. ``recall``: of the class' pictures, the share found, None where it has none.
    """

    n: int
    precision: float | None
    recall: float | None


@dataclass(frozen=True, eq=False, slots=True)
class Evaluation:
    """How a classifier did on pictures with known classes.

    ``accuracy`` 0 to 1; ``log_loss`` in nats; ``confusion`` (classes, classes) counts, a row for
    each true class, a column for each predicted one.
    """

    accuracy: float
    log_loss: float
    n: int
    classes: dict[str, ClassFigures]
    confusion: NDArray[np.int64]

    @property
    def balanced(self) -> float:
        """Balanced accuracy, 0 to 1: the mean recall of the classes that have pictures here."""
        recalls = [one.recall for one in self.classes.values() if one.recall is not None]
        return sum(recalls) / len(recalls)

    @property
    def uneven(self) -> bool:
        """Whether classes differ in size so much that accuracy alone may mislead."""
        counts = [one.n for one in self.classes.values() if one.n]
        return max(counts) > UNEVEN * min(counts)

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values."""
        return {
            "accuracy": self.accuracy,
            "balanced_accuracy": self.balanced,
            "log_loss": self.log_loss,
            "n": self.n,
            "classes": {
                name: {"precision": one.precision, "recall": one.recall, "n": one.n}
                for name, one in self.classes.items()
            },
            "confusion": self.confusion.tolist(),
        }


def measure(
    probabilities: NDArray[np.float64], labels: NDArray[np.int64], classes: tuple[str, ...]
) -> Evaluation:
    """Figures for probabilities (N, classes) of pictures with ``labels`` (N,), N ≥ 1."""
    predicted = probabilities.argmax(axis=1)
    pairs = labels * len(classes) + predicted
    confusion = np.bincount(pairs, minlength=len(classes) ** 2).reshape(len(classes), -1)
    own = probabilities[np.arange(len(labels)), labels]
    return Evaluation(
        accuracy=float(np.mean(predicted == labels)),
        log_loss=float(-np.mean(np.log(np.maximum(own, SMALLEST_PROBABILITY)))),
        n=len(labels),
        classes={name: _figures(confusion, index) for index, name in enumerate(classes)},
        confusion=confusion,
    )


def _figures(confusion: NDArray[np.int64], index: int) -> ClassFigures:
    right = int(confusion[index, index])
    said, there = int(confusion[:, index].sum()), int(confusion[index].sum())
    return ClassFigures(
        n=there,
        precision=right / said if said else None,
        recall=right / there if there else None,
    )


def evaluate(classifier: Classifier, pictures: Pictures, *, views: bool = False) -> Evaluation:
    """Figures of ``classifier`` on pictures whose labels index its own classes.

    With ``views`` unsure pictures are judged by the mean over several views.
    """
    found = probabilities_of(classifier, pictures, views=views)
    return measure(found, pictures.labels, classifier.classes)


def probabilities_of(
    classifier: Classifier, pictures: Pictures, *, views: bool = False
) -> NDArray[np.float64]:
    """Class probabilities (N, classes) of pictures that memory need not hold all at once.

    Raises ModelFileError where there are too many classes for a table of what was taken for what.
    """
    count = len(classifier.classes)
    refuse_above(CONFUSED_BYTES * count**2, f"a confusion table of {count:,} classes")
    blocks = pictures.blocks()
    return np.concatenate([classifier.probabilities(one.pixels, views=views) for one in blocks])
