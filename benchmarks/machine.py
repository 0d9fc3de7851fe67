"""What a benchmark ran on, and where its table goes."""

from __future__ import annotations

import contextlib
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from convlens.network.engine import reports_bf16

RESULTS = Path(__file__).parent / "results"


def processor() -> str:
    """The processor's name, as far as the system tells."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def described(*packages: str) -> str:
    """Processor, number of processors, versions, in one sentence."""
    known = [f"Python {platform.python_version()}"]
    for package in ("convlens", "torch", "numpy", *packages):
        try:
            known.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return f"{processor()}, {os.cpu_count()} processors; {', '.join(known)}; {platform.system()}."


def peers_versions(python: str | None, *packages: str) -> str:
    """What another Python, in which peers run, has installed of ``packages``; empty without one."""
    if python is None:
        return ""
    asked = (
        "import sys\nfrom importlib.metadata import version\n"
        "print(', '.join(f'{name} {version(name)}' for name in sys.argv[1:]))"
    )
    command = [python, "-c", asked, *packages]
    return " " + subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def fast_loop() -> tuple[str, list[str]]:
    """What makes a loop in PyTorch fast on this processor, and the peers' options for it.

    Without tiles bf16 is slower, up to hundreds of times: nobody takes it there.
    """
    if reports_bf16():
        return "channels-last + bf16", ["--channels-last", "--bf16"]
    return "channels-last", ["--channels-last"]


def written(name: str, lines: Sequence[str]) -> None:
    """Print a table and keep it in ``results/<name>.md``."""
    text = "\n".join(lines) + "\n"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    sys.stdout.write(text)
