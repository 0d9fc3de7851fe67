"""The last word on a network: every picture is scored, and unsure ones again in views.

Of many pictures of many classes the scores are computed anew where they are wanted, in place of
being kept: 12,000 pictures of 20,000 classes would be a gigabyte.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convlens.calibration import fit_temperature, softmax
from convlens.classifier import BLOCK_VALUES, Classifier
from convlens.data import Dataset, Pictures
from convlens.evaluation import Evaluation, Marks, figures
from convlens.evaluation.metrics import in_blocks
from convlens.views import UNSURE, Views

BLOCK = 512
"""Pictures that are looked at again at a time: a second's work at most, on a slow machine."""

MOST_KEPT = 1 << 25
"""Scores that are kept, and that the temperature is fitted on: 128 MiB."""


@dataclass(frozen=True, eq=False, slots=True)
class Verdict:
    """The classifier with its temperature fitted, and its figures.

    ``averaged`` is ``test`` with unsure pictures judged by the mean over views. Figures are None
    where there are no such pictures, or no views that the network has learned to see.
    """

    classifier: Classifier
    validation: Evaluation | None
    test: Evaluation | None
    averaged: Evaluation | None


def judge(
    classifier: Classifier, dataset: Dataset, *, tested: bool, deadline: float | None = None
) -> Verdict:
    """Fit the temperature on the validation part, or the training part where that is empty.

    Of many pictures of many classes some, evenly spaced, are fitted on. The test part is left
    alone unless ``tested``; no further pictures of it are looked at again from ``deadline`` on.
    """
    validation = dataset.validation
    held = Scored(classifier, validation if len(validation) else dataset.train)
    classifier = classifier.with_temperature(held.temperature())
    names = classifier.classes
    found = figures(held.marks(classifier), names) if len(validation) else None
    del held  # its scores make room for the next ones
    if dataset.test is None or not tested:
        return Verdict(classifier, found, None, None)
    judged = Scored(classifier, dataset.test)
    marks = judged.marks(classifier)
    again = over_views(classifier, judged, marks, deadline)
    return Verdict(
        classifier, found, figures(marks, names), None if again is None else figures(again, names)
    )


class Scored:
    """The scores of ``pictures``, all of them kept where they are at most MOST_KEPT."""

    def __init__(self, classifier: Classifier, pictures: Pictures) -> None:
        self.pictures, self._of = pictures, classifier
        self.classes = len(classifier.classes)
        fits = len(pictures) * self.classes <= MOST_KEPT
        self._kept = self._computed(pictures) if fits else None

    def temperature(self) -> float:
        """What makes the likeliest of as many as are kept, or would be."""
        if self._kept is not None:
            return fit_temperature(self._kept, self.pictures.labels)
        count = max(1, MOST_KEPT // self.classes)
        some = np.linspace(0, len(self.pictures) - 1, count).round().astype(np.int64)
        return fit_temperature(self.rows(some), self.pictures.labels[some])

    def marks(self, classifier: Classifier) -> Marks:
        """Those of all pictures, at the temperature of ``classifier``."""
        temperature, labels = classifier.model.temperature, self.pictures.labels
        found, done = [], 0
        for scores in self._blocks():
            ends = done, done + len(scores)
            found.append(Marks.of(softmax(scores, temperature), labels[slice(*ends)]))
            done = ends[1]
        return Marks.joined(found)

    def rows(self, which: NDArray[np.int64]) -> NDArray[np.float32]:
        """Scores (n, classes) of the pictures at the indices ``which`` (n,)."""
        if self._kept is not None:
            return self._kept[which]
        return self._computed(self.pictures.take(which))

    def _computed(self, pictures: Pictures) -> NDArray[np.float32]:
        found = np.empty((len(pictures), self.classes), np.float32)
        done = 0
        for block in pictures.blocks():
            found[done : done + len(block)] = self._of.scores(block.pixels)
            done += len(block)
        return found

    def _blocks(self) -> Iterator[NDArray[np.float32]]:
        if self._kept is None:
            for some in in_blocks(self.pictures, self.classes):
                yield self._of.scores(some.pixels)
            return
        step = max(1, BLOCK_VALUES // self.classes)
        for begin in range(0, len(self._kept), step):
            yield self._kept[begin : begin + step]


def over_views(
    classifier: Classifier, scored: Scored, marks: Marks, deadline: float | None = None
) -> Marks | None:
    """``marks`` with the unsure ones looked at again, as far as the network learned views.

    The least sure come first, until ``deadline`` on the clock of ``time.monotonic``.
    """
    views = Views.learned(classifier.training)
    if not (views.mirror or views.shift):
        return None
    unsure = np.flatnonzero(marks.sure < UNSURE)
    unsure = unsure[np.argsort(marks.sure[unsure], kind="stable")]
    step = min(BLOCK, max(1, BLOCK_VALUES // scored.classes))
    where: list[NDArray[np.int64]] = []
    found: list[Marks] = []
    for block in np.array_split(unsure, max(1, -(-len(unsure) // step))):
        if not len(block) or (deadline is not None and time.monotonic() >= deadline):
            break
        again = scored.pictures.take(block).pixels
        seen = views.mean(again, classifier.scores, scored.rows(block))
        labels = scored.pictures.labels[block]
        found.append(Marks.of(softmax(seen, classifier.model.temperature), labels))
        where.append(block)
    return marks.put(np.concatenate(where), Marks.joined(found)) if where else marks
