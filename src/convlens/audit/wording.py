"""Numbers of things, in words."""

from __future__ import annotations

from collections.abc import Sequence

NAMED = 4
"""Names given in a line; of more it is said how many."""


def counted(number: int, one: str, many: str | None = None) -> str:
    """``1 picture``, ``1,200 pictures``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def named(names: Sequence[str]) -> str:
    """Names with commas between, the first few of many."""
    shown = ", ".join(names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED:,} more"
