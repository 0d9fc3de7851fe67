"""Standard output and error as a command finds them: a pipe or a terminal, in any encoding."""

from __future__ import annotations

import contextlib
import io
import os
import re
import threading
import tty
from typing import NamedTuple

from convlens.cli.main import run

RICH = re.compile(r"\x1b\[(?:[0-9]{1,2}m|1;31m|\?25[lh]|2K|1A)|\r")
"""Styles and movements of the cursor as rich writes them here."""

STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""All that steers a terminal but ends of lines and tabs."""


class Told(NamedTuple):
    """Status and text of a command, read from its bytes strictly as the encoding has it."""

    status: int
    out: str
    err: str
    terminal: bool

    @property
    def steering(self):
        """What steers a terminal and is not rich's own on one."""
        text = self.out + self.err
        return STEERING.findall(RICH.sub("", text) if self.terminal else text)


def on_a_pipe(encoding, arguments):
    """Run a command in this process, its streams as a shell's redirection gives them."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run([str(argument) for argument in arguments])
    err.flush()
    said = (stream.buffer.getvalue().decode(encoding) for stream in (out, err))
    return Told(status, *said, terminal=False)


def on_a_terminal(encoding, arguments):
    """Run a command in this process, each stream a terminal of its own."""
    with (
        Terminal(encoding) as out,
        Terminal(encoding) as err,
        contextlib.redirect_stdout(out.stream),
        contextlib.redirect_stderr(err.stream),
    ):
        status = run([str(argument) for argument in arguments])
    return Told(status, out.text, err.text, terminal=True)


class Terminal:
    """A pseudo-terminal that passes on what is written as it is."""

    def __init__(self, encoding):
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self._encoding, self._bytes = encoding, b""
        self.stream = os.fdopen(self._slave, "w", encoding=encoding)
        self._reader = threading.Thread(target=self._read)

    def __enter__(self):
        self._reader.start()
        return self

    def __exit__(self, *_):
        self.stream.close()  # the reader sees the end after all that came before
        self._reader.join()
        os.close(self._master)
        self.text = self._bytes.decode(self._encoding)

    def _read(self):
        with contextlib.suppress(OSError):  # so Linux says that the other end was closed
            while piece := os.read(self._master, 1 << 16):
                self._bytes += piece
