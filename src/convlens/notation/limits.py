"""How large a network may be said to be; past this the text is refused at once.

The layers are few enough that the canonical text of any network that was read can be read again.
"""

from __future__ import annotations

from collections.abc import Sequence

from convlens.errors import SettingsError
from convlens.notation.volumes import Volume

MAX_TEXT = 600_000
"""Characters of a text."""

MAX_LAYERS = 5_000
"""Layers (and branches) with all repeats written out; ResNet-1202 has about 4,200."""

MAX_NESTING = 32
"""Brackets within brackets."""

MAX_BRANCHING = 16
"""RES and CAT within one another."""

MAX_NUMBER = 1_000_000
"""Any single number: filters, units, a side of a volume."""

MAX_VALUES = 2**31 - 1
"""Values of one volume."""

MAX_PARAMETERS = 2**34
"""Parameters of one layer."""


def checked_volume(sides: Sequence[int]) -> Volume:
    """Return ``sides`` (width, height, depth) as a volume; SettingsError if it cannot be one."""
    if len(sides) != 3 or not all(type(side) is int for side in sides):
        raise SettingsError(
            f"a volume is three whole numbers, width x height x depth, not {tuple(sides)}"
        )
    volume = Volume(*sides)
    if not all(1 <= side <= MAX_NUMBER for side in volume) or volume.size > MAX_VALUES:
        raise SettingsError(
            f"{volume} cannot be a volume: each side is from 1 to {MAX_NUMBER:,}, "
            f"and all values together at most {MAX_VALUES:,}"
        )
    return volume
