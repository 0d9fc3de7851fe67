"""Which pictures train, which choose, which judge: a split that only names and the seed decide."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convlens.data.sources.source import Source
from convlens.errors import DataError, SettingsError

VALIDATION = 0.1
TEST = 0.2
MOST_VALIDATION = 5_000  # pictures held back from a given train part

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Division:
    """Ascending indices into a source's items, ``(n,)`` int64, no picture in two parts.

    ``test`` is None where there is none. ``summary`` says in one sentence what was done,
    ``warnings`` in one line each what the user should know.
    """

    train: Indices
    validation: Indices
    test: Indices | None
    seed: int
    summary: str
    warnings: tuple[str, ...] = ()


def divide(
    source: Source, *, seed: int, validation: float = VALIDATION, test: float = TEST
) -> Division:
    """Divide a source into training, validation and test pictures.

    Parts that the source gives are kept. Without any, ``test`` and ``validation`` (fractions of
    all) are held back; with a test part alone, ``validation`` of the train part, at most 5,000
    pictures; with a validation part alone, there is no test part. Classes keep their shares.

    Which pictures are held back depends on ``seed`` and their names, not on the machine or on the
    order of listing. Raises DataError for fewer than two classes or nothing to train on,
    SettingsError for fractions outside [0, 1) or that leave nothing to train on.
    """
    if not (0 <= validation < 1 and 0 <= test < 1 and validation + test < 1):
        message = f"validation {validation:g} and test {test:g} leave nothing to train on"
        raise SettingsError(message, "give fractions from 0 to 1 that add up to less than 1")
    if len(source.classes) < 2:
        _refuse_one_class(source)
    parts = np.array([item.part or "" for item in source.items])
    given = {part for part in ("train", "validation", "test") if (parts == part).any()}
    pool = np.flatnonzero((parts == "train") | (parts == ""))
    held = np.flatnonzero(parts == "validation")
    judged = np.flatnonzero(parts == "test")
    if not len(pool):
        raise DataError(f"{source.name} has no training pictures", "put some under train/<class>/")
    ranks = _Ranked(source, pool, seed)
    if "test" not in given and "validation" not in given:
        judged = ranks.take(test)
    if "validation" not in given:
        most = MOST_VALIDATION if "test" in given else len(pool)
        held = ranks.take(min(validation, most / len(pool)))
        if not len(held) and validation > 0:
            held = ranks.take_one()
    summary = _summary(given, len(ranks.left), len(held), len(judged), seed)
    warnings = _warnings(source, ranks.left, held)
    return Division(ranks.left, held, judged if len(judged) else None, seed, summary, warnings)


class _Ranked:
    """Indices of each class in an order drawn by the seed; parts are taken from the front."""

    def __init__(self, source: Source, pool: Indices, seed: int) -> None:
        labels = source.labels
        prefix = hashlib.blake2b(f"{seed}\0".encode(), digest_size=8)
        drawn: dict[int, list[tuple[bytes, int]]] = {}
        for index in pool.tolist():
            digest = prefix.copy()
            digest.update(source.items[index].name.encode())
            drawn.setdefault(int(labels[index]), []).append((digest.digest(), index))
        self._queues = [[i for _, i in sorted(drawn[label])] for label in sorted(drawn)]
        self._sizes = [len(queue) for queue in self._queues]

    @property
    def left(self) -> Indices:
        return _ascending([index for queue in self._queues for index in queue])

    def take(self, fraction: float) -> Indices:
        """Remove and return ``fraction`` of each class as it was at first, leaving at least one.

        Rounding carries over from class to class, so that the whole keeps the fraction even where
        every class is small.
        """
        taken: list[int] = []
        owed = 0.0
        for number, size in enumerate(self._sizes):
            if size == 1:
                continue
            owed += fraction * size
            most = min(math.ceil(fraction * size), len(self._queues[number]) - 1)
            count = max(0, min(int(owed + 0.5), most))
            owed = min(owed - count, 0.5)  # what a tiny class cannot give is no other's debt
            taken += self._queues[number][:count]
            del self._queues[number][:count]
        return _ascending(taken)

    def take_one(self) -> Indices:
        """Remove and return one picture of the largest class, or none where each has but one."""
        largest = max(self._queues, key=len)
        return _ascending([largest.pop(0)] if len(largest) > 1 else [])


def _ascending(indices: Sequence[int]) -> Indices:
    return np.sort(np.array(indices, dtype=np.int64))


def _refuse_one_class(source: Source) -> None:
    if not source.classes:
        raise DataError(f"there are no classes in {source.name}")
    message = f"there is only one class, `{source.classes[0]}`, in {source.name}"
    raise DataError(message, "telling apart takes two: add a folder of other pictures beside it")


def _summary(given: set[str], train: int, held: int, judged: int, seed: int) -> str:
    counts = f"{train:,} training, {held:,} validation and {judged:,} test pictures"
    if "test" in given and "validation" in given:
        return f"{counts}, the parts as given"
    if "test" in given:
        return f"{counts}: the test part as given, validation held back from train by seed {seed}"
    if "validation" in given:
        return f"{train:,} training and {held:,} validation pictures as given, no test part"
    return f"{counts}: validation and test held back, each class in its share, by seed {seed}"


def _warnings(source: Source, train: Indices, held: Indices) -> tuple[str, ...]:
    counts = np.bincount(source.labels, minlength=len(source.classes))
    trained = np.bincount(source.labels[train], minlength=len(source.classes))
    found = [
        *_named("holds one picture only", source, np.flatnonzero((counts == 1) & (trained > 0))),
        *_named("has no training picture", source, np.flatnonzero(trained == 0)),
    ]
    if not len(held):
        found.append("there are too few pictures to hold back a validation part")
    return tuple(found)


def _named(what: str, source: Source, labels: Indices) -> list[str]:
    if len(labels) <= 3:
        return [f"the class `{source.classes[label]}` {what}" for label in labels]
    first = ", ".join(f"`{source.classes[label]}`" for label in labels[:3])
    verb = what.replace("holds", "hold").replace("has", "have")
    return [f"{len(labels):,} classes {verb}: {first}, …"]
