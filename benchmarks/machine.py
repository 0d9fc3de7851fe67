"""What a benchmark ran on, and where its table goes."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

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


def written(name: str, lines: Sequence[str]) -> None:
    """Print a table and keep it in ``results/<name>.md``."""
    text = "\n".join(lines) + "\n"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    sys.stdout.write(text)
