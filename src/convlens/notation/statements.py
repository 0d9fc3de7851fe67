"""One layer as it is said: its word and everything that belongs to it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from convlens.notation.amounts import Amount, at_amount, read_amount
from convlens.notation.elsewhere import OPTIONS, is_absent
from convlens.notation.faults import Fault, Remedy
from convlens.notation.tokens import Cursor, Token
from convlens.notation.words import (
    BOUNDS,
    COUNT,
    LAYER_WORDS,
    VOCABULARY,
    Word,
)

_ENDS = ("]", "[", "|", "*", "?")  # what may follow a layer without a joiner, well or ill

_NAMES = {
    "filters": "the number of filters",
    "width": "the width of the window",
    "height": "the height of the window",
    "depth": "the depth",
    "stride": "the stride",
    "pad": "the padding",
    "dilation": "the dilation",
    "groups": "the number of groups",
    "units": "the number of units",
    "group": "the number of neighbours",
    "p": "the part to drop",
    "n": "the number of neighbours",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """A layer's word with its fields, before any list is resolved."""

    name: str
    word: Word
    fields: dict[str, Any]  # an Amount, or a value that a flag stands for
    start: int
    end: int


def read_statement(cursor: Cursor) -> Statement:
    """Read the layer whose word comes next."""
    return _StatementReader(cursor).read()


class _StatementReader:
    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.token = cursor.take()
        self.name = self.token.text.upper()
        self.word = VOCABULARY[self.name]
        self.fields: dict[str, Any] = {}

    def read(self) -> Statement:
        while self._option():
            pass
        end = self.cursor.end_before
        return Statement(self.name, self.word, self.fields, self.token.start, end)

    def _option(self) -> bool:
        """Read one thing that belongs to the layer; False where the layer ends."""
        cursor = self.cursor
        token = cursor.here
        if token.kind in ("newline", "join", "end", "times") or token.text in _ENDS:
            return False
        if at_amount(cursor) and self.word.first:
            self._first()
        elif cursor.is_mark("@") and self.word.window and self.name == "CONV":
            cursor.take()
            self._window(deep=True)
        elif cursor.is_mark("/") and self.word.stride:
            cursor.take()
            self._set("stride", self._amount("stride"), token)
        elif token.kind == "word" and token.text.upper() in self.word.keys:
            self._keyword(self.word.keys[cursor.take().text.upper()], token)
        elif token.kind == "word" and token.text.upper() in self.word.flags:
            field, value = self.word.flags[cursor.take().text.upper()]
            self._set(field, value, token)
        else:
            raise self._unknown()
        return True

    def _first(self) -> None:
        token = self.cursor.here
        if self.word.first == "window":
            self._window(deep=False)
        else:
            field = str(self.word.first)
            self._set(field, self._amount(field), token)

    def _keyword(self, field: str, token: Token) -> None:
        self.cursor.take_mark("=")
        if field == "window":
            self._window(deep=self.name == "CONV")
        elif field == "pad" and self.cursor.is_word("SAME", "VALID"):
            self._set(field, "same" if self.cursor.take().text.upper() == "SAME" else 0, token)
        else:
            self._set(field, self._amount(field), token)

    def _window(self, *, deep: bool) -> None:
        """Read ``F``, ``FxF`` or, of a convolution, ``FxFxD``."""
        token = self.cursor.here
        for field in ("width", "height", "depth")[: 3 if deep else 2]:
            self._set(field, self._amount(field), token)
            if self.cursor.here.kind != "times":
                return
            times = self.cursor.take()
        sides = "a width, a height and a depth" if deep else "a width and a height"
        raise Fault(
            f"{self.name}: a window has {sides}, no more",
            times.start,
            times.end,
            expected=self.word.shape,
            remedies=[((times.start, self.cursor.here.end, ""),)],
        )

    def _amount(self, field: str) -> Amount:
        what = _NAMES.get(field, field)
        return read_amount(self.cursor, f"{self.name}: {what}", BOUNDS.get(field, COUNT))

    def _set(self, field: str, value: object, token: Token) -> None:
        if field in self.fields:
            what = _NAMES.get(field, field).removeprefix("the ")
            end = self.cursor.end_before
            raise Fault(
                f"{self.name}: the {what} is said twice",
                token.start,
                end,
                expected=f"one {what}",
                remedies=[((token.start, end, ""),)] if self.fields[field] == value else [],
            )
        self.fields[field] = value

    def _unknown(self) -> Fault:
        token = self.cursor.here
        return Fault(
            f"{self.name} does not take {token.shown()}",
            token.start,
            token.end,
            expected=f"{self.word.shape}; or '-' and the next layer",
            remedies=self._remedies(token),
        )

    def _remedies(self, token: Token) -> Iterator[Remedy]:
        here = (token.start, token.end)
        if token.kind == "word":
            yield from self._respelled(token)
        elif token.text == ",":
            yield ((*here, " -"),)
            yield ((*here, ""),)
        elif token.kind != "number" or not self.word.first:
            yield ((*here, ""),)

    def _respelled(self, token: Token) -> Iterator[Remedy]:
        upper, here = token.text.upper(), (token.start, token.end)
        if upper in LAYER_WORDS or upper == "INPUT":
            gap = self.cursor.end_before
            yield ((gap, token.start, " - "),)
        if upper in OPTIONS:
            yield ((*here, OPTIONS[upper]),)
        letters = upper.rstrip("0123456789")
        if letters.lower() in self.word.options and letters != upper:
            yield ((token.start + len(letters), token.start + len(letters), " "),)
        for near in difflib.get_close_matches(token.text.lower()[:32], self.word.options, 2, 0.6):
            if near != "nobias" or not upper.endswith("BIAS"):  # the opposite is no slip
                yield ((*here, near),)
        if not is_absent(upper):
            for near in difflib.get_close_matches(upper[:32], LAYER_WORDS, 2, 0.7):
                yield ((self.cursor.end_before, token.end, f" - {near}"),)
