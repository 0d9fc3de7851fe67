"""Which warnings sound trainings raise: none is what is wanted.

Trains networks with nothing wrong on the handwritten digits and, where CONVLENS_DATA is set, on
subsets of MNIST and CIFAR-10 and on TrashNet, with different seeds, and prints each run's warnings.
Among them are plain ReLU networks with a hidden FC layer, which leave the most units without a say.
Two networks are not sound everywhere, `sigmoid` and `residual`; with the BN that their warnings
advise, `sigmoid-bn` and `residual-bn`, they should learn better and be warned of no more.

usage: [CONVLENS_DATA=...] python benchmarks/alarms.py [--sets digits,mnist,cifar10,trashnet]
           [--seeds N] [--epochs N] [--pictures N]
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

import convlens as cl
from convlens.training.events import EpochDone, Warned

NETS = {
    "default": None,
    "plain": "[CONV 32 - RELU - POOL]*2 - FC 64 - RELU - FC",
    "deep": "[CONV 16 - BN - RELU - CONV 16 - BN - RELU - POOL]*2 - FC",
    "gelu": "CONV 16 - GELU - POOL - CONV 32 - GELU - GLOBALPOOL - FC",
    "sigmoid": "CONV 16 - RELU - POOL - FC 32 - SIGMOID - FC",
    "tanh": "CONV 16 - TANH - POOL - FC",
    "svm": "CONV 16 - RELU - POOL - FC - SVM",
    "residual": "CONV 16 - RES[CONV 16 - RELU - CONV 16] - RELU - POOL - FC",
    "sigmoid-bn": "CONV 16 - RELU - POOL - FC 32 - BN - SIGMOID - FC",
    "residual-bn": "CONV 16 - BN - RES[CONV 16 - BN - RELU - CONV 16 - BN] - RELU - POOL - FC",
    "valid": "CONV 16@3x3 valid - RELU - CONV 16@3x3 valid - RELU - FC 64 - RELU - FC",
    "linear": "FC",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", default="digits,mnist,cifar10,trashnet")
    parser.add_argument("--nets", default=",".join(NETS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--epochs", type=float, default=8)
    parser.add_argument("--pictures", type=int, default=2000)
    options = parser.parse_args()
    names = options.nets.split(",")
    runs = alarms = 0
    for name in options.sets.split(","):
        data = pictures(name, options.pictures)
        if data is None:
            print(f"{name}: skipped, CONVLENS_DATA is not set")
            continue
        for net in names if name != "trashnet" else ["default"]:
            for seed in range(options.seeds):
                begun = time.monotonic()
                told, accuracy = trained(data, NETS[net], options.epochs, seed)
                runs, alarms = runs + 1, alarms + len(told)
                seconds = time.monotonic() - begun
                print(
                    f"{name:8} {net:11} seed {seed}  {accuracy:6.1%}  {seconds:5.1f} s", flush=True
                )
                for text in told:
                    print(f"    warning: {text}", flush=True)
    print(f"{alarms} warnings in {runs} runs (torch {torch.__version__})")


def trained(data: Any, net: str | None, epochs: float, seed: int) -> tuple[list[str], float]:
    """The warnings of a run, and its last validation accuracy."""
    told: list[str] = []
    accuracies = [float("nan")]

    def listen(event: object) -> None:
        if isinstance(event, Warned):
            told.append(event.text)
        elif isinstance(event, EpochDone):
            accuracies.append(event.validation_accuracy)

    cl.train(data, net, epochs=epochs, seed=seed, listen=listen)
    return told, accuracies[-1]


def pictures(name: str, count: int) -> Any:
    """What to train on: a word, arrays, or a folder; None where it is not at hand."""
    if name == "digits":
        return name
    if "CONVLENS_DATA" not in os.environ:
        return None
    folder = Path(os.environ["CONVLENS_DATA"]) / name
    return folder if name == "trashnet" else subset(folder / "test", count)


def subset(folder: Path, count: int) -> tuple[np.ndarray, np.ndarray]:
    """So many pictures of a folder of classes, as even over the classes as can be."""
    found: Iterator[tuple[Path, str]] = (
        (path, home.name)
        for home in sorted(folder.iterdir())
        for path in sorted(home.iterdir())[: count // 10]
    )
    pixels, labels = [], []
    for path, label in found:
        with Image.open(path) as image:
            pixels.append(np.asarray(image))
        labels.append(label)
    return np.stack(pixels), np.array(labels)


if __name__ == "__main__":
    main()
