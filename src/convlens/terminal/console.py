"""Rich's console, in which only styles and cursor movements of its own steer the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from convlens.errors.characters import harmless
from convlens.terminal.streams import trusted


class HarmlessConsole(Console):
    """A console in whose text nothing steers the terminal, wherever the text comes from."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Segments as rich has them, with what would steer written as escapes."""
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment(harmless(text), style)


def console_on(stream: TextIO, **options: Any) -> Console:
    """A console on standard output or standard error, with ``options`` of rich's."""
    return HarmlessConsole(file=trusted(stream), highlight=False, **options)
