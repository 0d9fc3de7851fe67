"""The errors that a user can cause, and so can mend.

ConvLensError
├── NotationError     the text of a network does not read, or its volumes do not fit
├── DataError         pictures or folders that cannot be used as they are
├── ModelFileError    a model file that is damaged, foreign or too new
├── SettingsError     a setting outside its range, or two that contradict each other
├── OutputError       a result that cannot be written where it should go
└── RunError          a run folder that is in use, damaged, too new or of another training

Each says in one line what is wrong and where; ``hint`` says what to do about it. How a
NotationError looks in full is in ``rendering``. What a user should know, though nothing failed, is
a ConvLensWarning.
"""

from __future__ import annotations

from convlens.errors import rendering
from convlens.errors.characters import printable


class ConvLensError(Exception):
    """Base of every error whose cause lies in what the user gave.

    ``message`` is one line: what is wrong, and where. ``hint`` is what to do, or None. Names and
    other people's words come as they are: what does not print of them is written as an escape.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        message = printable(message)
        super().__init__(message)
        self.message = message
        self.hint = None if hint is None else printable(hint)

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\n{self.hint}"


class NotationError(ConvLensError):
    """The text of a network does not read, or its volumes do not fit.

    ``text`` is the user's own text, ``start`` and ``end`` the offsets of the offending word in it
    (``0 <= start <= end <= len(text)``), ``expected`` what could have stood there, and
    ``correction`` a whole text that reads and fits, or None where none is known. ``fits`` is the
    (width, height) of an input that the network as it stands does fit, where it does not fit the
    one that it was given; None where that is not the trouble.

    ``str`` shows the line with a caret under the word, and the rest below it.
    """

    def __init__(
        self,
        message: str,
        *,
        text: str,
        start: int,
        end: int,
        expected: str | None = None,
        correction: str | None = None,
        fits: tuple[int, int] | None = None,
    ) -> None:
        hint = None if correction is None else f"try: {correction}"
        if fits is not None and correction is None:
            hint = f"an input of {fits[0]}x{fits[1]} would fit these layers"
        super().__init__(message)
        self.hint = hint  # may have as many lines as the text; ``rendering`` sees to the rest
        self.text = text
        self.start = start
        self.end = end
        self.expected = expected
        self.correction = correction
        self.fits = fits

    def __str__(self) -> str:
        return rendering.render(self)

    @property
    def line(self) -> int:
        """Number of the line that the offending word stands on, from 1."""
        return self.text.count("\n", 0, self.start) + 1


class DataError(ConvLensError):
    """Pictures or folders that cannot be used as they are."""


class ModelFileError(ConvLensError):
    """A model file that is damaged, foreign or too new."""


class SettingsError(ConvLensError):
    """A setting outside its range, or two that contradict each other."""


class OutputError(ConvLensError):
    """A result that cannot be written where it should go."""


class RunError(ConvLensError):
    """A run folder that is in use, damaged, too new or of another training."""


class ConvLensWarning(UserWarning):
    """Something about the data or the training that should be known, in one line."""
