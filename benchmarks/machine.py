"""What a benchmark ran on, and where its table goes."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from convlens.network.engine import reports_bf16
from convlens.network.trial import processor

RESULTS = Path(__file__).parent / "results"


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

    bf16 is hundreds of times slower on a processor that does not have it: nobody takes it there.
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
