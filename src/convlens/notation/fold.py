"""Runs of equal blocks folded into repeats, for the canonical text.

A block repeats where its layers are equal but for their numbers of filters; those that differ
become a list. A list belongs to the innermost repeat of its length, so no repeat whose count is
the length of an outer list may come between.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace

from convlens.notation.layers import Concat, Conv, FullyConnected, Layer, Pool, Residual
from convlens.notation.printing import layer_text
from convlens.notation.volumes import Volume

_LONGEST_BLOCK = 64

_WEIGHTY = (Conv, FullyConnected, Residual, Concat)

Steps = int | tuple[int, ...]
"""A number of filters, or the list of them that an outer repeat steps through."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A layer without its numbers of filters (its own, or those of its inside), and those."""

    skeleton: Layer
    filters: tuple[Steps, ...]


def network_text(layers: tuple[Layer, ...], volume: Volume | None) -> str:
    """Return the canonical text of a network."""
    start = "INPUT" if volume is None else f"INPUT {volume}"
    return f"{start} - {_shortest([_piece(layer) for layer in layers])}"


def whole_text(layer: Layer) -> str:
    """Return the canonical text of a layer, that of its branches included."""
    return _shortest([_piece(layer)])


def _shortest(pieces: list[_Piece]) -> str:
    """Return the text with lists that step, or without where that is no longer."""
    return min((_Folding(lists=lists).sequence(pieces) for lists in (False, True)), key=len)


def _piece(layer: Layer) -> _Piece:
    if isinstance(layer, Conv):
        return _Piece(replace(layer, filters=1, span=None), (layer.filters,))
    if isinstance(layer, Residual):
        body, numbers = _skeletons(layer.body)
        if layer.shortcut is None:
            return _Piece(Residual(body=body), numbers)
        shortcut, more = _skeletons(layer.shortcut)
        return _Piece(Residual(body=body, shortcut=shortcut), numbers + more)
    if isinstance(layer, Concat):
        parts = [_skeletons(branch) for branch in layer.branches]
        branches = tuple(skeletons for skeletons, _ in parts)
        return _Piece(Concat(branches=branches), tuple(n for _, part in parts for n in part))
    return _Piece(replace(layer, span=None), ())


def _skeletons(layers: tuple[Layer, ...]) -> tuple[tuple[Layer, ...], tuple[Steps, ...]]:
    pieces = [_piece(layer) for layer in layers]
    return tuple(p.skeleton for p in pieces), tuple(n for p in pieces for n in p.filters)


class _Folding:
    """One way to fold: with lists that step through the rounds, or only what is equal."""

    def __init__(self, *, lists: bool) -> None:
        self.lists = lists

    def sequence(self, pieces: list[_Piece]) -> str:
        parts: list[str] = []
        at = 0
        for start, length, count in self._folds(pieces):
            parts.extend(map(self._text, pieces[at:start]))
            at = start + length * count
            block = [_merged(pieces[first:at:length]) for first in range(start, start + length)]
            parts.append(f"[{self.sequence(block)}]*{count}")
        parts.extend(map(self._text, pieces[at:]))
        return " - ".join(parts)

    def _text(self, piece: _Piece) -> str:
        skeleton, filters = piece.skeleton, iter(piece.filters)
        if isinstance(skeleton, Residual):
            body = self._branch(skeleton.body, filters)
            if skeleton.shortcut is None:
                return f"RES[{body}]"
            return f"RES[{body} | {self._branch(skeleton.shortcut, filters)}]"
        if isinstance(skeleton, Concat):
            branches = (self._branch(branch, filters) for branch in skeleton.branches)
            return f"CAT[{' | '.join(branches)}]"
        if isinstance(skeleton, Conv):
            number = piece.filters[0]
            listed = str(number) if isinstance(number, int) else f"{{{','.join(map(str, number))}}}"
            return layer_text(skeleton, listed)
        return layer_text(skeleton)

    def _branch(self, skeletons: tuple[Layer, ...], filters: Iterator[Steps]) -> str:
        """Return the text of a branch, which takes its numbers of filters from ``filters``."""
        return self.sequence([_refilled(skeleton, filters) for skeleton in skeletons])

    def _folds(self, pieces: list[_Piece]) -> list[tuple[int, int, int]]:
        """Choose what to fold: ``(start, length of the block, count)``, in order, none overlapping.

        The fold that covers most layers is chosen first, then whatever the rest still allows.
        """
        free = [True] * len(pieces)
        heap = [_priority(*run) for run in self._runs(pieces)]
        heapq.heapify(heap)
        chosen = []
        while heap:
            _, length, start, end = heapq.heappop(heap)
            if not all(free[start:end]):
                for run in _free_parts(free, length, start, end):
                    heapq.heappush(heap, _priority(*run))
                continue
            count = (end - start) // length
            start = _aligned(pieces, length, start, end)
            end = start + length * count
            if not _captures(pieces[start:end], count):
                chosen.append((start, length, count))
                free[start:end] = [False] * (end - start)
        return sorted(chosen)

    def _runs(self, pieces: list[_Piece]) -> Iterator[tuple[int, int, int]]:
        """Yield ``(length, start, end)`` of every stretch of two or more alike blocks."""
        codes: dict[Layer, int] = {}
        coded = [codes.setdefault(piece.skeleton, len(codes)) for piece in pieces]
        for length in range(1, min(_LONGEST_BLOCK, len(pieces) // 2) + 1):
            start = 0
            for at in range(len(pieces) - length + 1):
                if at == len(pieces) - length or not (
                    coded[at] == coded[at + length] and self._alike(pieces, at, length)
                ):
                    if at - start >= length:
                        yield length, start, at + length
                    start = at + 1

    def _alike(self, pieces: list[_Piece], at: int, length: int) -> bool:
        """Tell whether two pieces of one skeleton may stand for each other in a repeat."""
        one, other = pieces[at].filters, pieces[at + length].filters
        if one == other:
            return True
        if length == 1 or not self.lists:
            return False
        return all(
            a == b or (isinstance(a, int) and isinstance(b, int))
            for a, b in zip(one, other, strict=True)
        )


def _aligned(pieces: list[_Piece], length: int, start: int, end: int) -> int:
    """Return where in a stretch the first block best begins, as many blocks as possible kept.

    A block that ends in pooling reads best, then one that begins with weights.
    """

    def appeal(at: int) -> tuple[bool, bool, int]:
        last = pieces[at + length - 1].skeleton
        first = pieces[at].skeleton
        return isinstance(last, Pool), isinstance(first, _WEIGHTY), -at

    return max(range(start, start + (end - start) % length + 1), key=appeal)


def _refilled(skeleton: Layer, filters: Iterator[Steps]) -> _Piece:
    return _Piece(skeleton, tuple(next(filters) for _ in range(len(_piece(skeleton).filters))))


def _merged(rounds: list[_Piece]) -> _Piece:
    """Return one piece for the same place of every round, lists where the rounds differ."""
    filters: list[Steps] = []
    for numbers in zip(*(piece.filters for piece in rounds), strict=True):
        same = all(number == numbers[0] for number in numbers)
        filters.append(numbers[0] if same else numbers)
    return _Piece(rounds[0].skeleton, tuple(filters))


def _priority(length: int, start: int, end: int) -> tuple[int, int, int, int]:
    covered = (end - start) // length * length
    return (-covered, length, start, end)


def _captures(pieces: list[_Piece], count: int) -> bool:
    """Tell whether a repeat of ``count`` would take a list that belongs to an outer one."""
    return any(
        isinstance(number, tuple) and len(number) == count
        for piece in pieces
        for number in piece.filters
    )


def _free_parts(
    free: list[bool], length: int, start: int, end: int
) -> Iterator[tuple[int, int, int]]:
    """Yield what is still free of a stretch, where two blocks or more fit."""
    first = start
    for at in range(start, end + 1):
        if at == end or not free[at]:
            if at - first >= 2 * length:
                yield length, first, at
            first = at + 1
