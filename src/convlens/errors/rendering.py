"""An error as a terminal shows it: the line, a caret under the word, what was expected, a try."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convlens.errors import NotationError

_COLUMNS = 80
_MESSAGE = 73  # so that "error: " fits before it
_SUM = re.compile(r"\([0-9 +·-]+\)/[0-9]+ \+ 1 = [0-9.-]+")
_NO_BREAK = "\u00a0"
_LINE = 72
_TRY = 400


def render(error: NotationError) -> str:
    """Return the message, the offending line with carets, what was expected, and a way out.

    Only the line at fault is repeated, and of a long one the part around the word. Everything the
    user wrote is shown with control characters replaced, so it cannot move the cursor.
    """
    parts = [*_wrapped(error.message), *_pointed(error)]
    if error.expected:
        parts.extend(_labelled("expected", error.expected))
    if error.correction is not None:
        parts.extend(_tried(error))
    elif error.hint:
        parts.extend(_labelled("hint", error.hint))
    return "\n".join(parts)


def _pointed(error: NotationError) -> list[str]:
    """Return the line at fault and the carets below it; nothing where the text is blank."""
    if not error.text.strip():
        return []
    prefix = f"  {error.line} | " if "\n" in error.text.strip() else "  | "
    line, carets = _marked(error)
    return [f"{prefix}{line}", f"{'| '.rjust(len(prefix))}{carets}"]


def _wrapped(message: str) -> list[str]:
    """Return the message in lines that do not tear a sum apart."""
    whole = _SUM.sub(lambda found: found.group().replace(" ", _NO_BREAK), _plain(message))
    return [line.replace(_NO_BREAK, " ") for line in textwrap.wrap(whole, _MESSAGE)]


def _labelled(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        _plain(text),
        _COLUMNS,
        initial_indent=f"  {label:8}  ",
        subsequent_indent=" " * 12,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _marked(error: NotationError) -> tuple[str, str]:
    """Return the line of the word, and spaces and carets to stand below it."""
    begin = error.text.rfind("\n", 0, error.start) + 1
    close = error.text.find("\n", error.start)
    close = len(error.text) if close < 0 else close
    line = error.text[begin:close]
    start, end = error.start - begin, max(error.start, min(error.end, close)) - begin
    first, last = _window(line, start, end)
    left, right = "…" if first else "", "…" if last < len(line) else ""
    indent = _width(left + line[first:start])
    length = max(1, _width(line[start : min(end, last)]))
    shown = f"{left}{_plain(line[first:last])}{right}"
    return shown.rstrip(), " " * indent + "^" * length


def _window(line: str, start: int, end: int) -> tuple[int, int]:
    """Return the part of a long line to show, in which the word at ``start`` stands."""
    if _width(line[: _LINE + 1]) <= _LINE and len(line) <= _LINE:
        return 0, len(line)
    first = 0 if start < _LINE // 2 else start - _LINE // 4
    last = first
    room = _LINE - 2
    most = min(len(line), first + 2 * _LINE)  # marks without width are characters all the same
    while last < most and room >= _width(line[last]):
        room -= _width(line[last])
        last += 1
    return first, max(last, min(end, start + 1))


def _tried(error: NotationError) -> list[str]:
    """Return the correction; of one in several lines, or a long one, the lines that differ."""
    tried = str(error.correction)
    if "\n" not in tried and len(tried) <= _TRY:
        return [f"  try       {_plain(tried)}"]
    before, after = error.text.split("\n"), tried.split("\n")
    changed = [
        f"{number}: {_plain(line[:_TRY])}"
        for number, line in enumerate(after, 1)
        if before[number - 1 : number] != [line]
    ]
    label = ["  try  line"] + ["           "] * len(changed)
    return [f"{lead} {line}" for lead, line in zip(label, changed[:4], strict=False)]


def _plain(text: str) -> str:
    """Return ``text`` with every tab a space and every other control character a mark."""
    return "".join(map(_plain_character, text))


def _plain_character(character: str) -> str:
    if character in "\t\r\n":
        return " "
    return "\ufffd" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co") else character


def _width(text: str) -> int:
    """Return the columns that ``text`` takes in a terminal."""
    return sum(map(_columns, _plain(text)))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
