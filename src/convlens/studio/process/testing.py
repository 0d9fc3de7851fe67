"""How the network does on many pictures, worked out a slice at a time on weights of its own."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.classifier import BLOCK_VALUES, Classifier
from convlens.data import Pictures
from convlens.errors import RunError
from convlens.evaluation import Marks, figures
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

Top = list[list[float]]
"""Classes with their probabilities, the likeliest first."""


@dataclass(frozen=True, slots=True, eq=False)
class Tested:
    """What the last test found of the ``pictures`` of ``part``.

    ``tops`` holds for each the likeliest classes with their probabilities: what is listed of it.
    """

    part: str
    pictures: Pictures
    marks: Marks
    tops: list[Top]

    def cell(self, true: int, said: int, offset: int, count: int) -> dict[str, Any]:
        """Pictures of the class ``true`` that were taken for ``said``, the surest first."""
        found = np.flatnonzero((self.marks.labels == true) & (self.marks.said == said))
        return self._page(found, offset, count)

    def worst(self, offset: int, count: int) -> dict[str, Any]:
        """Pictures taken for a wrong class, those of which the network was surest first."""
        return self._page(np.flatnonzero(self.marks.labels != self.marks.said), offset, count)

    def _page(self, found: NDArray[np.int64], offset: int, count: int) -> dict[str, Any]:
        found = found[np.argsort(-self.marks.sure[found], kind="stable")]
        some = found[offset : offset + min(count, MOST_LISTED)].tolist()
        pictures = [{**entry(self.part, self.pictures, i), "top": self.tops[i]} for i in some]
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
        seen_through = Views.learned(classifier.training)
        averaging = views and bool(seen_through.mirror or seen_through.shift)
        plain, best, tops = yield from self._marked(
            classifier, pictures, seen_through if averaging else None
        )
        judged = figures(plain, classifier.classes)
        averaged = figures(best, classifier.classes) if averaging else None
        shown = averaged or judged
        right = round(shown.accuracy * shown.n)
        self.last = Tested(part, pictures, best, tops)
        return Answer(
            {
                "step": step,
                "part": part,
                "n": judged.n,
                "accuracy": judged.accuracy,
                "accuracy_views": None if averaged is None else averaged.accuracy,
                "interval": list(share_interval(right, shown.n)),
                "confused": shown.confused.tolist(),
                "recalls": [one.recall for one in shown.classes.values()],
            }
        )

    def _marked(
        self, classifier: Classifier, pictures: Pictures, views: Views | None
    ) -> Slices[tuple[Marks, Marks, list[Top]]]:
        """Marks of all pictures at one look, and over ``views`` with what is then the likeliest.

        A slice at a time, of which nothing else is kept: scores of many pictures of many classes
        would fill the memory.
        """
        temperature, total = classifier.model.temperature, len(pictures)
        plain: list[Marks] = []
        best: list[Marks] = []
        likeliest: list[Top] = []
        done, step = 0, first_step(classifier)
        self.tell(0, total)
        while done < total:
            yield
            begun = time.monotonic()
            some = pictures.take(np.arange(done, min(done + step, total)))
            scores = classifier.scores(some.pixels)
            found = shares(scores, temperature)
            plain.append(Marks.of(found, some.labels))
            seconds = time.monotonic() - begun
            if views is not None:
                scores = yield from again(classifier, views, some, scores)
            begun = time.monotonic()
            found = shares(scores, temperature)
            best.append(Marks.of(found, some.labels))
            likeliest += tops(found)
            seconds += time.monotonic() - begun
            step = min(next_step(len(some), seconds), most_at_once(classifier))
            done += len(some)
            self.tell(done, total)
        return Marks.joined(plain), Marks.joined(best), likeliest

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
                "top": likeliest,
                "right": bool(likeliest[0][0] == pictures.labels[index]),
            }
            for index, likeliest in zip(chosen.tolist(), tops(found), strict=True)
        ]
        return Answer({"step": step, "part": part, "pictures": told})


def tops(probabilities: NDArray[np.float64]) -> list[Top]:
    """The likeliest classes of each picture of (N, classes), with their probabilities."""
    left, rows = probabilities.copy(), np.arange(len(probabilities))
    found: list[Top] = [[] for _ in rows]
    for _ in range(min(TOP, left.shape[1])):
        which = left.argmax(1)
        for row, pair in enumerate(zip(which.tolist(), left[rows, which].tolist(), strict=True)):
            found[row].append([*pair])
        left[rows, which] = -1.0
    return found


def scored(classifier: Classifier, pictures: Pictures) -> Slices[Scores]:
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
    few = max(1, FIRST_WORK // max(classifier.model.plan().multiply_adds, 1))
    return min(few, most_at_once(classifier))


def most_at_once(classifier: Classifier) -> int:
    """Pictures of a slice whose scores are not too many to hold."""
    return max(1, BLOCK_VALUES // len(classifier.classes))


def next_step(pictures: int, seconds: float) -> int:
    """Pictures of the next slice, where so many took so long: at most twice as many."""
    return max(1, min(2 * pictures, math.floor(pictures * SLICE / max(seconds, 1e-6))))
