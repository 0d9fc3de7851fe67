"""How well each method of the recipe learns at which learning rate.

Trains a plain network and one with batch-norms on the handwritten digits or, where CONVLENS_DATA
is set and --set says cifar10, on the first pictures of every class of CIFAR-10, and prints the
accuracy on the validation part for each rate. The usual rates of `Recipe` were chosen by it.

usage: [CONVLENS_DATA=...] python benchmarks/methods.py [--set digits|cifar10] [--epochs N]
           [--pictures N] [--seed N]
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import convlens as cl

RATES = {
    "muon": (None,),
    "sgd": (0.01, 0.02, 0.05, 0.1),
    "nesterov": (0.01, 0.02, 0.05, 0.1),
    "adam": (0.0005, 0.001, 0.002, 0.003, 0.004),
    "adagrad": (0.005, 0.01, 0.015, 0.02, 0.05),
    "adadelta": (0.3, 1.0, 3.0),
    "windowgrad": (0.0005, 0.001, 0.002, 0.004),
}

NETS = {
    "digits": {
        "plain": "CONV 16 - RELU - POOL - CONV 32 - RELU - POOL - FC",
        "batch-norms": "CONV 16 - BN - RELU - POOL - CONV 32 - BN - RELU - POOL - FC",
    },
    "cifar10": {
        "plain": "CONV 16@5x5 - RELU - POOL - [CONV 20@5x5 - RELU - POOL]*2 - FC",
        "batch-norms": "CONV 16 - BN - RELU - POOL - CONV 32 - BN - RELU - POOL - "
        "CONV 64 - BN - RELU - POOL - FC",
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", choices=list(NETS), default="digits")
    parser.add_argument("--epochs", type=float, default=8)
    parser.add_argument("--pictures", type=int, default=8000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    data: Any = "digits" if options.set == "digits" else cifar10(options.pictures)
    for name, net in NETS[options.set].items():
        for method, rates in RATES.items():
            found = [accuracy(data, net, method, rate, options) for rate in rates]
            shown = zip(rates, found, strict=True)
            line = "  ".join(f"{rate or 'usual'}: {value:.1%}" for rate, value in shown)
            print(f"{name:12} {method:10}  {line}", flush=True)


def accuracy(data: Any, net: str, method: str, rate: float | None, options: Any) -> float:
    """On the validation part, of the state that did best there; NaN where training diverged."""
    recipe = {"method": method, "rate": rate}
    try:
        model = cl.train(data, net, epochs=options.epochs, seed=options.seed, recipe=recipe)
    except cl.ConvLensError:
        return float("nan")
    return float(model.training["validation_accuracy"])


def cifar10(count: int) -> tuple[Any, list[str]]:
    """The first training pictures of every class, alike many, and their labels."""
    folder = Path(os.environ["CONVLENS_DATA"]).expanduser() / "cifar10" / "train"
    classes = sorted(path for path in folder.iterdir() if path.is_dir())
    files = [file for one in classes for file in sorted(one.iterdir())[: count // len(classes)]]
    images = np.stack([np.asarray(Image.open(file).convert("RGB")) for file in files])
    return images, [file.parent.name for file in files]


if __name__ == "__main__":
    main()
