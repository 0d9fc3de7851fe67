"""CIFAR-10 from the folder of pictures: accuracy against seconds, ours beside the usual tools.

Every contender reads the same folder, and its clock runs from its start to the end, importing and
reading included, judging left out. One after the other, on the same machine, in one run:

- ConvLens: `convlens train DATA --budget N` for several N, nothing cached; the test accuracy that
  it prints itself, as it is and averaged over views, and the memory it took at most.
- PyTorch's tutorial loop, on the tutorial's network; batches of 4, as there.
- Keras 3 on TensorFlow: the network of TensorFlow's tutorial on convolutions.
- fastai: the folder, xresnet18, one cycle of five epochs.

And the plain network `[CONV 32 - RELU - POOL]*3 - FC` for a minute: in ConvLens, by the tutorial's
loop, and by a loop with channels-last, larger batches and, where the processor has it, bf16.

ConvLens is run with several seeds, of which the means count, the others once. What a contender
comes to is the accuracy that it has at its end, and the time when it first had as much.

usage: python benchmarks/training.py DATA [--keras PYTHON] [--fastai PYTHON] [--budgets 20,30,60]
           [--seeds N] [--name NAME]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from commands import lines_of, trained
from machine import RESULTS, described, fast_loop, peers_versions, written

PEERS = Path(__file__).parent / "peers"
PLAIN = "INPUT - [CONV 32 - RELU - POOL]*3 - FC"


TICKS = (10, 20, 30, 60, 120, 240, 600, 1200, 2400)
"""Seconds that the plot names."""


class Point(NamedTuple):
    """A test accuracy reached after so many seconds."""

    seconds: float
    accuracy: float


class Trained(NamedTuple):
    """One training of ours: its accuracy as it is and averaged over views, and bytes at most."""

    once: Point
    views: Point
    peak_memory: float


def peer(python: str, script: str, *arguments: str) -> list[Point]:
    """A contender's points, told as it goes."""
    points = []
    for line in lines_of(python, str(PEERS / script), *arguments):
        points.append(Point(line["seconds"], line["test_accuracy"]))
        print(f"  {script}: {points[-1].seconds:.0f} s {points[-1].accuracy:.2%}", file=sys.stderr)
    return points


def convlens(data: Path, budget: float, seeds: int, *more: str) -> list[Trained]:
    """A training with each of so many seeds."""
    runs = []
    for seed in range(seeds):
        found = trained(data, budget, seed, *more)
        points = (Point(found["seconds"], found[f"test_accuracy{kind}"]) for kind in ("", "_views"))
        runs.append(Trained(*points, found["peak_memory"]))
    return runs


def mean(points: list[Point]) -> Point:
    return Point(*(statistics.mean(values) for values in zip(*points, strict=True)))


def row(name: str, runs: list[Trained]) -> str:
    one, views = mean([run.once for run in runs]), mean([run.views for run in runs])
    spread = " ".join(f"{run.once.accuracy:.2%}" for run in runs)
    most = max(run.peak_memory for run in runs) / 2**30
    return (
        f"| {name} | {one.seconds:.1f} | {one.accuracy:.2%} | {views.accuracy:.2%} | {spread} | "
        f"{most:.2f} GiB |"
    )


def plot(curves: dict[str, list[Point]], path: Path) -> None:
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.2), layout="constrained")
    for name, points in curves.items():
        own = name.startswith("ConvLens")
        axes.plot(
            [p.seconds for p in points],
            [100 * p.accuracy for p in points],
            marker="o",
            linewidth=2.5 if own else 1.2,
            markersize=4,
            label=name,
        )
    axes.set(xscale="log", xlabel="seconds, everything included", ylabel="test accuracy, %")
    last = max(point.seconds for points in curves.values() for point in points)
    ticks = [tick for tick in TICKS if tick <= 1.3 * last]
    axes.set_xticks(ticks, labels=[str(tick) for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_title(f"CIFAR-10 from the folder, {os.cpu_count()} processors")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside center right", frameon=False)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--keras", metavar="PYTHON")
    parser.add_argument("--fastai", metavar="PYTHON")
    parser.add_argument("--budgets", default="20,30,60")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--name", default="training")
    options = parser.parse_args()
    data, seeds = options.data, options.seeds
    found = {f"{b}s": convlens(data, float(b), seeds) for b in options.budgets.split(",")}
    curves = {
        "ConvLens": [mean([run.once for run in runs]) for runs in found.values()],
        "ConvLens, over views": [mean([run.views for run in runs]) for runs in found.values()],
        "PyTorch tutorial": peer(sys.executable, "torch_loop.py", str(data), "--seconds", "180"),
    }
    if options.keras:
        curves["Keras tutorial"] = peer(options.keras, "keras_loop.py", str(data))
    if options.fastai:
        curves["fastai, xresnet18"] = peer(options.fastai, "fastai_loop.py", str(data))
    ways, fast = fast_loop()
    own = convlens(data, 60, seeds, "--net", PLAIN)
    minute = ("torch_loop.py", str(data), "--net", "plain", "--seconds", "60")
    plain = {
        "the same by the tutorial's loop": peer(sys.executable, *minute),
        f"the same in {ways}, batches of 128, rate 0.05": peer(
            sys.executable, *minute, "--batch", "128", "--rate", "0.05", *fast
        ),
    }
    lines = [
        "# CIFAR-10 from the folder",
        "",
        "Importing and reading included; the test part judges.",
        "",
        "| | seconds | test accuracy | over views | each seed | memory at most |",
        "|---|---|---|---|---|---|",
        *(row(f"ConvLens, --budget {budget}", runs) for budget, runs in found.items()),
        *(ends(name, points) for name, points in curves.items() if not name.startswith("ConvLens")),
        row(f"`{PLAIN}` in ConvLens", own),
        *(ends(name, points) for name, points in plain.items()),
        "",
        *ratios(curves),
        "",
        described()
        + peers_versions(options.keras, "keras", "tensorflow-cpu")
        + peers_versions(options.fastai, "fastai", "torch"),
    ]
    plot(curves, RESULTS / f"{options.name}.svg")
    written(options.name, lines)


def comes_to(points: list[Point]) -> Point:
    """The accuracy at the end, when it was first there: what comes later would flatter us."""
    first = next(point for point in points if point.accuracy >= points[-1].accuracy)
    return Point(first.seconds, points[-1].accuracy)


def ends(name: str, points: list[Point]) -> str:
    last = comes_to(points)
    return f"| {name} | {last.seconds:.1f} | {last.accuracy:.2%} | | | |"


def ratios(curves: dict[str, list[Point]]) -> Iterator[str]:
    """How much sooner ConvLens is where each of the others ends."""
    own = curves["ConvLens"]
    for name, points in curves.items():
        if name.startswith("ConvLens"):
            continue
        last = comes_to(points)
        sooner = [p for p in own if p.accuracy >= last.accuracy]
        if sooner:
            first = min(sooner)
            yield (
                f"- {name} comes to {last.accuracy:.1%} after {last.seconds:.0f} s; ConvLens is at "
                f"{first.accuracy:.1%} after {first.seconds:.0f} s: "
                f"{last.seconds / first.seconds:.1f} times as soon."
            )


if __name__ == "__main__":
    main()
