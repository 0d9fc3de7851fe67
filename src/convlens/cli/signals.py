"""Ctrl-C: once to end the step and keep what was learned, twice to end at once."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any, Self

import click


class Interruption:
    """Turns the first interrupt into a flag; the second is a KeyboardInterrupt as usual.

    ``asked`` is what training looks at between steps. While nobody looks (pictures are still being
    read), the first interrupt ends the command at once.
    """

    def __init__(self) -> None:
        self._asked = False
        self._watched = False
        self._before: Any = signal.default_int_handler

    def asked(self) -> bool:
        """Whether to stop. From the first call on, an interrupt waits to be seen here."""
        self._watched = True
        return self._asked

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._asked or not self._watched:
            raise KeyboardInterrupt
        self._asked = True
        click.echo("\nstopping after this step (again: at once)", err=True)

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.signal(signal.SIGINT, self._before)
