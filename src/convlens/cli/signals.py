"""Ctrl-C and SIGTERM: once to end the step and keep what was learned, twice to end at once."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from types import FrameType
from typing import Self

import click

INTERRUPTED, TERMINATED = 130, 143
"""Exit statuses after Ctrl-C and after SIGTERM, as shells have them."""


class Terminated(KeyboardInterrupt):
    """What SIGTERM raises where it is to end the command at once."""


class Interruption(ExitStack):
    """Turns the first interrupt into a flag; the second is a KeyboardInterrupt as usual.

    ``asked`` is what training looks at between steps. While nobody looks (pictures are still being
    read), the first interrupt ends the command at once. ``status`` is what to exit with then.
    """

    def __init__(self) -> None:
        super().__init__()
        self.status = INTERRUPTED
        self._asked = False
        self._watched = False

    def asked(self) -> bool:
        """Whether to stop. From the first call on, an interrupt waits to be seen here."""
        self._watched = True
        return self._asked

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        terminated = number == signal.SIGTERM
        if self._asked or not self._watched:
            raise Terminated if terminated else KeyboardInterrupt
        self._asked = True
        self.status = TERMINATED if terminated else INTERRUPTED
        click.echo("\nstopping after this step (again: at once)", err=True)

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self.callback(signal.signal, number, signal.signal(number, self._interrupt))
        return self
