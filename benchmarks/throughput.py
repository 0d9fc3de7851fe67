"""How many pictures a second a small network learns from: ours beside what one would write.

ConvNetJS' CIFAR-10 network, one step after the other: ConvLens' own step, PyTorch's plain loop, the
same with channels-last and, where the processor has it, bf16, and Keras on TensorFlow (with
--keras, a Python that has it). Each contender is a process of its own; they take turns, and the
medians of the rounds count, so that a busy moment strikes all alike.

usage: python benchmarks/throughput.py [--keras PYTHON] [--rounds 7] [--name throughput]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
from machine import described, fast_loop, peers_versions, written
from peers.convlens_steps import TEXT

from convlens.network.engine import reports_bf16
from convlens.notation import Architecture

PEERS = Path(__file__).parent / "peers"
BATCHES = (128, 512)
SIDE = 4096


class Contender:
    """A process that learns for a while whenever it is told to go."""

    def __init__(self, *command: str) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.speeds: list[float] = []
        self.go()  # the first round warms up

    def go(self) -> float:
        """Pictures a second of one round."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)


def contenders(batch: int, keras: str | None) -> dict[str, Contender]:
    python, size, torch_steps = sys.executable, str(batch), str(PEERS / "torch_steps.py")
    ways, options = fast_loop()
    found = {
        "ConvLens": Contender(python, str(PEERS / "convlens_steps.py"), size),
        f"PyTorch, {ways}": Contender(python, torch_steps, size, *options),
        "PyTorch, plain loop": Contender(python, torch_steps, size),
    }
    if keras:
        found["Keras on TensorFlow"] = Contender(keras, str(PEERS / "keras_steps.py"), size)
    return found


def matrix_rate(dtype: torch.dtype) -> float:
    """Multiply-adds a second of a large matrix product."""
    a = torch.randn(SIDE, SIDE).to(dtype)
    times = []
    for _ in range(4):
        begun = time.perf_counter()
        a @ a
        times.append(time.perf_counter() - begun)
    return SIDE**3 / min(times)


def rows(batch: int, keras: str | None, rounds: int) -> tuple[list[str], float]:
    """The table's rows for a size of batch, and our median."""
    found = contenders(batch, keras)
    for _ in range(rounds):
        for one in found.values():
            one.speeds.append(one.go())
    for one in found.values():
        one.close()
    own = statistics.median(found["ConvLens"].speeds)
    lines = []
    for name, one in found.items():
        middle, least, most = statistics.median(one.speeds), min(one.speeds), max(one.speeds)
        ratio = "" if name == "ConvLens" else f"{own / middle:.2f} × as fast"
        lines.append(f"| {name} | {batch} | {middle:,.0f} | {least:,.0f} – {most:,.0f} | {ratio} |")
    return lines, own


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--keras", metavar="PYTHON", help="one that has Keras and TensorFlow")
    parser.add_argument("--name", default="throughput", help="of the file in results/")
    options = parser.parse_args()
    lines = [
        "# Learning steps of ConvNetJS' CIFAR-10 network",
        "",
        "| | batch | pictures/s, median | least – most | ConvLens is |",
        "|---|---|---|---|---|",
    ]
    for batch in BATCHES:
        found, own = rows(batch, options.keras, options.rounds)
        lines += found
    work = 3 * Architecture(TEXT).plan(classes=10).multiply_adds * own
    kinds = {"bf16": torch.bfloat16, "fp32": torch.float32}
    if not reports_bf16():
        del kinds["bf16"]
    rates = {kind: matrix_rate(dtype) for kind, dtype in kinds.items()}
    shares = ", ".join(
        f"{work / rate:.0%} of what a {kind} one reaches here ({rate / 1e9:,.0f} billion)"
        for kind, rate in rates.items()
    )
    lines += [
        "",
        f"At batches of {BATCHES[-1]} ConvLens does {work / 1e9:,.0f} billion multiply-adds a "
        f"second (three products for each of the forward pass). Of a matrix product of {SIDE}³ "
        f"that is {shares}.",
        "",
        described() + peers_versions(options.keras, "keras", "tensorflow-cpu"),
    ]
    written(options.name, lines)


if __name__ == "__main__":
    main()
