"""A bar for each stage of a longer command on stderr; plain lines where there is no terminal."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import Self

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from convlens.terminal.console import console_on

WIDTH = 30


class Stages(ExitStack):
    """Called with what is being done, how much of it is done, and of how much; a context."""

    def __init__(self, quiet: bool) -> None:
        super().__init__()
        self.console = console_on(sys.stderr)
        self.quiet = quiet
        self.bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(WIDTH),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
        )
        self._stage = ""
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if self.console.is_terminal and not self.quiet:
            self.enter_context(self.bars)
        return self

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show how far ``stage`` has come."""
        if self.quiet:
            return
        if stage != self._stage:
            self._stage = stage
            if not self.console.is_terminal:
                self.console.print(f"{stage} …")
            if self._task is not None:
                self.bars.remove_task(self._task)
            self._task = self.bars.add_task(f"{stage:<18}", total=total)
        if self._task is not None:
            self.bars.update(self._task, completed=done, total=total)
