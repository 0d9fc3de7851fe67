"""CIFAR-10 on a GPU: ConvLens beside the record script airbench94_muon.py, on the same folder.

One after the other, on the same machine, in one run:

- ConvLens: `convlens train DATA --budget N` for several N, nothing cached.
- airbench94_muon.py, fetched by whoever runs this from its own repository and given by its path.

Seconds of the whole run from a command's start, importing, reading and compiling included; seconds
of learning by each one's own clock.

usage: python benchmarks/gpu.py DATA --airbench SCRIPT [--budgets 12,16,20] [--seeds 1] [--runs 5]
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

import torch
from commands import Told, lines_of, trained
from machine import described, written

PEER = Path(__file__).parent / "peers" / "airbench.py"


def convlens(data: Path, budget: float, seed: int) -> Told:
    found = trained(data, budget, seed)
    return {**found, "own_seconds": found["training_seconds"]}


def row(name: str, runs: list[Told]) -> str:
    seconds, own, plain, views = (
        statistics.mean(run[key] for run in runs)
        for key in ("seconds", "own_seconds", "test_accuracy", "test_accuracy_views")
    )
    each = " ".join(f"{run['test_accuracy_views']:.2%}" for run in runs)
    return f"| {name} | {seconds:.1f} | {own:.1f} | {plain:.2%} | {views:.2%} | {each} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--airbench", type=Path, metavar="SCRIPT")
    parser.add_argument("--budgets", default="12,16,20")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    rows, data = [], options.data
    if options.airbench:
        command = [sys.executable, str(PEER), str(options.airbench), str(data)]
        runs = list(lines_of(*command, "--runs", str(options.runs)))
        first = runs[0]["seconds"]
        runs = [{**run, "seconds": first} for run in runs]
        rows.append(row(f"airbench94_muon.py, {len(runs)} runs behind one that warms up", runs))
    for budget in (float(one) for one in options.budgets.split(",")):
        runs = [convlens(data, budget, seed) for seed in range(options.seeds)]
        rows.append(row(f"ConvLens, --budget {budget:g}s", runs))
    lines = [
        "# CIFAR-10 from the folder, on a GPU",
        "",
        "The test part judges. In all: from the start of the command to its first result.",
        "",
        "| | seconds in all | of them learning | test accuracy | over views | each |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
        f"{torch.cuda.get_device_name()}; {described()}",
    ]
    written("gpu", lines)


if __name__ == "__main__":
    main()
