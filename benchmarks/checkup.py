"""What the warnings of a training cost: the share of the run's time that they are looked for in.

Trains on the handwritten digits, and on CIFAR-10 where CONVLENS_DATA is set, with the default
network and a plain one, on one thread; the time that measuring takes, inside of looks and steps, is
summed up on the processor's clock and divided by that of the whole training loop.

usage: [CONVLENS_DATA=...] python benchmarks/checkup.py [--epochs N] [--pictures N]
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

import convlens as cl
from convlens.training import checkup, loop, vitals

NETS = {"default": None, "plain": "[CONV 32 - RELU - POOL]*2 - FC 64 - RELU - FC"}


class Clock:
    """Sums up the time inside the functions that it wraps, nested calls once."""

    def __init__(self) -> None:
        self.seconds, self.depth = 0.0, 0

    def wrap(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            self.depth += 1
            begun = time.thread_time()
            try:
                return function(*given, **named)
            finally:
                self.depth -= 1
                if not self.depth:
                    self.seconds += time.thread_time() - begun

        return timed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=float, default=8)
    parser.add_argument("--pictures", type=int, default=5000)
    options = parser.parse_args()
    torch.set_num_threads(1)
    sets: dict[str, Any] = {"digits": "digits"}
    if "CONVLENS_DATA" in os.environ:
        sets["cifar10"] = cifar(Path(os.environ["CONVLENS_DATA"]), options.pictures)
    measuring, whole = Clock(), Clock()
    for name in ("begun", "judge", "told"):
        setattr(checkup.Checkup, name, measuring.wrap(getattr(checkup.Checkup, name)))
    for name in ("weights_of", "update_ratios"):
        setattr(checkup, name, measuring.wrap(getattr(checkup, name)))
    vitals._Ear.__call__ = measuring.wrap(vitals._Ear.__call__)  # type: ignore[method-assign]
    for name in ("_step", "_look"):
        setattr(loop.Run, name, whole.wrap(getattr(loop.Run, name)))
    for source, data in sets.items():
        for net, text in NETS.items():
            measuring.seconds = whole.seconds = 0.0
            cl.train(data, text, epochs=options.epochs)
            share = measuring.seconds / whole.seconds
            print(
                f"{source:8} {net:8} {measuring.seconds:.3f} of {whole.seconds:.2f} s: {share:.2%}"
            )


def cifar(folder: Path, count: int) -> tuple[np.ndarray, np.ndarray]:
    """So many of CIFAR-10's test pictures, as even over the classes as can be."""
    pictures, labels = [], []
    for home in sorted((folder / "cifar10" / "test").iterdir()):
        for path in sorted(home.iterdir())[: count // 10]:
            with Image.open(path) as image:
                pictures.append(np.asarray(image))
            labels.append(home.name)
    return np.stack(pictures), np.array(labels)


if __name__ == "__main__":
    main()
