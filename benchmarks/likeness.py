"""How long near duplicates take to find: among neighbours in a tree, and block by block.

The 70,000 digits of MNIST and the 60,000 pictures of CIFAR-10, both parts of each, are described
once. Then their pairs are looked for by turns as ``convlens.data.likeness`` does it, in a tree of
descriptions, and as it does it where a tree does not help, by comparing blocks of pictures with
each other. Prints the medians of the rounds by the clock and by processor time, and whether both
found the same pairs; with --write the table is kept in results/likeness.md.

usage: CONVLENS_DATA=... python benchmarks/likeness.py [--rounds 5] [--pictures N] [--write]
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import numpy as np
from machine import described, written
from numpy.typing import NDArray

from convlens.data import Division, load, open_source
from convlens.data import likeness as module
from convlens.data.likeness import Likeness, Pairs, likeness, pairs

SETS = {"mnist": (28, 1), "cifar10": (32, 3)}
"""Pixels a side, and channels."""

NEAREST = 1e-3
"""Of the threshold: as near to it rounding decides whether a pair is one."""


@dataclass(eq=False, slots=True)
class Way:
    """A way to find pairs, with what its rounds took and found."""

    search: Callable[[Likeness], Pairs]
    clock: list[float] = field(default_factory=list)
    processors: list[float] = field(default_factory=list)
    found: Pairs | None = None

    def go(self, alike: Likeness) -> None:
        """One round."""
        begun, used = time.perf_counter(), time.process_time()
        self.found = self.search(alike)
        self.clock.append(time.perf_counter() - begun)
        self.processors.append(time.process_time() - used)


def pictures(folder: Path, side: int, channels: int, some: int | None) -> NDArray[np.uint8]:
    """All pictures below ``folder``, or so many of them evenly chosen, (N, H, W, C)."""
    source = open_source(folder)
    chosen = np.linspace(0, len(source) - 1, min(some or len(source), len(source)))
    none = np.empty(0, np.int64)
    division = Division(np.rint(chosen).astype(np.int64), none, None, 0, "all")
    return load(source, division, width=side, height=side, channels=channels).train.pixels


def in_tree(alike: Likeness) -> Pairs:
    """However many neighbours there are."""
    with patch.object(module, "_MOST_CANDIDATES", float("inf")):
        return pairs(alike)


def by_blocks(alike: Likeness) -> Pairs:
    """Without asking a tree."""
    with patch.object(module, "_neighbours", lambda along, threshold: None):
        return pairs(alike)


def compared(one: Pairs, other: Pairs) -> str:
    """Whether the pairs are the same but for rounding."""
    known = [distances(found) for found in (one, other)]
    gaps = [a[pair] for a, b in (known, known[::-1]) for pair in a.keys() - b.keys()]
    if any(gap <= module.NEAR * (1 - NEAREST) for gap in gaps):
        return f"not the same: {len(gaps):,} found by one alone"
    return f"the same but for {len(gaps):,} at the threshold" if gaps else "the same"


def distances(found: Pairs) -> dict[tuple[int, int], float]:
    """How far apart the pictures of each pair are."""
    ends = zip(found.first.tolist(), found.second.tolist(), strict=True)
    return dict(zip(ends, found.distance.tolist(), strict=True))


def rows(name: str, pixels: NDArray[np.uint8], rounds: int) -> list[str]:
    """The table's rows for a set of pictures."""
    begun = time.perf_counter()
    alike = likeness(pixels)
    describing = time.perf_counter() - begun
    tree, blocks = Way(in_tree), Way(by_blocks)
    for _ in range(rounds):
        tree.go(alike)
        blocks.go(alike)
    assert tree.found is not None
    assert blocks.found is not None
    ratio = statistics.median(b / t for t, b in zip(tree.clock, blocks.clock, strict=True))
    whose = f"{name}, {len(pixels):,}, described in {describing:.1f} s"
    verdict = f"{compared(tree.found, blocks.found)}; {ratio:.1f} × as fast"
    return [
        row(whose, "in a tree", tree, len(tree.found), verdict),
        row("", "block by block", blocks, len(blocks.found), ""),
    ]


def row(whose: str, how: str, way: Way, count: int, verdict: str) -> str:
    clock, used = statistics.median(way.clock), statistics.median(way.processors)
    spread = f"{min(way.clock):.2f} – {max(way.clock):.2f}"
    return f"| {whose} | {how} | {clock:.2f} | {spread} | {used:.2f} | {count:,} | {verdict} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pictures", type=int, metavar="N", help="of each set; all")
    parser.add_argument("--write", action="store_true", help="keep the table in results/")
    options = parser.parse_args()
    data = Path(os.environ["CONVLENS_DATA"])
    lines = [
        "# Finding near duplicates",
        "",
        "| pictures | found | s, median | least – most | s of processors | pairs | tree's are |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, (side, channels) in SETS.items():
        pixels = pictures(data / name, side, channels, options.pictures)
        lines += rows(name, pixels, options.rounds)
    lines += ["", f"Medians of {options.rounds} rounds, by turns. {described('scipy')}"]
    if options.write:
        written("likeness", lines)
    else:
        print("\n".join(lines))


if __name__ == "__main__":
    main()
