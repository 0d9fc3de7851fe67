"""Whole groups of pictures taken from a pool so that every class keeps its share."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convlens.data.sources.source import Source

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Bundle:
    """Pictures that stay together. ``drawn`` is their place in the order that the seed draws."""

    drawn: bytes
    items: tuple[int, ...]
    counts: tuple[tuple[int, int], ...]  # (class, pictures), ascending

    def __len__(self) -> int:
        return len(self.items)


def bundles_of(source: Source, pool: Indices, numbers: Indices, seed: int) -> list[Bundle]:
    """The groups of the items in ``pool``, in an order that the seed and names alone decide."""
    prefix = hashlib.blake2b(f"{seed}\0".encode(), digest_size=8)
    members: dict[int, list[int]] = {}
    drawn: dict[int, bytes] = {}
    for index in pool.tolist():
        digest = prefix.copy()
        digest.update(source.items[index].name.encode())
        number = int(numbers[index])
        members.setdefault(number, []).append(index)
        drawn[number] = min(drawn.get(number, b"\xff" * 9), digest.digest())
    labels = source.labels.tolist()
    found = []
    for number, items in members.items():
        counts = sorted(Counter(labels[index] for index in items).items())
        found.append(Bundle(drawn[number], tuple(items), tuple(counts)))
    return sorted(found, key=lambda one: one.drawn)


class Pool:
    """Bundles of which parts are taken; every class keeps one at least."""

    def __init__(self, bundles: list[Bundle], classes: int) -> None:
        self._left = bundles
        self._pictures = np.zeros(classes, np.int64)  # left, by class
        self._bundles = np.zeros(classes, np.int64)  # left, that hold a picture of the class
        for bundle in bundles:
            for label, count in bundle.counts:
                self._pictures[label] += count
                self._bundles[label] += 1
        self._size = self._pictures.copy()
        self._divisible = self._bundles > 1

    @property
    def left(self) -> Indices:
        """Items not taken, ascending."""
        return ascending(self._left)

    def take(self, fraction: float) -> Indices:
        """Remove and return about ``fraction`` of each class as it was at first, ascending.

        First whole bundles that fit, in the order drawn; then such as bring the classes nearer to
        their shares; then the smallest of each class that would go without, where at least as many
        pictures of it are left.
        """
        wanted = self._owed(fraction)
        owed = wanted.copy()
        taken = self._take(self._left, owed, lambda bundle: _fits(bundle, owed))
        if (owed > 0).any():
            by_size = sorted(self._left, key=lambda one: (len(one), one.drawn))
            taken += self._take(by_size, owed, lambda bundle: self._gains(bundle, owed))
        for label in np.flatnonzero((wanted > 0) & (owed == wanted)).tolist():
            taken += self._take_smallest(label, owed)
        return ascending(taken)

    def take_one(self) -> Indices:
        """Remove and return the smallest bundle of the largest class that can spare it, or none."""
        nothing = np.zeros_like(self._size)
        for label in np.argsort(-self._pictures, kind="stable").tolist():
            if taken := self._take_smallest(label, nothing):
                return ascending(taken)
        return ascending([])

    def _owed(self, fraction: float) -> NDArray[np.int64]:
        """Pictures that each class is to give.

        Rounding carries over from class to class, so that the whole keeps the fraction even where
        every class is small.
        """
        owed, debt = np.zeros_like(self._size), 0.0
        for label in np.flatnonzero(self._divisible).tolist():
            size = int(self._size[label])
            debt += fraction * size
            most = min(math.ceil(fraction * size), int(self._pictures[label]) - 1)
            owed[label] = max(0, min(int(debt + 0.5), most))
            debt = min(debt - owed[label], 0.5)  # what a tiny class cannot give is no other's debt
        return owed

    def _take(
        self, candidates: Iterable[Bundle], owed: Indices, wanted: Callable[[Bundle], bool]
    ) -> list[Bundle]:
        """Remove and return what is ``wanted``, one after the other, its pictures off ``owed``."""
        taken = []
        for bundle in candidates:
            if not wanted(bundle) or any(self._bundles[label] < 2 for label, _ in bundle.counts):
                continue
            taken.append(bundle)
            for label, count in bundle.counts:
                owed[label] -= count
                self._pictures[label] -= count
                self._bundles[label] -= 1
        gone = set(map(id, taken))
        self._left = [bundle for bundle in self._left if id(bundle) not in gone]
        return taken

    def _take_smallest(self, label: int, owed: Indices) -> list[Bundle]:
        holding = [one for one in self._left if any(label == own for own, _ in one.counts)]
        for bundle in sorted(holding, key=lambda one: (len(one), one.drawn)):
            if all(2 * count <= self._pictures[own] for own, count in bundle.counts) and (
                taken := self._take([bundle], owed, lambda _: True)
            ):
                return taken
        return []

    def _gains(self, bundle: Bundle, owed: Indices) -> bool:
        """Whether the classes come nearer to their shares: by squares, relative to their sizes."""
        change = 0.0
        for label, count in bundle.counts:
            before = int(owed[label])
            change += ((before - count) ** 2 - before**2) / int(self._size[label])
        return change < 0


def _fits(bundle: Bundle, owed: Indices) -> bool:
    return all(count <= owed[label] for label, count in bundle.counts)


def dealt(bundles: list[Bundle], classes: int, hands: int) -> list[Indices]:
    """All bundles dealt to ``hands``, so that each gets about the same share of every class.

    The largest come first, each to where its classes are fewest (as scikit-learn's
    StratifiedGroupKFold goes about it), of equals in the order drawn.
    """
    size, held = np.ones(classes), np.zeros((hands, classes))
    for bundle in bundles:
        for label, count in bundle.counts:
            size[label] += count
    found: list[list[Bundle]] = [[] for _ in range(hands)]
    for bundle in sorted(bundles, key=lambda one: (-len(one), one.drawn)):
        labels, counts = np.array(bundle.counts).T
        crowded = held[:, labels] @ (counts / size[labels])
        fewest = np.flatnonzero(crowded <= crowded.min() + 1e-12)
        hand = int(fewest[held[fewest].sum(axis=1).argmin()])
        held[hand, labels] += counts
        found[hand].append(bundle)
    return [ascending(one) for one in found]


def ascending(bundles: Iterable[Bundle]) -> Indices:
    """The items of ``bundles``."""
    return np.sort(np.array([index for one in bundles for index in one.items], dtype=np.int64))
