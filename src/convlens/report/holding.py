"""Which channels of which layers a page shows, and which it must hold to recompute them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convlens.lens.looking import INPUT
from convlens.lens.order import Link, links
from convlens.notation import Plan
from convlens.notation import layers as kinds

PAGE_VALUES = 3_600_000
"""Numbers of four bytes that all pictures of a page may bring together."""

WIDTHS = (96, 48, 24, 16, 12, 8, 6, 4)
"""Channels of a layer that are shown, at most: the first number that the page has room for."""

LARGEST_MAP = 65_536
"""Cells of a map above which it is not shown: 256x256."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What a page holds of a network's volumes, the same for every picture.

    ``shown`` are the channels of each layer that have a map; ``held`` those whose values come with
    the page, None for all of them. Of ``partial`` layers not every channel comes, though a layer
    behind weighs them all: its sums are left out. Of ``dropped`` layers nothing comes.
    """

    shown: Mapping[str, tuple[int, ...]]
    held: Mapping[str, tuple[int, ...] | None]
    partial: frozenset[str]
    dropped: frozenset[str]


def holding(
    plan: Plan,
    strength: Mapping[str, NDArray[np.float64]],
    pictures: int,
    chosen: Collection[str] | None = None,
) -> Holding:
    """Choose the channels, by ``strength`` (C,) of each layer's, so that the page stays small.

    The strongest are shown, of the layers named in ``chosen`` or of all. Where even a few channels
    are too much, the largest volumes come in part, then not at all.
    """
    linked = links(plan)
    if chosen is not None:
        strength = {name: of for name, of in strength.items() if name in chosen}
    room = PAGE_VALUES // max(pictures, 1)
    dropped = {name for name, link in linked.items() if _cells(link) > LARGEST_MAP}
    partial = set(dropped)
    for width in WIDTHS:
        found = _held(linked, strength, width, partial, dropped)
        if _values(plan, linked, found) <= room:
            return found
    by_size = sorted(linked, key=lambda name: -linked[name].row.output.size)
    for left_out in (partial, dropped):
        for name in by_size:
            if _values(plan, linked, found) <= room:
                return found
            if name not in left_out:
                left_out.add(name)
                found = _held(linked, strength, WIDTHS[-1], partial, dropped)
    return found


def _held(
    linked: Mapping[str, Link],
    strength: Mapping[str, NDArray[np.float64]],
    width: int,
    partial: Set[str],
    dropped: Set[str],
) -> Holding:
    shown: dict[str, tuple[int, ...]] = {}
    for name, link in linked.items():
        if name in strength and name not in dropped:
            shown[name] = _shown(link, shown, strength[name], width)
    needs: dict[str, set[int] | None] = {name: set(some) for name, some in shown.items()}
    needs[INPUT] = None
    for name, some in shown.items():
        for source, channels in _needed(linked[name], set(some)):
            known = needs.get(source, set())
            if source in dropped or known is None or (channels is None and source in partial):
                continue
            needs[source] = None if channels is None else known | channels
    held = {
        name: None if channels is None else tuple(sorted(channels))
        for name, channels in needs.items()
        if channels is None or channels
    }
    return Holding(shown, held, frozenset(partial), frozenset(dropped))


def _shown(
    link: Link, shown: Mapping[str, tuple[int, ...]], strength: NDArray[np.float64], width: int
) -> tuple[int, ...]:
    """The layer's own strongest channels; those of the layer before where it keeps them apart."""
    layer = link.row.layer
    apart = not isinstance(
        layer,
        kinds.Conv | kinds.FullyConnected | kinds.Residual | kinds.Concat | kinds.Maxout,
    )
    if apart and link.source in shown:
        return shown[link.source]
    strongest = np.argsort(-strength, kind="stable")[:width]
    return tuple(sorted(strongest.tolist()))


def _needed(link: Link, channels: set[int]) -> Iterable[tuple[str, set[int] | None]]:
    """Layers, with their channels or None for all, that ``channels`` of the link's are made of."""
    layer = link.row.layer
    match layer:
        case _ if not channels:
            return []
        case kinds.Conv() | kinds.FullyConnected():
            return [(link.source, None)]
        case kinds.Maxout():
            group = layer.group
            return [(link.source, {c * group + k for c in channels for k in range(group)})]
        case kinds.LocalResponseNorm():
            near = range(-(layer.n // 2), (layer.n - 1) // 2 + 1)
            depth = link.row.input.depth
            return [(link.source, {c + k for c in channels for k in near if 0 <= c + k < depth})]
        case kinds.Residual():
            return [(link.end(branch), channels) for branch in range(2)]
        case kinds.Concat():
            return list(_branches(link, channels))
    return [(link.source, channels)]


def _branches(link: Link, channels: set[int]) -> Iterable[tuple[str, set[int]]]:
    """The ends of a CAT's branches, each with those of ``channels`` that lie in it."""
    first = 0
    for branch, rows in enumerate(link.row.branches):
        depth = rows[-1].output.depth if rows else link.row.input.depth
        yield link.end(branch), {c - first for c in channels if 0 <= c - first < depth}
        first += depth


def _cells(link: Link) -> int:
    return link.row.output.width * link.row.output.height


def _values(plan: Plan, linked: Mapping[str, Link], found: Holding) -> int:
    """Numbers that one picture brings."""
    count = 0
    for name, channels in found.held.items():
        volume = plan.input if name == INPUT else linked[name].row.output
        depth = volume.depth if channels is None else len(channels)
        count += volume.width * volume.height * depth
    return count
