"""The last word on a network: every picture is scored once, and unsure ones again in views."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convlens.calibration import fit_temperature, softmax
from convlens.classifier import Classifier
from convlens.data import Dataset, Pictures
from convlens.evaluation import Evaluation, measure
from convlens.views import Views

BLOCK = 512
"""Pictures that are looked at again at a time: a second's work at most, on a slow machine."""


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

    The test part is left alone unless ``tested``; no further pictures of it are looked at again
    from ``deadline`` on.
    """
    validation = dataset.validation
    held = validation if len(validation) else dataset.train
    scores = scores_of(classifier, held)
    classifier = classifier.with_temperature(fit_temperature(scores, held.labels))
    found = figures(classifier, scores, validation) if len(validation) else None
    if dataset.test is None or not tested:
        return Verdict(classifier, found, None, None)
    scores = scores_of(classifier, dataset.test)
    return Verdict(
        classifier,
        found,
        figures(classifier, scores, dataset.test),
        over_views(classifier, scores, dataset.test, deadline),
    )


def scores_of(classifier: Classifier, pictures: Pictures) -> NDArray[np.float32]:
    """Scores (N, classes), some of the pictures at a time."""
    return np.concatenate([classifier.scores(block.pixels) for block in pictures.blocks()])


def figures(classifier: Classifier, scores: NDArray[np.float32], pictures: Pictures) -> Evaluation:
    """Figures of ``pictures`` that got ``scores`` (N, classes)."""
    probabilities = softmax(scores, classifier.model.temperature)
    return measure(probabilities, pictures.labels, classifier.classes)


def over_views(
    classifier: Classifier,
    scores: NDArray[np.float32],
    pictures: Pictures,
    deadline: float | None = None,
) -> Evaluation | None:
    """The same with the unsure ones looked at again, as far as the network learned views.

    The least sure come first, until ``deadline`` on the clock of ``time.monotonic``.
    """
    views = Views.learned(classifier.training)
    if not (views.mirror or views.shift):
        return None
    seen, temperature = scores.copy(), classifier.model.temperature
    unsure = views.unsure(scores, temperature)
    unsure = unsure[np.argsort(softmax(scores[unsure], temperature).max(1), kind="stable")]
    for block in np.array_split(unsure, max(1, -(-len(unsure) // BLOCK))):
        if deadline is not None and time.monotonic() >= deadline:
            break
        again = pictures.take(block).pixels
        seen[block] = views.mean(again, classifier.scores, scores[block])
    return figures(classifier, seen, pictures)
