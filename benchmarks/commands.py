"""Runs the commands that a benchmark compares, and reads what they print."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

Told = dict[str, float]


def lines_of(*command: str) -> Iterator[Told]:
    """What a process prints, a document a line."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("{"):
                yield json.loads(line)
    if process.returncode:
        raise SystemExit(f"failed: {' '.join(command)}")


def trained(data: Path, budget: float | None, seed: int, *more: str) -> Told:
    """What `convlens train DATA --budget N --json` says, nothing cached.

    And ``peak_memory``: the most that the process held, in bytes.
    """
    with tempfile.TemporaryDirectory() as scratch:
        out = str(Path(scratch) / "model.safetensors")
        command = [sys.executable, "-m", "convlens", "train", str(data), "--no-cache", "--json"]
        command += ["--quiet", "--seed", str(seed), "--out", out, *more]
        if budget is not None:
            command += ["--budget", f"{budget}s"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            printed = process.stdout.read()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"failed: {' '.join(command)}")
    found: Told = json.loads(printed.splitlines()[-1])
    found["peak_memory"] = used.ru_maxrss * 1024
    print(f"  convlens: {found['seconds']:.0f} s {found['test_accuracy']:.2%}", file=sys.stderr)
    return found
