"""The pictures that a classifier is to be judged on, their labels in its own order of classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convlens.classifier import Classifier
from convlens.data import Decoded, Pictures, Skipped, Source, divide, start_loading
from convlens.data.content import as_numbers, content_hashes
from convlens.errors import DataError
from convlens.modelfields import fact

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Judged:
    """``pictures`` with labels that index the classifier's classes; ``which`` says which.

    ``trained`` and ``chosen`` (N,) tell those that its weights were learned from, or chosen by.
    """

    pictures: Pictures
    skipped: tuple[Skipped, ...]
    which: str
    trained: Mask
    chosen: Mask

    @property
    def unseen(self) -> Mask:
        """The pictures that the classifier has not met in any way, (N,)."""
        return ~(self.trained | self.chosen)

    def names(self, which: Mask) -> list[str]:
        """Names of those pictures."""
        return [self.pictures.names[index] for index in np.flatnonzero(which).tolist()]


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
    tested = np.flatnonzero([item.part == "test" for item in source.items])
    p = classifier.preprocessing
    loading = start_loading(
        source,
        width=p.width,
        height=p.height,
        channels=p.channels,
        fit=p.fit,
        only=tested if len(tested) else None,
        cache=cache,
    )
    with loading:
        decoded = loading.result(progress)
    found = _judged(classifier, decoded, "its test part" if len(tested) else "all of its pictures")
    own = np.array([known[name] for name in source.classes], np.int64)
    pictures = found.pictures
    labelled = Pictures(pictures.store, own[pictures.labels], pictures.names, pictures.rows)
    return Judged(labelled, found.skipped, found.which, found.trained, found.chosen)


def _judged(classifier: Classifier, decoded: Decoded, which: str) -> Judged:
    """All that was decoded, or what was held back where that is what was trained on."""
    source, items = decoded.source, decoded.items[decoded.sound]
    pictures = decoded.pictures(items)
    if not len(pictures):
        first = f": {decoded.skipped[0].file}: {decoded.skipped[0].reason}"
        raise DataError(f"no picture in {source.name} can be decoded{first}")
    trained, chosen = met(classifier, pictures)
    same = fact(classifier.training, "data.fingerprint") == source.fingerprint
    if same and len(items) and not any(item.part == "test" for item in source.items):
        held = ~(trained | chosen)
        if not classifier.model.seen:  # written before models knew the pictures they had seen
            test = divide(source, seed=fact(classifier.training, "seed") or 0).test
            held = np.isin(items, [] if test is None else test)
        if held.any():
            which = "the part that was held back in training"
            pictures, trained, chosen = (
                pictures.take(np.flatnonzero(held)),
                trained[held],
                chosen[held],
            )
    return Judged(pictures, decoded.skipped, which, trained, chosen)


def met(classifier: Classifier, pictures: Pictures) -> tuple[Mask, Mask]:
    """Which of ``pictures``, at the classifier's size, it was trained on, and chosen by: (N,)."""
    nothing = np.zeros(len(pictures), np.bool_)
    seen = classifier.model.seen
    if not seen:
        return nothing, nothing
    own = as_numbers(content_hashes(pictures.store, pictures.rows))
    trained, chosen = (
        np.isin(own, as_numbers(seen[part])) if part in seen else nothing
        for part in ("train", "validation")
    )
    return trained, chosen & ~trained
