"""Layers read loosely: as PyTorch, Keras, papers and people in a hurry write them.

``CONV 32, 3x3`` · ``Conv2d(3, 16, 5)`` · ``Dense(10, activation='relu')`` · ``7x7 conv, 64, /2``.
What is not understood to the last word is not read at all, so that no correction drops anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from convlens.notation.elsewhere import OPTIONS, ours
from convlens.notation.words import VOCABULARY

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<window>(?:\d+|\{[\d,\s]*\})(?:(?:[xX×*]|\s+[xX×*]\s+)(?:\d+|\{[\d,\s]*\}))+(?!\w))
    | (?P<share>\d+(?:\.\d+)?\s?%)
    | (?P<number>\d+(?:\.\d*)?(?:[eE]-?\d+)?|\.\d+|\{[\d,\s]*\})
    | (?P<word>[lL]2\b|'[\w ]*'|"[\w ]*"|[A-Za-z_][A-Za-z_.]*(?:[123][dD](?:Layer)?(?!\w))?)
    | (?P<mark>[][(),@/=:])
    | (?P<joint>[;+>&])
    """,
    re.VERBOSE,
)

_KEYS: Mapping[str, str] = {name: key.upper() for name, key in OPTIONS.items()} | {
    **dict.fromkeys(("UNITS", "UNIT", "NEURONS", "OUT_FEATURES", "OUTPUTS"), "UNITS"),
    **dict.fromkeys(("RATE", "PROBABILITY"), "P"),
    **dict.fromkeys(("BIAS", "USE_BIAS"), "BIAS"),
    **dict.fromkeys(("ACTIVATION", "ACT"), "ACTIVATION"),
    **dict.fromkeys(("IN_CHANNELS", "IN_FEATURES", "INPUT_SHAPE", "INPUT_DIM", "NAME"), ""),
    **dict.fromkeys(("INPLACE", "DIM", "AXIS", "EPS", "EPSILON", "MOMENTUM", "AFFINE"), ""),
    **dict.fromkeys(("NEGATIVE_SLOPE", "ALPHA", "NUM_FEATURES", "OUTPUT_SIZE"), ""),
}
"""Words that a value follows; those that become nothing say what follows from the rest."""

_FLAGS = frozenset(("MAX", "AVG", "L2", "SAME", "VALID", "FLOOR", "CEIL", "NOBIAS"))
_FILLERS = frozenset(("WITH", "OF", "AND"))
_CLASSES = frozenset(("CLASSES", "NUM_CLASSES", "N_CLASSES", "NCLASSES"))

Window = tuple[str, ...]


class Unclear(Exception):  # noqa: N818
    """Something that is not understood."""


@dataclass(slots=True)
class Said:
    """What was said of one layer: numbers in their order, windows, and options by name.

    ``called`` is the word as it was written where parentheses followed it, as in a program.
    """

    name: str
    numbers: list[str] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    options: dict[str, str | Window] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    order: str = ""  # "n" for every number, "w" for every window
    called: str = ""
    spaced: bool = False  # a window was written with blanks, as a repeat may be
    then: str = ""  # an activation that the layer brings along


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    tight: bool  # stands right behind the token before


def read_loosely(run: str) -> list[Said]:
    """Return what ``run``, text without joiners and brackets, says; raises Unclear."""
    return _Reader(_tokens(run)).layers()


def _tokens(run: str) -> list[_Token]:
    found: list[_Token] = []
    place, tight = 0, False
    while place < len(run):
        match = _TOKEN.match(run, place)
        if match is None:
            raise Unclear
        place = match.end()
        if match.lastgroup == "space":
            tight = False
            continue
        found.append(_Token(str(match.lastgroup), match.group().strip("'\""), tight))
        tight = True
    return found


class _Reader:
    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def layers(self) -> list[Said]:
        before = Said("")
        while self._value(before):
            self._skip(",")
        found: list[Said] = []
        while self.at < len(self.tokens):
            found.append(self._layer())
        if not found:
            raise Unclear
        first = found[0]
        if before.numbers and not (before.windows or first.windows):
            raise Unclear  # "2 CONV": two of them, or one with two filters?
        first.numbers[:0], first.windows[:0] = before.numbers, before.windows
        first.order = before.order + first.order
        return found

    def _peek(self, ahead: int = 0) -> _Token:
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else _Token("end", "", False)

    def _skip(self, *marks: str) -> bool:
        if self._peek().kind == "mark" and self._peek().text in marks:
            self.at += 1
            return True
        return False

    def _head(self) -> tuple[str, int]:
        """Return what the layer that begins here is called with us, and its number of words."""
        for count in (3, 2, 1):
            words = [self._peek(ahead) for ahead in range(count)]
            if all(word.kind == "word" for word in words):
                name = ours("".join(word.text for word in words))
                if name is not None:
                    return name, count
        return "", 0

    def _layer(self) -> Said:
        name, count = self._head()
        if not count or name in ("RES", "CAT"):
            raise Unclear
        word = self._peek(count - 1).text
        self.at += count
        name, _, kind = name.partition(" ")
        said = Said(name, flags=[kind] if kind else [])
        self._label(said)
        called = self._skip("(")
        if called:
            said.called = word
        while self.at < len(self.tokens):
            self._skip(",")
            if called and self._skip(")"):
                called = False
            elif self._ends(said):
                if not called:
                    break
                self._brought(said)
            elif not self._argument(said):
                raise Unclear
        if called:
            raise Unclear
        return said

    def _label(self, said: Said) -> None:
        """Pass over the number of ``conv1``, which only tells it from ``conv2``."""
        token = self._peek()
        if token.kind == "number" and token.tight and len(token.text) == 1:
            self.at += 1

    def _ends(self, said: Said) -> bool:
        token = self._peek()
        if token.kind == "joint":
            self.at += 1
            if not self._head()[1]:
                raise Unclear
            return True
        upper = token.text.upper()
        known = {**_KEYS, **VOCABULARY[said.name].keys} if said.name else _KEYS
        if upper in _FLAGS | _FILLERS | _CLASSES or upper in known:
            return self._head()[1] > 1  # MAX may be the kind of a pool, MAX POOL is another
        return token.kind == "word" and self._head()[1] > 0

    def _argument(self, said: Said) -> bool:
        if self._skip("@"):
            return self._square(said) or not (said.numbers and said.windows)
        if self._value(said):
            return True
        if self._skip("/"):
            return self._option(said, "S")
        token = self._peek()
        upper = token.text.upper()
        if token.kind != "word":
            return False
        self.at += 1
        if upper in _FILLERS or (upper in _CLASSES and said.name == "FC"):
            return True
        if upper in ("NO", "WITHOUT") and self._peek().text.upper() == "BIAS":
            self.at += 1
            said.flags.append("nobias")
            return True
        return self._named(said, upper)

    def _named(self, said: Said, upper: str) -> bool:
        key = _KEYS.get(upper, upper)
        if key in _FLAGS and self._peek().text != "=":
            said.flags.append(key.lower())
            return True
        word = VOCABULARY.get(said.name)
        if upper not in _KEYS and key != "CEIL" and not (word and upper in word.keys):
            return False
        if self._skip("=", ":") or self._peek().kind in ("number", "window"):
            return self._option(said, key)
        if self._peek().text.upper() in ("SAME", "VALID") and key in ("PAD", "P"):
            return True  # a flag follows, which says it all
        if key == "K" and said.order.endswith("n") and said.name == "CONV":
            said.options["K"] = said.numbers.pop()
            said.order = said.order[:-1]
            return True
        passed = {"F": "w", "K": "w", "UNITS": "n"}.get(key)
        pads = {"same", "valid"} & set(said.flags)
        return bool(passed and said.order.endswith(passed)) or key == "BIAS" or bool(pads)

    def _option(self, said: Said, key: str) -> bool:
        """Take the value of an option; False where there is none, or it is said twice."""
        token = self._peek()
        value = Said("")
        if self._value(value):
            found: str | Window = value.windows[0] if value.windows else value.numbers[0]
        elif token.kind == "word":
            self.at += 1
            found = token.text.lower()
        else:
            return False
        if key == "ACTIVATION":
            return self._activation(said, found)
        if key == "BIAS":
            said.flags += ["nobias"] if found in ("false", "0") else []
        elif key == "CEIL":
            said.flags += ["ceil"] if found == "true" else []
        elif key in said.options:
            return False
        elif key == "K" and said.numbers and "F" not in said.options:
            said.options["F"] = found  # CONV 16 k=3: a kernel of 3
        elif key:
            said.options[key] = found
        return True

    def _square(self, said: Said) -> bool:
        """Take ``3,3`` behind an ``@``."""
        first, comma, second = (self._peek(ahead) for ahead in range(3))
        if not (first.kind == "number" and comma.text == "," and first.text == second.text):
            return False
        said.windows.append((first.text, second.text))
        said.order += "w"
        self.at += 3
        return True

    def _brought(self, said: Said) -> None:
        """Take an activation that is said without a name: ``Dense(10, relu)``."""
        name, count = self._head()
        if name in ("CONV", "FC", "POOL") or said.then:
            raise Unclear
        said.then = name
        self.at += count

    def _activation(self, said: Said, found: str | Window) -> bool:
        if found in ("none", "linear"):
            return True
        said.then = ours(found) or "" if isinstance(found, str) else ""
        return bool(said.then) and said.then not in ("CONV", "FC", "POOL")

    def _value(self, said: Said) -> bool:
        """Take a number, or a window such as ``3x3`` or ``(3, 3)``."""
        token = self._peek()
        if token.kind in ("number", "share"):
            said.numbers.append(token.text)
            said.order += "n"
        elif token.kind == "window":
            said.windows.append(tuple(re.split(r"\s*[xX×*]\s*", token.text)))
            said.spaced |= " " in token.text and "{" not in token.text
            said.order += "w"
        elif token.text in ("(", "["):
            return self._tuple(said)
        else:
            return False
        self.at += 1
        return True

    def _tuple(self, said: Said) -> bool:
        begun = self.at
        self.at += 1
        inside: list[str] = []
        if self._peek().kind == "window" and self._peek(1).text in (")", "]"):
            self._value(said)
            self.at += 1
            return True
        while self._peek().kind == "number":
            inside.append(self._peek().text)
            self.at += 1
            self._skip(",")
        if len(inside) < 2 or not self._skip(")", "]"):
            self.at = begun
            return False
        said.windows.append(tuple(inside))
        said.order += "w"
        return True
