"""Where text leaves: standard output and standard error, as any terminal, file and pipe takes them.

Whatever is printed while ``guarded`` is open goes through here, messages of libraries too. It
cannot steer a terminal, what the encoding cannot hold is written as an escape, and a progress line
that nobody takes ends nothing.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import TextIO, cast

from convlens.errors import OutputError
from convlens.errors.characters import harmless

PLAIN = {
    "…": "...", "–": "-", "−": "-", "·": ".", "×": "x", "→": "->", "±": "+-", "━": "=", "╌": "-",
    "\ufffd": "?",
}  # fmt: skip
"""The signs in ConvLens's own lines and bars, as ASCII has them."""


def _plain(error: UnicodeError) -> tuple[str, int]:
    """What stands for one character that an encoding lacks, and where to go on."""
    assert isinstance(error, UnicodeEncodeError)
    character, after = error.object[error.start], error.start + 1
    escaped = character.encode("ascii", "backslashreplace").decode("ascii")
    return PLAIN.get(character, escaped), after


codecs.register_error("convlens.plain", _plain)


class ReaderGoneError(Exception):
    """Nobody takes what is written to standard output: it is closed, or a pipe without a reader."""


class Guarded:
    """A text stream before ``stream``, or before nothing where that was closed.

    What an ``optional`` one cannot write is dropped, and so is all that follows. Else
    ReaderGoneError is raised where there is no reader, OutputError where writing fails, again and
    again, since click tries streams out and minds no error of that.
    """

    # No ``buffer`` and no ``fileno``: click would write there, past all of this, where the encoding
    # is ASCII and on consoles of Windows.

    def __init__(self, stream: TextIO | None, *, optional: bool) -> None:
        self._stream = stream
        self._optional = optional
        self._fault: Exception = ReaderGoneError()
        self._terminal = stream is not None and not stream.closed and stream.isatty()
        self.encoding = getattr(stream, "encoding", None) or "utf-8"
        self.errors = "strict"

    def isatty(self) -> bool:
        """Whether a terminal shows what is written."""
        return self._terminal

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, text: str) -> int:
        """Write ``text``, harmless. A first carriage return stays, as bars of libraries have it."""
        again = text.startswith("\r")
        self.write_trusted(text[:again] + harmless(text[again:]))
        return len(text)

    def write_trusted(self, text: str) -> None:
        """Write ``text`` that is known to be harmless, or to steer a terminal as it should."""
        if not text.isascii():
            text = text.encode(self.encoding, "convlens.plain").decode(self.encoding)
        if self._stream is None and not self._optional:
            raise self._fault
        self._attempt(lambda stream: stream.write(text))

    def flush(self) -> None:
        """Have what was written on its way."""
        self._attempt(lambda stream: stream.flush())

    def _attempt(self, action: Callable[[TextIO], object]) -> None:
        stream = self._stream
        if stream is None:
            return
        try:
            action(stream)
        except RuntimeError:  # a signal that came within a write has something to say too
            if not self._optional:
                raise
        except (OSError, ValueError) as error:  # ValueError: closed meanwhile
            self._stream = None
            _discard(stream)
            if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
                reason = (error.strerror or str(error)).lower()
                self._fault = OutputError(f"cannot write the output: {reason}")
            if not self._optional:
                raise self._fault from None


def _discard(stream: TextIO) -> None:
    """Let what is left in the stream's buffers go nowhere, not fail once more when Python ends."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


class Trusted:
    """The same stream for a rich console, whose escapes are meant; its segments are harmless."""

    def __init__(self, stream: Guarded) -> None:
        self._stream = stream
        self.encoding = stream.encoding
        self.isatty, self.flush = stream.isatty, stream.flush

    def write(self, text: str) -> int:
        """Write ``text`` as it is, as far as the encoding has it."""
        self._stream.write_trusted(text)
        return len(text)


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Within it ``sys.stdout`` and ``sys.stderr`` are guarded; the second may fail unseen."""
    out, err = sys.stdout, sys.stderr
    sys.stdout = cast(TextIO, Guarded(out, optional=False))
    sys.stderr = cast(TextIO, Guarded(err, optional=True))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err


def trusted(stream: TextIO) -> TextIO:
    """What a rich console writes to, so that it reaches ``stream``."""
    return cast(TextIO, Trusted(stream)) if isinstance(stream, Guarded) else stream


def fill_closed_descriptors() -> None:
    """Open the null device where a standard stream is closed.

    Else the next file that is opened, a model or a log, would take its number, and whoever writes
    to the descriptor as such, as libraries of C do, would write into it.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest number is taken
