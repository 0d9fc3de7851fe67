"""Tables and lines on standard output: styled on a terminal, else without blanks at line ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import RenderableType


def output(*parts: RenderableType, wrap: bool = True) -> None:
    """Print ``parts`` one below the other; without ``wrap`` long lines are left to the terminal."""
    from rich.console import Console

    console = Console(highlight=False)
    if console.is_terminal:
        for part in parts:
            console.print(part, soft_wrap=not wrap)
        return
    with console.capture() as captured:
        for part in parts:
            console.print(part, soft_wrap=not wrap)
    for line in captured.get().splitlines():
        click.echo(line.rstrip())
