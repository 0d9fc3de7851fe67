"""What `--balance` gains where classes are uneven: nothing, weights, or showing small classes more.

On MNIST with ever fewer pictures from digit to digit, 1,000 of the first and 20 of the last, and on
TrashNet as it is, whose smallest class is about a quarter of its largest. Figures are those of the
validation part, which in the first case holds 100 pictures of every digit.

usage: CONVLENS_DATA=... python benchmarks/balance.py [--seeds N] [--epochs N]
"""

from __future__ import annotations

import argparse
import os
import statistics
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import convlens as cl

WAYS = (None, "weight", "resample")
MOST, FEWEST, JUDGING = 1000, 20, 100


def digits(folder: Path, seed: int) -> dict[str, Any]:
    """Uneven training digits and even ones to judge by, as arrays."""
    random = np.random.default_rng(seed)
    counts = np.geomspace(MOST, FEWEST, 10).round().astype(int)
    parts: dict[str, list[Path]] = {"train": [], "validation": []}
    for digit, count in enumerate(counts.tolist()):
        files = sorted((folder / "train" / str(digit)).iterdir())
        chosen = [files[i] for i in random.permutation(len(files))[: count + JUDGING].tolist()]
        parts["validation"] += chosen[:JUDGING]
        parts["train"] += chosen[JUDGING:]
    return {part: (pixels(files), [f.parent.name for f in files]) for part, files in parts.items()}


def pixels(files: list[Path]) -> NDArray[np.uint8]:
    return np.stack([np.asarray(Image.open(file).convert("L")) for file in files])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=float, default=20)
    options = parser.parse_args()
    root = Path(os.environ["CONVLENS_DATA"])
    for name, size in (("mnist", None), ("trashnet", (64, 48))):
        for balance in WAYS:
            found: dict[str, list[float]] = {"accuracy": [], "balanced_accuracy": []}
            for seed in range(options.seeds):
                data = digits(root / name, seed) if name == "mnist" else root / name
                trained = cl.train(
                    data, epochs=options.epochs, seed=seed, size=size, balance=balance
                )
                for figure, values in found.items():
                    values.append(trained.training[f"validation_{figure}"])
            told = "  ".join(
                f"{figure} {statistics.mean(values):.3f} ({', '.join(f'{v:.3f}' for v in values)})"
                for figure, values in found.items()
            )
            print(f"{name:9} {balance or 'nothing':9} {told}", flush=True)


if __name__ == "__main__":
    main()
