"""Accuracy, log loss, precision, recall and what was taken for what, from probabilities and labels.

Probabilities (N, classes) need not be there all at once: a few numbers of each picture, its
``Marks``, are all that figures are made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from convlens.classifier import BLOCK_VALUES, Classifier
from convlens.data import Pictures

SMALLEST_PROBABILITY = float(np.finfo(np.float64).eps)
"""A probability of exactly zero would make the log loss infinite for one picture."""

UNEVEN = 1.5
"""Times the pictures of the smallest class that the largest has where classes are uneven."""

MOST_TABLED = 1_000
"""Classes up to which the whole confusion table is told: a million numbers."""


@dataclass(frozen=True, eq=False, slots=True)
class Marks:
    """What was said of N pictures with known classes, as far as figures need it.

    ``labels`` (N,) are their classes, ``said`` (N,) the likeliest ones, ``own`` and ``sure`` (N,)
    the probabilities of either, 0 to 1.
    """

    labels: NDArray[np.int64]
    said: NDArray[np.int64]
    own: NDArray[np.float64]
    sure: NDArray[np.float64]

    @classmethod
    def of(cls, probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> Self:
        """Of probabilities (N, classes) of pictures with ``labels`` (N,)."""
        rows = np.arange(len(labels))
        said = np.asarray(probabilities.argmax(axis=1), np.int64)
        return cls(labels, said, probabilities[rows, labels], probabilities[rows, said])

    @classmethod
    def joined(cls, parts: Iterable[Self]) -> Self:
        """Those of all parts, of which there is one at least, in their order."""
        found = list(parts)
        return cls(
            np.concatenate([one.labels for one in found]),
            np.concatenate([one.said for one in found]),
            np.concatenate([one.own for one in found]),
            np.concatenate([one.sure for one in found]),
        )

    def take(self, which: NDArray[Any]) -> Marks:
        """Of the pictures that ``which`` chooses, a mask or indices."""
        return Marks(self.labels[which], self.said[which], self.own[which], self.sure[which])

    def put(self, where: NDArray[np.int64], others: Marks) -> Marks:
        """The same with ``others`` at the indices ``where``."""
        found = Marks(self.labels, self.said.copy(), self.own.copy(), self.sure.copy())
        found.said[where], found.own[where] = others.said, others.own
        found.sure[where] = others.sure
        return found


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

    ``accuracy`` 0 to 1; ``log_loss`` in nats. ``confused`` (M, 3) has a row for each pair of a
    true and a predicted class that came up, ascending: the two, by their numbers, and how often.
    """

    accuracy: float
    log_loss: float
    n: int
    classes: dict[str, ClassFigures]
    confused: NDArray[np.int64]

    @property
    def confusion(self) -> NDArray[np.int64]:
        """Counts (classes, classes), a row for each true class, a column for each predicted one.

        8 bytes for each pair: 3.2 GB for 20,000 classes, where ``confused`` says the same.
        """
        table = np.zeros((len(self.classes), len(self.classes)), np.int64)
        true, said, times = self.confused.T
        table[true, said] = times
        return table

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
        """A dictionary of plain values; ``confusion`` is None above MOST_TABLED classes."""
        tabled = len(self.classes) <= MOST_TABLED
        return {
            "accuracy": self.accuracy,
            "balanced_accuracy": self.balanced,
            "log_loss": self.log_loss,
            "n": self.n,
            "classes": {
                name: {"precision": one.precision, "recall": one.recall, "n": one.n}
                for name, one in self.classes.items()
            },
            "confusion": self.confusion.tolist() if tabled else None,
            "confused": self.confused.tolist(),
        }


def measure(
    probabilities: NDArray[np.float64], labels: NDArray[np.int64], classes: tuple[str, ...]
) -> Evaluation:
    """Figures for probabilities (N, classes) of pictures with ``labels`` (N,), N ≥ 1."""
    return figures(Marks.of(probabilities, labels), classes)


def figures(marks: Marks, classes: tuple[str, ...]) -> Evaluation:
    """Figures for the marks of one picture or more."""
    count = len(classes)
    right = marks.said == marks.labels
    pairs, times = np.unique(marks.labels * count + marks.said, return_counts=True)
    there, said = (np.bincount(one, minlength=count) for one in (marks.labels, marks.said))
    hits = np.bincount(marks.labels[right], minlength=count)
    return Evaluation(
        accuracy=float(np.mean(right)),
        log_loss=float(-np.mean(np.log(np.maximum(marks.own, SMALLEST_PROBABILITY)))),
        n=len(marks.labels),
        classes={
            name: ClassFigures(n, hit / of if of else None, hit / n if n else None)
            for name, n, of, hit in zip(
                classes, there.tolist(), said.tolist(), hits.tolist(), strict=True
            )
        },
        confused=np.stack([pairs // count, pairs % count, times], axis=1),
    )


def evaluate(classifier: Classifier, pictures: Pictures, *, views: bool = False) -> Evaluation:
    """Figures of ``classifier`` on pictures whose labels index its own classes.

    With ``views`` unsure pictures are judged by the mean over several views.
    """
    return figures(marks_of(classifier, pictures, views=views), classifier.classes)


def marks_of(classifier: Classifier, pictures: Pictures, *, views: bool = False) -> Marks:
    """The marks of pictures whose labels index the classifier's classes.

    Neither pixels nor probabilities of all need fit the memory.
    """
    blocks = in_blocks(pictures, len(classifier.classes))
    return Marks.joined(
        Marks.of(classifier.probabilities(one.pixels, views=views), one.labels) for one in blocks
    )


def in_blocks(pictures: Pictures, classes: int) -> Iterator[Pictures]:
    """Some of the pictures at a time, as many as pixels and BLOCK_VALUES scores allow."""
    step = max(1, BLOCK_VALUES // classes)
    for block in pictures.blocks():
        for begin in range(0, len(block), step):
            yield block.take(np.arange(begin, min(begin + step, len(block))))
