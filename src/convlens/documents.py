"""Files and JSON from strangers: regular files only, bounded in size, depth and memory."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MOST_DEPTH = 64
"""Objects and lists within one another."""

BYTE, ITEM, PAIR, BRACKET = 3, 40, 300, 250
"""Bytes of memory that JSON takes at most: for each of its bytes, commas, colons and brackets."""


class UnfitError(Exception):
    """What is wrong with a file or a document, to stand behind its name: ``is a folder``.

    ``needed`` are the bytes of memory that it asks for, where that is what is wrong.
    """

    def __init__(self, reason: str, needed: int | None = None) -> None:
        super().__init__(reason)
        self.needed = needed


def read_regular(path: Path, most: int) -> bytes:
    """The content of the regular file at ``path``, of at most ``most`` bytes.

    Raises UnfitError for anything else, without waiting for a pipe or reading a device.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY)
        with os.fdopen(handle, "rb") as file:
            told = os.fstat(file.fileno())
            if not stat.S_ISREG(told.st_mode):
                raise UnfitError("is no file with contents")
            content = file.read(most + 1) if told.st_size <= most else b""
    except IsADirectoryError:
        raise UnfitError("is a folder") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no such file"
        raise UnfitError(f"cannot be read: {(reason or 'unknown').lower()}") from None
    if told.st_size > most or len(content) > most:
        raise UnfitError(f"is larger than {most >> 20:,} MB")
    return content


_BINARY = getattr(os, "O_BINARY", 0)  # Windows


def parsed(content: bytes | str, most: int, *, finite: bool = False) -> Any:
    """The value that JSON says.

    Raises UnfitError where it is not JSON, names a key twice, has more than 64 brackets within one
    another, or would take more than ``most`` bytes of memory; with ``finite`` also where it says
    NaN or Infinity, which JSON itself does not have.
    """
    try:
        text = content if isinstance(content, str) else content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnfitError("is not text in UTF-8") from None
    needed = json_memory(text)
    if needed > most:
        reason = f"would take {needed >> 20:,} MB of memory to read, of {most >> 20:,} MB allowed"
        raise UnfitError(reason, needed)
    try:
        value = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_refuse if finite else float
        )
    except json.JSONDecodeError as error:
        cut = " (it ends too early)" if error.pos >= len(error.doc.rstrip()) - 1 else ""
        raise UnfitError(f"is not JSON: {error.msg}, line {error.lineno}{cut}") from None
    except RecursionError:
        raise UnfitError(_TOO_DEEP) from None
    except ValueError:  # what Python does not turn into a number in time
        raise UnfitError("is not JSON that can be read: a number of thousands of digits") from None
    _check_depth(value)
    return value


def json_memory(text: str) -> int:
    """Bytes that parsing ``text`` takes at most, about."""
    return (
        BYTE * len(text)
        + ITEM * text.count(",")
        + PAIR * text.count(":")
        + BRACKET * (text.count("[") + text.count("{"))
    )


def _refuse(word: str) -> float:
    raise UnfitError(f"holds {word}, which is not a number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise UnfitError(f"is JSON that says {shown(twice)} twice")
    return found


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MOST_DEPTH):
        level = [inner for held in level for inner in _inside(held) if isinstance(inner, _HOLDERS)]
        if not level:
            return
    raise UnfitError(_TOO_DEEP)


_HOLDERS = (dict, list)
_TOO_DEEP = f"is not JSON that can be read: over {MOST_DEPTH} brackets within one another"


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


LONGEST_LINE = 300
"""Characters that a message repeats of what a file says."""


def cut(text: str) -> str:
    """What a file says, as a part of one line: cut short, and nothing in it that does not print."""
    plain = "".join(c if c.isprintable() else "\ufffd" for c in text[: LONGEST_LINE + 1])
    return plain if len(plain) <= LONGEST_LINE else plain[: LONGEST_LINE - 1] + "…"


def shown(value: object) -> str:
    """A value of JSON as a message can carry it, cut short."""
    match value:
        case Mapping():
            return "an object"
        case list() | tuple():
            return f"a list of {len(value):,}"
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            text = repr(value[:50]) if value[:50].isprintable() else ascii(value[:50])
        case _:
            text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"
