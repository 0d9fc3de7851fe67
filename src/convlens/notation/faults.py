"""What goes wrong while a network is read or traced, before it becomes a NotationError.

A fault carries *remedies*: edits of the text that may mend it. They are guesses; a correction is
offered only once it has been read, and where the input is known traced, without a fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum, auto

from convlens.notation.layers import Layer
from convlens.notation.volumes import Volume

_WORD = re.compile(r"\w")

Edit = tuple[int, int, str]
"""Replace ``text[start:end]`` by the string."""

Remedy = tuple[Edit, ...]
"""Edits to be made together; they do not overlap."""


class Fault(Exception):  # noqa: N818
    """Something wrong at ``text[start:end]``, and what may mend it.

    ``layers`` is how many had been read by then, all repeats written out; 0 where the structure
    of the text is at fault.
    """

    def __init__(
        self,
        message: str,
        start: int,
        end: int,
        *,
        expected: str | None = None,
        remedies: Iterable[Remedy] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.expected = expected
        self.remedies = tuple(remedies)
        self.layers = 0


class Cause(Enum):
    """Why a layer that reads well does not fit."""

    UNEVEN = auto()  # the window does not fit a whole number of times
    TOO_LARGE = auto()  # the window is larger than the volume
    DEPTH = auto()  # K@FxFxD claims another depth
    GROUPS = auto()  # the depth does not divide into the groups
    MAXOUT = auto()  # the depth does not divide into maxout's groups
    BRANCHES = auto()  # the branches of CAT differ in size
    SUM = auto()  # the paths of RES differ in volume
    CLASSES = auto()  # a bare FC, and nobody says how many classes there are
    END = auto()  # the network does not end in one value for each class
    SIZE = auto()  # absurdly many values or parameters


OF_THE_INPUT = frozenset((Cause.UNEVEN, Cause.TOO_LARGE, Cause.BRANCHES, Cause.SUM))
"""Causes that may go away on an input of another size."""


class Misfit(Exception):  # noqa: N818
    """A layer that does not fit the volume before it.

    ``position`` counts the layers as they were read, RES and CAT before their insides; it is
    ``None`` where the network as a whole does not fit.
    """

    def __init__(
        self,
        cause: Cause,
        message: str,
        *,
        position: int | None,
        layer: Layer,
        volume: Volume | None = None,
        classes: int | None = None,
        expected: str | None = None,
    ) -> None:
        super().__init__(message)
        self.cause = cause
        self.message = message
        self.position = position
        self.layer = layer
        self.volume = volume
        self.classes = classes
        self.expected = expected


def apply(text: str, remedy: Remedy) -> str:
    """Return ``text`` with the edits of ``remedy`` made; what is taken out leaves no gap."""
    for start, end, replacement in sorted(remedy, reverse=True):
        before, after = text[:start], text[end:]
        if not replacement and before[-1:] in ("", " ", "\n"):
            after = after.lstrip(" ")
        if not replacement and after[:1] in ("", "\n", "]"):
            before = before.rstrip(" ")
        glued = not replacement and _WORD.match(before[-1:]) and _WORD.match(after)
        text = before + (" " if glued else replacement) + after
    return text
