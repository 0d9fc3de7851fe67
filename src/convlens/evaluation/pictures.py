"""The pictures that a classifier is to be judged on, their labels in its own order of classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.classifier import Classifier
from convlens.data import (
    Decoded,
    Labelling,
    Pictures,
    Skipped,
    Source,
    divide,
    open_source,
    start_loading,
    survey,
)
from convlens.data.content import as_numbers, content_hashes
from convlens.data.sources.labelling import UNSAID
from convlens.errors import DataError, SettingsError
from convlens.evaluation.matching import LEFT_OUT, match, named, notes, strangers
from convlens.modelfields import fact

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Judged:
    """``pictures`` with labels that index the classifier's classes; ``which`` says which.

    ``trained`` and ``chosen`` (N,) tell those that its weights were learned from, or chosen by.
    ``left_out`` counts the pictures of each class that the classifier does not have, ``respelled``
    gives its names for those of the data that differ from them in case or white space only;
    ``toned`` says in one line each how deep pictures are taken, and whether many are clipped.
    """

    pictures: Pictures
    skipped: tuple[Skipped, ...]
    which: str
    trained: Mask
    chosen: Mask
    left_out: Mapping[str, int] = field(default_factory=dict)
    respelled: Mapping[str, str] = field(default_factory=dict)
    toned: tuple[str, ...] = ()

    @property
    def unseen(self) -> Mask:
        """The pictures that the classifier has not met in any way, (N,)."""
        return ~(self.trained | self.chosen)

    def names(self, which: Mask) -> list[str]:
        """Names of those pictures."""
        return [self.pictures.names[index] for index in np.flatnonzero(which).tolist()]

    def notes(self) -> Iterator[str]:
        """What was made of the names of the classes, and of deep pictures, a line each."""
        yield from notes(self.respelled, self.left_out)
        yield from self.toned


def source_for(classifier: Classifier, data: Any, told: Labelling = UNSAID) -> Source:
    """The pictures of ``data``, labelled as ``told`` says, or as they were when it was trained.

    What was said of labels in its training counts where nothing is said now and ``data`` can be
    read so. Raises DataError where there are no pictures, SettingsError where ``told`` does not
    fit.
    """
    learned = Labelling.from_json(fact(classifier.training, "data.labelling"))
    if told == UNSAID != learned:
        with suppress(DataError, SettingsError):
            return open_source(data, learned)
    return open_source(data, told)


def pictures_for(
    classifier: Classifier,
    source: Source,
    progress: Callable[[int, int], None] | None = None,
    *,
    cache: bool = True,
    strict: bool = False,
) -> Judged:
    """The test part where the source has one, or where it is the data that was trained on; or all.

    Pictures of classes that the classifier does not have are left out. Raises DataError where that
    leaves none, with ``strict`` where it leaves out any.
    """
    matching = match(source.classes, classifier.classes)
    items = np.arange(len(source))
    tested = np.flatnonzero([item.part == "test" for item in source.items])
    wanted = tested if len(tested) else items
    known = matching.indices[source.labels[wanted]] != LEFT_OUT
    left_out = _counted(source, wanted[~known])
    if left_out and (strict or not known.any()):
        raise _strange(classifier, source, left_out, known.any())
    wanted = wanted[known]
    p = classifier.preprocessing
    toned = survey(source, known=p.tones).notes if p.tones.range is not None else ()
    tested = np.flatnonzero([item.part == "test" for item in source.items])
    loading = start_loading(
        source,
        width=p.width,
        height=p.height,
        channels=p.channels,
        fit=p.fit,
        tones=p.tones,
        only=None if len(wanted) == len(items) else wanted,
        cache=cache,
    )
    with loading:
        decoded = loading.result(progress)
    found = _judged(classifier, decoded, "its test part" if len(tested) else "all of its pictures")
    pictures = found.pictures
    own = matching.indices[pictures.labels]
    labelled = Pictures(pictures.store, own, pictures.names, pictures.rows)
    return replace(
        found,
        pictures=labelled,
        left_out=left_out,
        respelled=matching.respelled,
        toned=toned,
    )


def _counted(source: Source, items: NDArray[np.int64]) -> dict[str, int]:
    """How many of ``items`` are of each class, those without any left away."""
    counts = np.bincount(source.labels[items], minlength=len(source.classes)).tolist()
    return {name: n for name, n in zip(source.classes, counts, strict=True) if n}


def _strange(
    classifier: Classifier, source: Source, left_out: Mapping[str, int], some: bool
) -> DataError:
    """What to say of classes that the classifier does not have, ``some`` others being its own."""
    ours = f"the model's classes: {named(classifier.classes)}"
    if not some:
        theirs = f"{source.name}: {named(left_out)}"
        hint = f"{theirs}; {ours}; `convlens relabel` renames the model's"
        return DataError(f"{source.name} and the model have no class in common", hint)
    return DataError(
        f"{source.name} has {strangers(left_out)}", f"without --strict they are left out; {ours}"
    )


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
