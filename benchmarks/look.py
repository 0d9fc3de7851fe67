"""What a report costs: seconds from the command to the page, cold, and how large the page is.

Writes model files of random weights for a network of ConvNetJS' size and for ResNet-18 at 224x224,
and looks at one picture with each, in a process of its own. Prints wall time, the processor's time
and the size, medians of several runs; aims: 3 s and 5 MB, 20 s and 25 MB.

usage: python benchmarks/look.py [--rounds N]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from convlens.data import Preprocessing
from convlens.modelfile import Model, plan_of, tensor_shapes, write_model
from convlens.notation.zoo import find

SUBJECTS = {"convnetjs-cifar10": (3.0, 5.0), "resnet18": (20.0, 25.0)}
"""Networks of the zoo: the seconds and megabytes to keep under."""


def untrained(name: str, path: Path) -> tuple[int, int]:
    """Write a model file of random weights; returns the width and height of its input."""
    entry = find(name)
    names = tuple(f"class {number}" for number in range(entry.classes))
    preprocessing = Preprocessing(*entry.input, "crop")
    plan = plan_of(entry.architecture, preprocessing, names)
    random = np.random.default_rng(0)
    weights = {}
    for tensor, shape in tensor_shapes(plan).items():
        if tensor.endswith("running_var") or (tensor.endswith("weight") and len(shape) == 1):
            values = np.ones(shape)
        elif len(shape) == 1:
            values = np.zeros(shape)
        else:
            values = random.normal(0, np.sqrt(1 / np.prod(shape[1:])), shape)
        weights[tensor] = values.astype(np.float32)
    write_model(Model(plan.architecture, names, preprocessing, weights, 1.0, {}), path)
    return entry.input.width, entry.input.height


def measured(model: Path, picture: Path, page: Path) -> tuple[float, float]:
    """Wall and processor seconds of one `convlens look`."""
    command = [sys.executable, "-m", "convlens", "look", model, picture, "--out", page, "--quiet"]
    before, begun = os.times(), time.perf_counter()
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - begun, os.times()
    own = after.children_user - before.children_user
    return wall, own + after.children_system - before.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        for name, (seconds, megabytes) in SUBJECTS.items():
            model, page, picture = (root / f"{name}.{e}" for e in ("safetensors", "html", "png"))
            width, height = untrained(name, model)
            noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
            Image.fromarray(noise).save(picture)
            runs = [measured(model, picture, page) for _ in range(options.rounds)]
            wall, own = (statistics.median(values) for values in zip(*runs, strict=True))
            print(
                f"{name}: {wall:.1f} s ({own:.1f} s of the processor), aim {seconds:g} s; "
                f"{page.stat().st_size / 1e6:.1f} MB, aim {megabytes:g} MB"
            )


if __name__ == "__main__":
    main()
