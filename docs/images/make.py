"""Makes the picture of the README from what the command really prints.

usage: python docs/images/make.py
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

HERE = Path(__file__).parent
COLUMNS = 80
FIRST, LAST = 4, 2
"""Lines of epochs shown at the start and the end of a training; an ellipsis stands between."""


def main() -> None:
    """Run the command and draw its output."""
    trained = output(["train", "digits"])
    draw("train", "convlens train digits", shortened(trained))


def output(arguments: list[str]) -> str:
    """What a command prints, stdout and stderr as they come, run in a folder of its own."""
    environment = {**os.environ, "COLUMNS": str(COLUMNS)}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "convlens", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
            cwd=folder,
            env=environment,
        )
    return done.stdout


def shortened(text: str) -> str:
    """``text`` with the middle epochs of a training left out."""
    lines = text.splitlines()
    epochs = [number for number, line in enumerate(lines) if line.startswith("epoch")]
    if len(epochs) <= FIRST + LAST:
        return text
    return "\n".join([*lines[: epochs[FIRST]], "…", *lines[epochs[-LAST] :]])


def draw(name: str, command: str, text: str) -> None:
    """Write ``<name>.svg``: a terminal with a command and what it printed."""
    shown = Text.from_ansi("\n".join(line.rstrip() for line in text.splitlines()))
    console = Console(
        record=True,
        file=io.StringIO(),
        width=max(COLUMNS, *map(len, shown.plain.splitlines())),
        color_system="truecolor",
        highlight=False,
    )
    console.print(Text(f"$ {command}", style="bold"))
    console.print(shown)
    svg = console.export_svg(title="convlens", theme=MONOKAI, unique_id=f"convlens-{name}")
    without_web_fonts = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    (HERE / f"{name}.svg").write_text(without_web_fonts, encoding="utf-8")


if __name__ == "__main__":
    main()
