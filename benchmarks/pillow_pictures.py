"""Decode every file of a folder, each in a process of its own, and say what it took.

The folder is meant to be ``Tests/images`` of Pillow's source distribution, whose files are damaged
and odd on purpose; files made by ``tests/data/hostile.py`` come on top. A file is decoded or
refused with a reason; anything else, more than 2 seconds of processor time or more than 512 MB
of memory is told, and makes the exit status 1.

    python benchmarks/pillow_pictures.py pillow-13.0.0/Tests/images
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.data.hostile import MADE
from tests.data.measuring import Taken, measure


def main() -> int:
    folder = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as made:
        for name, make in MADE.items():
            Path(made, name).write_bytes(make())
        theirs = sorted(path for path in folder.rglob("*") if path.is_file())
        taken = []
        for one in measure([*theirs, *sorted(Path(made).iterdir())]):
            taken.append(one)
            flag = "" if one.held else "OVER "
            size = f"{one.seconds:5.2f} s {one.peak >> 20:4} MB"
            print(f"{flag}{size}  {Path(one.path).name}: {one.outcome}", flush=True)
    print(summary(taken))
    return 0 if all(one.held for one in taken) else 1


def summary(taken: list[Taken]) -> str:
    """The number of each outcome, and the worst figures."""
    kinds = Counter(one.outcome.partition(":")[0] for one in taken)
    counts = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    slowest = max(taken, key=lambda one: one.seconds)
    largest = max(taken, key=lambda one: one.peak)
    return (
        f"{len(taken)} files: {counts}; {sum(not one.held for one in taken)} over the limits\n"
        f"slowest {slowest.seconds:.2f} s ({Path(slowest.path).name}), "
        f"largest {largest.peak >> 20} MB ({Path(largest.path).name})"
    )


if __name__ == "__main__":
    sys.exit(main())
