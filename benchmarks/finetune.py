"""What is gained by going on from a trained network: two new classes from fifty pictures each.

Trains on CIFAR-10 without two of its classes, then on fifty pictures of each of those two: once
from that model, its first layers held still or not, and once from scratch. Three draws of the
fifty pictures; the test part of the two classes judges.

usage: CONVLENS_DATA=... python benchmarks/finetune.py [--epochs N] [--left-out cat,dog]
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
from pathlib import Path

import convlens as cl

FEW = 50
DRAWS = 3


def link(source: Path, to: Path, classes: list[str], names: dict[str, list[str]] | None) -> None:
    """``to/<class>/`` with links to the pictures of ``source/<class>/``, all or those named."""
    for label in classes:
        folder = to / label
        folder.mkdir(parents=True)
        found = sorted(p.name for p in (source / label).iterdir())
        for name in found if names is None else names[label]:
            (folder / name).symlink_to(source / label / name)


def drawn(source: Path, classes: list[str], seed: int) -> dict[str, list[str]]:
    """FEW names of each class."""
    pick = random.Random(seed)
    return {c: pick.sample(sorted(p.name for p in (source / c).iterdir()), FEW) for c in classes}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=float, default=6)
    parser.add_argument("--left-out", default="cat,dog")
    options = parser.parse_args()
    data = Path(os.environ["CONVLENS_DATA"]) / "cifar10"
    few = options.left_out.split(",")
    rest = sorted({p.name for p in (data / "train").iterdir()} - set(few))
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        link(data / "train", root / "base" / "train", rest, None)
        link(data / "test", root / "base" / "test", rest, None)
        base = root / "base.safetensors"
        model = cl.train(root / "base", out=base, epochs=options.epochs)
        print(f"base: {len(rest)} classes, test accuracy {model.training['test_accuracy']:.3f}")
        ways = {
            "from scratch": {},
            "from the model": {"base": base},
            "from the model, all but the head held still": {"base": base, "freeze": "all-but-head"},
        }
        found: dict[str, list[float]] = {way: [] for way in ways}
        for draw in range(DRAWS):
            folder = root / f"few{draw}"
            link(data / "train", folder / "train", few, drawn(data / "train", few, draw))
            link(data / "test", folder / "test", few, None)
            for way, settings in ways.items():
                trained = cl.train(folder, seed=draw, **settings)
                found[way].append(trained.training["test_accuracy"])
    for way, accuracies in found.items():
        listed = ", ".join(f"{a:.3f}" for a in accuracies)
        print(f"{way}: mean {statistics.mean(accuracies):.3f} ({listed})")


if __name__ == "__main__":
    main()
