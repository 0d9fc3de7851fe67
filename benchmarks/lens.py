"""What looking costs: exemplars beside a plain prediction pass, and the arithmetic of one value.

Goes through the 50,000 training pictures of CIFAR-10 several times, by turns: once for the scores
alone (torch, fp32), once for the exemplars of all filters. Prints medians, their ratio and the
memory that the exemplars take on top. Seconds are the processor's, on one thread, so that other
programs on the machine count less.

usage: CONVLENS_DATA=... python benchmarks/lens.py MODEL [--rounds N] [--pictures N]
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

import convlens as cl
from convlens.data import Division, load, open_source
from convlens.lens import exemplars, explain_in, passed, preferred_input
from convlens.network.predictor import Predictor


def training_pixels(folder: Path) -> NDArray[np.uint8]:
    """Every training picture, (N, 32, 32, 3)."""
    source = open_source(folder)
    chosen = np.array([i for i, item in enumerate(source.items) if item.part == "train"], np.int64)
    division = Division(chosen, np.empty(0, np.int64), None, 0, "train")
    return load(source, division, width=32, height=32, channels=3).train.pixels


def seconds(work: Callable[[], object]) -> float:
    """Of the processor, on the one thread that is set."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def peak() -> float:
    """The most memory that the process has held so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pictures", type=int, default=50_000)
    options = parser.parse_args()
    torch.set_num_threads(1)
    classifier = cl.load(options.model)
    pixels = training_pixels(Path(os.environ["CONVLENS_DATA"]) / "cifar10")[: options.pictures]
    print(
        f"{classifier.architecture}, torch {torch.__version__}, {torch.get_num_threads()} threads"
    )
    model = classifier.model
    predictor = Predictor(model.plan(), model.weights, model.preprocessing)
    predictor.scores(pixels[:512])
    exemplars(classifier, pixels[:512])
    plain, looking, ratios = [], [], []
    before = after = 0.0
    for _ in range(options.rounds):
        plain.append(seconds(lambda: predictor.scores(pixels)))
        before = before or peak()
        looking.append(seconds(lambda: exemplars(classifier, pixels)))
        after = after or peak()
        ratios.append(looking[-1] / plain[-1])
    print(f"{len(pixels):,} pictures: scores {statistics.median(plain):.1f} s")
    print(f"exemplars of all filters {statistics.median(looking):.1f} s")
    listed = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    print(f"ratio {statistics.median(ratios):.2f} ({listed})")
    print(f"peak memory: {before:.0f} MB after the scores, {after:.0f} MB after the exemplars")
    way = passed(classifier, pixels[0])
    print(f"float64 pass {seconds(lambda: passed(classifier, pixels[0])) * 1e3:.0f} ms")
    name = [row.name for _, row in classifier.model.plan().walk() if row.name.startswith("conv")][
        -1
    ]
    print(f"arithmetic of a value {seconds(lambda: explain_in(way, name, 0)) * 1e3:.1f} ms")
    print(f"preferred input {seconds(lambda: preferred_input(classifier, name, 0)):.1f} s")


if __name__ == "__main__":
    main()
