"""How fast a folder of photographs is decoded, beside one bare Pillow loop.

    python benchmarks/decoding.py photos --size 64 --rounds 5

The loops are what a user would write: ``Image.open(path).convert("RGB").resize(size)``, and the
same with ``draft``, which lets libjpeg decode at a smaller scale. Ours is ``load`` with all
processes and without the cache. The sides alternate; the medians of their ratios are printed, by
the clock and by processor time (what the clock would say on a machine with nothing else to do).
The aim is 0.9 × processes × the loop.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, features
from PIL import __version__ as pillow

from convlens.data import divide, load, open_source
from convlens.data.loading import default_workers


def bare(paths: list[Path], side: int, *, draft: bool) -> None:
    for path in paths:
        with Image.open(path) as image:
            if draft:
                image.draft("RGB", (side, side))
            np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.BILINEAR))


def taken_by(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of all processors."""
    begun, used = time.perf_counter(), sum(os.times()[:4])
    work()
    return time.perf_counter() - begun, sum(os.times()[:4]) - used


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    source = open_source(given.folder)
    division = divide(source, seed=0)
    paths = [Path(str(item.place)) for item in source.items]
    side, workers = given.size, default_workers()
    size = {"width": side, "height": side, "channels": 3}
    sides: dict[str, Callable[[], object]] = {
        "one bare loop": lambda: bare(paths, side, draft=False),
        "one bare loop with draft": lambda: bare(paths, side, draft=True),
        "convlens": lambda: load(source, division, **size, workers=workers, cache=False),
        "convlens, one process": lambda: load(source, division, **size, workers=1, cache=False),
    }
    bare(paths, side, draft=False)  # fills the system's cache of files
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for _ in range(given.rounds):
        for name, work in sides.items():
            taken[name].append(taken_by(work))
    print(
        f"{len(paths):,} pictures to {side}x{side}, {workers} processes, Pillow {pillow}, ", end=""
    )
    print(f"libjpeg-turbo {features.version('libjpeg_turbo')}, {given.rounds} rounds")
    for name, times in taken.items():
        clock, used = (statistics.median(both) for both in zip(*times, strict=True))
        rate = len(paths) / clock
        print(f"{name:26} {rate:8,.0f} pictures/s by the clock, {used:6.2f} s of processors")
    for name in list(sides)[:2]:
        pairs = list(zip(taken[name], taken["convlens"], strict=True))
        clock = statistics.median(theirs[0] / ours[0] for theirs, ours in pairs) / workers
        used = statistics.median(theirs[1] / ours[1] for theirs, ours in pairs)
        print(f"convlens / {name}: {clock:.2f} x {workers} by the clock, ", end="")
        print(f"{used:.2f} x {workers} by processor time")


if __name__ == "__main__":
    main()
