"""CIFAR-10 from the folder of pictures: accuracy against seconds, ours beside the usual tools.

Every contender reads the same folder, and its clock runs from its start to the end, importing and
reading included, judging left out. One after the other, on the same machine, in one run:

- ConvLens: `convlens train DATA --budget N` for several N, nothing cached; the test accuracy that
  it prints itself, as it is and averaged over views.
- PyTorch's tutorial loop, on the tutorial's network; batches of 4, as there.
- Keras 3 on TensorFlow: the network of TensorFlow's tutorial on convolutions.
- fastai: the folder, xresnet18, one cycle of five epochs.

And the plain network `[CONV 32 - RELU - POOL]*3 - FC` for a minute: in ConvLens, by the tutorial's
loop, and by a loop with channels-last, larger batches and, where the processor has it, bf16.

usage: python benchmarks/training.py DATA [--keras PYTHON] [--fastai PYTHON] [--budgets 20,30,60]
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from commands import lines_of, trained
from machine import RESULTS, described, fast_loop, written

PEERS = Path(__file__).parent / "peers"
PLAIN = "INPUT - [CONV 32 - RELU - POOL]*3 - FC"


TICKS = (10, 20, 30, 60, 120, 240, 600, 1200, 2400)
"""Seconds that the plot names."""


class Point(NamedTuple):
    """A test accuracy reached after so many seconds."""

    seconds: float
    accuracy: float


def peer(python: str, script: str, *arguments: str) -> list[Point]:
    """A contender's points, told as it goes."""
    points = []
    for line in lines_of(python, str(PEERS / script), *arguments):
        points.append(Point(line["seconds"], line["test_accuracy"]))
        print(f"  {script}: {points[-1].seconds:.0f} s {points[-1].accuracy:.2%}", file=sys.stderr)
    return points


def convlens(data: Path, budget: float, seed: int, *more: str) -> tuple[Point, Point]:
    """One training: its accuracy as it is, and averaged over views."""
    found = trained(data, budget, seed, *more)
    seconds = found["seconds"]
    return Point(seconds, found["test_accuracy"]), Point(seconds, found["test_accuracy_views"])


def budgets(data: Path, wanted: list[float], seeds: int) -> dict[float, list[tuple[Point, Point]]]:
    return {budget: [convlens(data, budget, seed) for seed in range(seeds)] for budget in wanted}


def mean(points: list[Point]) -> Point:
    return Point(*(statistics.mean(values) for values in zip(*points, strict=True)))


def own_rows(found: dict[float, list[tuple[Point, Point]]]) -> Iterator[str]:
    for budget, runs in found.items():
        one, views = (mean([run[kind] for run in runs]) for kind in (0, 1))
        spread = " ".join(f"{run[0].accuracy:.2%}" for run in runs)
        yield (
            f"| ConvLens, --budget {budget:g}s | {one.seconds:.1f} | {one.accuracy:.2%} | "
            f"{views.accuracy:.2%} | {spread} |"
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
    axes.set_title("CIFAR-10 from the folder, two processors")
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
    data = options.data
    found = budgets(data, [float(b) for b in options.budgets.split(",")], options.seeds)
    curves = {
        "ConvLens": [mean([run[0] for run in runs]) for runs in found.values()],
        "ConvLens, over views": [mean([run[1] for run in runs]) for runs in found.values()],
        "PyTorch tutorial": peer(sys.executable, "torch_loop.py", str(data), "--seconds", "180"),
    }
    if options.keras:
        curves["Keras tutorial"] = peer(options.keras, "keras_loop.py", str(data))
    if options.fastai:
        curves["fastai, xresnet18"] = peer(options.fastai, "fastai_loop.py", str(data))
    ways, fast = fast_loop()
    plain = {
        f"`{PLAIN}` in ConvLens": convlens(data, 60, 0, "--net", PLAIN)[0],
        "the same by the tutorial's loop": peer(
            sys.executable, "torch_loop.py", str(data), "--net", "plain", "--seconds", "60"
        )[-1],
        f"the same in {ways}, batches of 128, rate 0.05": peer(
            sys.executable, "torch_loop.py", str(data), "--net", "plain", "--seconds", "60",
            "--batch", "128", "--rate", "0.05", *fast,
        )[-1],
    }  # fmt: skip
    lines = [
        "# CIFAR-10 from the folder",
        "",
        "Importing and reading included; the test part judges.",
        "",
        "| | seconds | test accuracy | over views | each seed |",
        "|---|---|---|---|---|",
        *own_rows(found),
    ]
    for name, points in curves.items():
        if not name.startswith("ConvLens"):
            best = max(points, key=lambda p: p.accuracy)
            lines.append(f"| {name} | {best.seconds:.1f} | {best.accuracy:.2%} | | |")
    lines += [f"| {name} | {p.seconds:.1f} | {p.accuracy:.2%} | | |" for name, p in plain.items()]
    lines += ["", *ratios(curves), "", described("keras", "fastai")]
    plot(curves, RESULTS / f"{options.name}.svg")
    written(options.name, lines)


def ratios(curves: dict[str, list[Point]]) -> Iterator[str]:
    """How much sooner ConvLens is where each of the others ends."""
    own = curves["ConvLens"]
    for name, points in curves.items():
        if name.startswith("ConvLens"):
            continue
        best = max(points, key=lambda p: p.accuracy)
        sooner = [p for p in own if p.accuracy >= best.accuracy]
        if sooner:
            first = min(sooner)
            ratio = best.seconds / first.seconds
            yield (
                f"- {name} ends at {best.accuracy:.1%} after {best.seconds:.0f} s; ConvLens is at "
                f"{first.accuracy:.1%} after {first.seconds:.0f} s: {ratio:.1f} times as soon."
            )


if __name__ == "__main__":
    main()
