"""Whole groups of pictures taken from a pool so that every class keeps its share."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from convlens.data.sources.source import Source

Indices = NDArray[np.int64]


Counts = tuple[tuple[int, int], ...]
"""Pictures of a bundle by class: (class, pictures), ascending."""


@dataclass(frozen=True, eq=False, slots=True)
class Bundles:
    """Pictures that stay together, B bundles in the order that the seed draws.

    ``items`` (n,) has them bundle after bundle, ``sizes`` (B,) how many each holds, ``counts``
    (B,) of which classes they are.
    """

    items: Indices
    sizes: Indices
    counts: list[Counts]

    def __len__(self) -> int:
        return len(self.counts)

    def ascending(self, chosen: list[int]) -> Indices:
        """The items of the bundles ``chosen``."""
        taken = np.zeros(len(self), np.bool_)
        taken[chosen] = True
        return np.sort(self.items[np.repeat(taken, self.sizes)])


def bundles_of(source: Source, pool: Indices, numbers: Indices, seed: int) -> Bundles:
    """The groups of the items in ``pool``, in an order that the seed and names alone decide.

    A group is drawn when the first of its items is.
    """
    prefix = hashlib.blake2b(f"{seed}\0".encode(), digest_size=8)
    digests = []
    for index in pool.tolist():
        digest = prefix.copy()
        digest.update(source.items[index].name.encode())
        digests.append(digest.digest())
    drawn = np.frombuffer(b"".join(digests), ">u8").astype(np.uint64)
    _, place, group = np.unique(numbers[pool], return_index=True, return_inverse=True)
    first = np.full(len(place), np.iinfo(np.uint64).max)
    np.minimum.at(first, group, drawn)
    rank = np.empty_like(place)
    rank[np.lexsort((place, first))] = np.arange(len(place))
    items = pool[np.argsort(rank[group], kind="stable")]
    sizes = np.bincount(rank[group])
    return Bundles(items, sizes, _counts(source, items, sizes))


def _counts(source: Source, items: Indices, sizes: Indices) -> list[Counts]:
    # Nearly all pictures are alone: their counts are shared, as to make so many objects costs time.
    alone: list[Counts] = [((label, 1),) for label in range(len(source.classes))]
    labels, ends = source.labels[items], np.cumsum(sizes)
    found = [alone[label] for label in labels[ends - 1].tolist()]
    for bundle in np.flatnonzero(sizes > 1).tolist():
        of_it = labels[ends[bundle] - sizes[bundle] : ends[bundle]].tolist()
        found[bundle] = tuple(sorted(Counter(of_it).items()))
    return found


class Pool:
    """Bundles of which parts are taken; every class keeps one at least."""

    def __init__(self, bundles: Bundles, classes: int) -> None:
        self._all = bundles
        self._gone = bytearray(len(bundles))  # 1 for what is taken
        self._pictures = [0] * classes  # left, by class
        self._bundles = [0] * classes  # left, that hold a picture of the class
        for counts in bundles.counts:
            for label, count in counts:
                self._pictures[label] += count
                self._bundles[label] += 1
        self._size = self._pictures.copy()
        self._divisible = [label for label in range(classes) if self._bundles[label] > 1]

    @property
    def left(self) -> Indices:
        """Items not taken, ascending."""
        return self._all.ascending(self._left())

    def take(self, fraction: float) -> Indices:
        """Remove and return about ``fraction`` of each class as it was at first, ascending.

        First whole bundles that fit, in the order drawn; then such as bring the classes nearer to
        their shares; then the smallest of each class that would go without, where at least as many
        pictures of it are left.
        """
        wanted = self._owed(fraction)
        owed = wanted.copy()
        taken = self._take(self._left(), owed, lambda counts: _fits(counts, owed))
        if max(owed, default=0) > 0:
            by_size = (bundle for bundle in self._by_size if not self._gone[bundle])
            taken += self._take(by_size, owed, lambda counts: self._gains(counts, owed))
        without = [label for label, share in enumerate(wanted) if 0 < share == owed[label]]
        for label in without:
            taken += self._take_smallest(label, owed)
        return self._all.ascending(taken)

    def take_one(self) -> Indices:
        """Remove and return the smallest bundle of the largest class that can spare it, or none."""
        nothing = [0] * len(self._size)
        for label in sorted(range(len(self._size)), key=lambda one: -self._pictures[one]):
            if taken := self._take_smallest(label, nothing):
                return self._all.ascending(taken)
        return self._all.ascending([])

    def _left(self) -> list[int]:
        """Bundles not taken, in the order drawn."""
        return [bundle for bundle, gone in enumerate(self._gone) if not gone]

    def _owed(self, fraction: float) -> list[int]:
        """Pictures that each class is to give.

        Rounding carries over from class to class, so that the whole keeps the fraction even where
        every class is small.
        """
        owed, debt = [0] * len(self._size), 0.0
        for label in self._divisible:
            size = self._size[label]
            debt += fraction * size
            most = min(math.ceil(fraction * size), self._pictures[label] - 1)
            owed[label] = max(0, min(int(debt + 0.5), most))
            debt = min(debt - owed[label], 0.5)  # what a tiny class cannot give is no other's debt
        return owed

    def _take(
        self, candidates: Iterable[int], owed: list[int], wanted: Callable[[Counts], bool]
    ) -> list[int]:
        """Remove and return what is ``wanted``, one after the other, its pictures off ``owed``."""
        taken = []
        for bundle in candidates:
            counts = self._all.counts[bundle]
            if not wanted(counts) or any(self._bundles[label] < 2 for label, _ in counts):
                continue
            taken.append(bundle)
            self._gone[bundle] = 1
            for label, count in counts:
                owed[label] -= count
                self._pictures[label] -= count
                self._bundles[label] -= 1
        return taken

    def _take_smallest(self, label: int, owed: list[int]) -> list[int]:
        for bundle in self._holding[label]:
            counts = self._all.counts[bundle]
            if self._gone[bundle] or any(2 * count > self._pictures[own] for own, count in counts):
                continue
            if taken := self._take([bundle], owed, lambda _: True):
                return taken
        return []

    @cached_property
    def _by_size(self) -> list[int]:
        """All bundles, the smallest first, of equals in the order drawn."""
        order: list[int] = np.argsort(self._all.sizes, kind="stable").tolist()
        return order

    @cached_property
    def _holding(self) -> list[list[int]]:
        """For each class the bundles that hold pictures of it, the smallest first."""
        found: list[list[int]] = [[] for _ in self._size]
        for bundle in self._by_size:
            for label, _ in self._all.counts[bundle]:
                found[label].append(bundle)
        return found

    def _gains(self, counts: Counts, owed: list[int]) -> bool:
        """Whether the classes come nearer to their shares: by squares, relative to their sizes."""
        change = 0.0
        for label, count in counts:
            before = owed[label]
            change += ((before - count) ** 2 - before**2) / self._size[label]
        return change < 0


def _fits(counts: Counts, owed: list[int]) -> bool:
    return all(count <= owed[label] for label, count in counts)


def dealt(bundles: Bundles, classes: int, hands: int) -> list[Indices]:
    """All bundles dealt to ``hands``, so that each gets about the same share of every class.

    The largest come first, each to where its classes are fewest (as scikit-learn's
    StratifiedGroupKFold goes about it), of equals in the order drawn.
    """
    size, held, total = np.ones(classes), np.zeros((hands, classes)), np.zeros(hands)
    for one in bundles.counts:
        for label, count in one:
            size[label] += count
    found: list[list[int]] = [[] for _ in range(hands)]
    for bundle in np.argsort(-bundles.sizes, kind="stable").tolist():
        labels, counts = np.array(bundles.counts[bundle]).T
        crowded = held[:, labels] @ (counts / size[labels])
        fewest = np.flatnonzero(crowded <= crowded.min() + 1e-12)
        hand = int(fewest[total[fewest].argmin()])
        held[hand, labels] += counts
        total[hand] += counts.sum()
        found[hand].append(bundle)
    return [bundles.ascending(one) for one in found]
