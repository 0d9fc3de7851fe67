"""The pictures that a classifier is to be judged on, their labels in its own order of classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convlens.classifier import Classifier
from convlens.data import Division, Pictures, Skipped, Source, divide, load
from convlens.errors import DataError


@dataclass(frozen=True, eq=False, slots=True)
class Judged:
    """``pictures`` with labels that index the classifier's classes; ``which`` says which."""

    pictures: Pictures
    skipped: tuple[Skipped, ...]
    which: str


def pictures_for(
    classifier: Classifier,
    source: Source,
    progress: Callable[[int, int], None] | None = None,
    *,
    cache: bool = True,
) -> Judged:
    """The test part where the source has one, or where it is the data that was trained on; or all.

    Raises DataError where the source has a class that the classifier does not know.
    """
    known = {name: index for index, name in enumerate(classifier.classes)}
    strange = [name for name in source.classes if name not in known]
    if strange:
        raise DataError(
            f"the model has no class `{strange[0]}`; {source.name} does",
            f"the model's classes: {', '.join(classifier.classes[:12])}",
        )
    chosen, which = _which(classifier, source)
    nothing = np.empty(0, np.int64)
    p = classifier.preprocessing
    dataset = load(
        source,
        Division(chosen, nothing, None, 0, which),
        width=p.width,
        height=p.height,
        channels=p.channels,
        fit=p.fit,
        progress=progress,
        cache=cache,
    )
    own = np.array([known[name] for name in source.classes], np.int64)
    found = dataset.train
    return Judged(Pictures(found.pixels, own[found.labels], found.names), dataset.skipped, which)


def _which(classifier: Classifier, source: Source) -> tuple[NDArray[np.int64], str]:
    """Indices of the pictures to judge by, and what to call them."""
    tested = [index for index, item in enumerate(source.items) if item.part == "test"]
    if tested:
        return np.array(tested, np.int64), "its test part"
    trained = classifier.training.get("data", {})
    if trained.get("fingerprint") == source.fingerprint:
        held = divide(source, seed=int(classifier.training.get("seed", 0))).test
        if held is not None:
            return held, "the part that was held back in training"
    return np.arange(len(source.items)), "all of its pictures"
