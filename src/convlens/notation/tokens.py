"""A network's text as words, numbers and marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from convlens.notation.faults import Fault
from convlens.notation.limits import MAX_TEXT

TokenKind = Literal["newline", "join", "number", "times", "word", "mark", "stray", "end"]

# `x` is a sign of multiplication before a number, and wherever it stands alone. A word takes the
# digits behind it along (CONV2D, l2), but not those of a shape: CONV16@5x5, POOL2x2.
_TOKEN = re.compile(
    r"""
      (?P<space>(?:[^\S\n]|\#[^\n]*)+)
    | (?P<newline>\n(?:\s|\#[^\n]*)*)
    | (?P<join>-{1,3}>|[-→–—−])
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<times>×|[xX](?=[ \t]*[0-9{])|[xX](?![A-Za-z0-9_]))
    | (?P<word>[A-Za-z_]+(?=[0-9]+[ ]?@|[0-9]+[xX×][0-9])|[A-Za-z_][A-Za-z0-9_]*)
    | (?P<mark>[]\[{}|*@/=,])
    | (?P<stray>\w+|.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or mark at ``text[start:end]``; the last token is the text's end."""

    kind: TokenKind
    text: str
    start: int
    end: int

    def shown(self) -> str:
        """Return the token as a message names it."""
        if self.kind == "end":
            return "the end of the text"
        if self.kind == "newline":
            return "the end of the line"
        return f"'{clip(self.text)}'"


def clip(word: str, length: int = 32) -> str:
    """Return ``word``, or its beginning and an ellipsis where it is long."""
    return word if len(word) <= length else word[: length - 1] + "…"


def tokenize(text: str) -> Iterator[Token]:
    """Yield the tokens of ``text``; the end follows the last that is not a new line."""
    newline = None
    end = 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "space":
            continue
        token = Token(kind, match.group(), match.start(), match.end())  # type: ignore[arg-type]
        if kind == "newline":
            newline = token
            continue
        if newline:
            yield newline
            newline = None
        yield token
        end = token.end
    yield Token("end", "", end, end)


class Cursor:
    """A place among the tokens of a text, which are read as they are needed."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_TEXT:
            message = f"the text has {len(text):,} characters; a network may have {MAX_TEXT:,}"
            raise Fault(message, MAX_TEXT, MAX_TEXT)
        self.text = text
        self._rest = tokenize(text)
        self._tokens = [next(self._rest)]
        self._at = 0

    @property
    def here(self) -> Token:
        """The token that comes next."""
        return self._tokens[self._at]

    @property
    def before(self) -> Token | None:
        """The token that was taken last."""
        return self._tokens[self._at - 1] if self._at else None

    @property
    def after(self) -> Token:
        """The token behind the next one."""
        if self._at + 1 == len(self._tokens):
            self._tokens.append(next(self._rest, self.here))
        return self._tokens[self._at + 1]

    @property
    def end_before(self) -> int:
        """Where the token that was taken last ends."""
        return self.before.end if self.before else 0

    def take(self) -> Token:
        """Return the next token and go past it; the end is never passed."""
        token = self.here
        if token.kind != "end":
            assert self.after
            self._at += 1
        return token

    def is_mark(self, *marks: str) -> bool:
        """Tell whether the next token is one of these marks."""
        return self.here.kind == "mark" and self.here.text in marks

    def is_word(self, *words: str) -> bool:
        """Tell whether the next token is one of these words (given in upper case)."""
        return self.here.kind == "word" and self.here.text.upper() in words

    def take_mark(self, mark: str) -> Token | None:
        """Take the next token if it is this mark."""
        return self.take() if self.is_mark(mark) else None
