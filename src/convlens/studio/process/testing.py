"""How the network does on many pictures, worked out a slice at a time on weights of its own."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.classifier import Classifier
from convlens.data import Pictures
from convlens.errors import RunError
from convlens.evaluation import measure
from convlens.evaluation.intervals import share_interval
from convlens.studio.process.blocks import Answer
from convlens.studio.process.gallery import MOST_LISTED, Gallery, entry
from convlens.studio.process.slices import Slices
from convlens.studio.process.subject import Subject
from convlens.studio.process.trying import shares
from convlens.views import Views

SLICE = 0.03
"""Seconds that a slice should take."""

FIRST_WORK = 30_000_000
"""Multiply-adds that surely take less."""

TOP = 3
"""Likeliest classes told of a picture."""

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Tested:
    """What the last test found: ``probabilities`` (N, classes) of the ``pictures`` of ``part``."""

    part: str
    pictures: Pictures
    probabilities: NDArray[np.float64]

    @property
    def said(self) -> NDArray[np.int64]:
        """The likeliest class of each picture, (N,)."""
        return np.asarray(self.probabilities.argmax(1), np.int64)

    def cell(self, true: int, said: int, offset: int, count: int) -> dict[str, Any]:
        """Pictures of the class ``true`` that were taken for ``said``, the surest first."""
        found = np.flatnonzero((self.pictures.labels == true) & (self.said == said))
        sure = self.probabilities[found, said] if len(found) else np.empty(0)
        return self._page(found[np.argsort(-sure, kind="stable")], offset, count)

    def worst(self, offset: int, count: int) -> dict[str, Any]:
        """Pictures taken for a wrong class, those of which the network was surest first."""
        found = np.flatnonzero(self.pictures.labels != self.said)
        order = np.argsort(-self.probabilities[found].max(1, initial=0), kind="stable")
        return self._page(found[order], offset, count)

    def _page(self, found: NDArray[np.int64], offset: int, count: int) -> dict[str, Any]:
        some = found[offset : offset + min(count, MOST_LISTED)].tolist()
        pictures = [
            {**entry(self.part, self.pictures, i), "top": top(self.probabilities[i])} for i in some
        ]
        return {"total": len(found), "pictures": pictures}


class Tester:
    """Tests and samples; ``last`` is what is remembered of the last test."""

    def __init__(self, gallery: Gallery, tell: Callable[[int, int], None]) -> None:
        self.gallery, self.tell = gallery, tell
        self.last: Tested | None = None

    def remembered(self) -> Tested:
        """What the last test found. Raises RunError where there was none."""
        if self.last is None:
            raise RunError("nothing has been tested yet", "test all pictures first")
        return self.last

    def test(self, subject: Subject, part: str, views: bool) -> Slices[Answer]:
        """Every picture of a part, with ``views`` the unsure ones in several views too."""
        part, pictures = self.gallery.part(part)
        step, classifier = subject.step, subject.frozen()
        total = len(pictures)
        self.tell(0, total)
        scores = yield from scored(classifier, pictures, lambda done: self.tell(done, total))
        temperature = classifier.model.temperature
        plain = shares(scores, temperature)
        found, averaged = plain, None
        seen_through = Views.learned(classifier.training)
        if views and (seen_through.mirror or seen_through.shift):
            scores = yield from again(classifier, seen_through, pictures, scores)
            found = shares(scores, temperature)
            averaged = measure(found, pictures.labels, classifier.classes)
        judged = measure(plain, pictures.labels, classifier.classes)
        shown = averaged or judged
        right = round(shown.accuracy * shown.n)
        self.last = Tested(part, pictures, found)
        return Answer(
            {
                "step": step,
                "part": part,
                "n": judged.n,
                "accuracy": judged.accuracy,
                "accuracy_views": None if averaged is None else averaged.accuracy,
                "interval": list(share_interval(right, shown.n)),
                "confusion": shown.confusion.tolist(),
                "recalls": [one.recall for one in shown.classes.values()],
            }
        )

    def sample(self, subject: Subject, part: str, count: int, seed: int) -> Slices[Answer]:
        """Pictures drawn at random, the scores of unsure ones averaged over the views learned."""
        part, pictures = self.gallery.part(part)
        random = np.random.default_rng(seed)
        chosen = random.choice(len(pictures), min(count, MOST_LISTED, len(pictures)), replace=False)
        some = pictures.take(chosen)
        step, classifier = subject.step, subject.frozen()
        scores = yield from scored(classifier, some)
        views = Views.learned(classifier.training)
        scores = yield from again(classifier, views, some, scores)
        found = shares(scores, classifier.model.temperature)
        told = [
            {
                **entry(part, pictures, index),
                "top": top(row),
                "right": bool(row.argmax() == pictures.labels[index]),
            }
            for index, row in zip(chosen.tolist(), found, strict=True)
        ]
        return Answer({"step": step, "part": part, "pictures": told})


def top(probabilities: NDArray[np.float64]) -> list[list[float]]:
    """The likeliest classes with their probabilities."""
    order = np.argsort(-probabilities, kind="stable")[:TOP]
    return [[int(index), float(probabilities[index])] for index in order]


def scored(
    classifier: Classifier, pictures: Pictures, tell: Callable[[int], None] = lambda done: None
) -> Slices[Scores]:
    """Scores (N, classes) of ``pictures``."""
    found = np.empty((len(pictures), len(classifier.classes)), np.float32)
    done, step = 0, first_step(classifier)
    while done < len(pictures):
        yield
        begun = time.monotonic()
        end = min(done + step, len(pictures))
        found[done:end] = classifier.scores(pictures.take(np.arange(done, end)).pixels)
        step = next_step(end - done, time.monotonic() - begun)
        done = end
        tell(done)
    return found


def again(
    classifier: Classifier, views: Views, pictures: Pictures, scores: Scores
) -> Slices[Scores]:
    """``scores`` (N, classes), those of unsure pictures as means over ``views``."""
    unsure = views.unsure(scores, classifier.model.temperature)
    found, done, step = scores.copy(), 0, first_step(classifier)
    while done < len(unsure):
        yield
        begun = time.monotonic()
        some = unsure[done : done + step]
        found[some] = views.mean(pictures.take(some).pixels, classifier.scores, scores[some])
        step = next_step(len(some), time.monotonic() - begun)
        done += len(some)
    return found


def first_step(classifier: Classifier) -> int:
    """Pictures of the first slice, before any has been timed."""
    return max(1, FIRST_WORK // max(classifier.model.plan().multiply_adds, 1))


def next_step(pictures: int, seconds: float) -> int:
    """Pictures of the next slice, where so many took so long: at most twice as many."""
    return max(1, min(2 * pictures, math.floor(pictures * SLICE / max(seconds, 1e-6))))
