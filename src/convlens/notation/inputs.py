"""INPUT and its volume."""

from __future__ import annotations

from convlens.errors import SettingsError
from convlens.notation.amounts import Number, at_amount, read_amount
from convlens.notation.faults import Fault, Remedy
from convlens.notation.limits import checked_volume
from convlens.notation.tokens import Cursor
from convlens.notation.volumes import Volume
from convlens.notation.words import COUNT

_EXPECTED = "width x height x depth, such as 32x32x3 for a small colour picture"


def read_input(cursor: Cursor) -> tuple[Volume | None, tuple[int, int]]:
    """Read ``INPUT`` or ``INPUT WxHxD`` and return the volume, if said, with its span.

    The span is empty where INPUT is left out.
    """
    start = cursor.here.start
    if not cursor.is_word("INPUT"):
        return None, (start, start)
    cursor.take()
    if cursor.is_mark("[") and cursor.after.kind == "number":
        raise _bracketed(cursor)
    if not at_amount(cursor):
        return None, (start, cursor.end_before)
    first = cursor.here.start
    sides = _sides(cursor)
    if len(sides) < 3 or cursor.here.kind == "times":
        raise _incomplete(sides, first, cursor.end_before)
    try:
        return checked_volume(sides), (start, cursor.end_before)
    except SettingsError as error:
        raise Fault(f"INPUT: {error.message}", first, cursor.end_before) from None


def read_volume(text: str) -> Volume:
    """Return the volume that a text such as ``32x32x3`` says; SettingsError where it says none."""
    parts = text.lower().replace("×", "x").split("x")
    if not all(part.strip().isdecimal() and part.isascii() for part in parts):
        parts = []
    if len(parts) != 3 or any(len(part) > 9 for part in parts):
        raise SettingsError(f"'{text[:32]}' is not a volume", f"expected: {_EXPECTED}")
    return checked_volume([int(part) for part in parts])


def _sides(cursor: Cursor) -> list[int]:
    sides: list[int] = []
    for side in ("width", "height", "depth"):
        amount = read_amount(cursor, f"INPUT: the {side}", COUNT)
        if not isinstance(amount, Number):
            break
        sides.append(int(amount.value))
        if cursor.here.kind != "times" or side == "depth":
            break
        cursor.take()
    return sides


def _bracketed(cursor: Cursor) -> Fault:
    opening = cursor.here
    close = cursor.text.find("]", opening.end)
    remedies: list[Remedy] = [((opening.start, opening.end, ""), (close, close + 1, ""))]
    return Fault(
        "INPUT has its volume without brackets",
        opening.start,
        opening.end,
        expected=_EXPECTED,
        remedies=remedies if close >= 0 else [],
    )


def _incomplete(sides: list[int], start: int, end: int) -> Fault:
    said = "x".join(map(str, sides))
    square = "x".join(map(str, (*sides, *sides)[:2]))
    return Fault(
        f"INPUT {said} is not a volume" if len(sides) < 3 else "INPUT has three sides only",
        start,
        end,
        expected=_EXPECTED,
        remedies=[((start, end, f"{square}x{depth}"),) for depth in (3, 1)]
        if len(sides) < 3
        else [((end, end, " - "),)],
    )
