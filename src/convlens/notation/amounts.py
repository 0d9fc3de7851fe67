"""Numbers in the text: one, or a list that steps through the rounds of a repeat."""

from __future__ import annotations

from dataclasses import dataclass

from convlens.notation.faults import Fault
from convlens.notation.tokens import Cursor, Token, clip
from convlens.notation.words import Bounds

_MAX_DIGITS = 30
_MAX_STEPS = 1_000


@dataclass(frozen=True, slots=True)
class Number:
    """A number that stays the same."""

    value: int | float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Steps:
    """A list ``{16,32,64}``: one value for each round of a repeat."""

    values: tuple[int | float, ...]
    start: int
    end: int


Amount = Number | Steps


def at_amount(cursor: Cursor) -> bool:
    """Tell whether a number or a list comes next."""
    return cursor.here.kind == "number" or cursor.is_mark("{")


def read_amount(cursor: Cursor, what: str, bounds: Bounds) -> Amount:
    """Read a number or a list of them; ``what`` names it in a message (``"a stride"``)."""
    if not cursor.is_mark("{"):
        token = cursor.here
        return Number(_number(cursor, what, bounds), token.start, token.end)
    start = cursor.take().start
    values: list[int | float] = []
    while True:
        values.append(_number(cursor, what, bounds))
        if cursor.take_mark("}"):
            return Steps(tuple(values), start, cursor.end_before)
        if len(values) == _MAX_STEPS:
            raise Fault(f"a list has at most {_MAX_STEPS:,} numbers", start, cursor.here.end)
        if not cursor.take_mark(","):
            raise _unclosed(cursor)


def _unclosed(cursor: Cursor) -> Fault:
    token, gap = cursor.here, cursor.end_before
    remedies = [((gap, gap, "}"),)]
    if token.kind == "number":
        remedies.insert(0, ((gap, gap, ","),))
    elif token.kind not in ("end", "newline", "join"):
        remedies.append(((token.start, token.end, ","),))
    return Fault(
        f"{token.shown()} stands inside a list of numbers",
        token.start,
        token.end,
        expected="',' and another number, or '}' to close the list",
        remedies=remedies,
    )


def _number(cursor: Cursor, what: str, bounds: Bounds) -> int | float:
    token = cursor.here
    if token.kind != "number":
        raise _missing(cursor, what, bounds)
    cursor.take()
    if len(token.text) > _MAX_DIGITS:
        raise _outside(token, what, bounds, None)
    value: int | float = int(token.text) if token.text.isdigit() else float(token.text)
    if bounds.whole and not isinstance(value, int):
        raise _outside(token, what, bounds, round(value) if abs(value) < bounds.high else None)
    if not bounds.low <= value <= bounds.high:
        closest = bounds.low if value < bounds.low else bounds.high
        raise _outside(token, what, bounds, closest)
    return value


def _outside(token: Token, what: str, bounds: Bounds, closest: float | None) -> Fault:
    remedies = []
    if closest is not None and closest != bounds.high:
        remedies.append(((token.start, token.end, f"{max(closest, bounds.low):g}"),))
    elif closest is not None and not bounds.whole:
        remedies.append(((token.start, token.end, "0.5"),))
    shown = clip(token.text)
    large = bounds.high > 1 and closest in (None, bounds.high)
    limit = f", at most {bounds.high:,.0f}" if large else ""
    return Fault(
        f"{what} cannot be {shown}",
        token.start,
        token.end,
        expected=f"{bounds}{limit}",
        remedies=remedies,
    )


def _missing(cursor: Cursor, what: str, bounds: Bounds) -> Fault:
    token = cursor.here
    low = f"{max(bounds.low, 1):g}" if bounds.whole else "0.5"
    if token.kind == "join" and cursor.after.kind == "number":
        number = cursor.after
        return Fault(
            f"{what} cannot be negative: -{clip(number.text)}",
            token.start,
            number.end,
            expected=str(bounds),
            remedies=[
                ((token.start, token.end, ""),),
                ((token.start, number.end, f"{bounds.low:g}"),),
            ],
        )
    gap = cursor.end_before
    before = cursor.before
    tight = before is not None and before.kind in ("mark", "times")
    remedies = [((gap, gap, low if tight else f" {low}"),)]
    if token.kind not in ("end", "newline", "join", "word"):
        remedies.insert(0, ((token.start, token.end, low),))
    if before and tight and before.text != "*":
        remedies.insert(0, ((before.start, before.end, ""),))
    return Fault(
        f"{what} is missing before {token.shown()}",
        token.start,
        token.end,
        expected=str(bounds),
        remedies=remedies,
    )
