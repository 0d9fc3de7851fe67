"""Documents as nobody would write them: seeded mutations of JSON, for whatever reads it."""

from __future__ import annotations

import copy
import json
import random
from typing import Any


class Raw(str):
    """A token that stands in JSON as it is, also where Python's own writer would not write it."""


ODD = (
    None, True, False, 0, -0.0, -1, 1, 2, 3, 0.5, 1e-9, -3.5, 255, 4096, 4097, 10**6, 10**9, 2**53,
    2**64, -(2**70), Raw("1" + "0" * 400), Raw("1" + "0" * 5000), Raw("1e-320"), Raw("1e999"),
    Raw("-1e999"), Raw("NaN"), Raw("Infinity"), Raw("-Infinity"), Raw("-0"), Raw("3e38"),
    "", "0", "1", "x", "NaN", "true", "null", "1e5", "a" * 300, "a" * 100_000, "é", "\0", "\n",
    "\x1b[31m", "\u202e", "\U0001f600", "../../etc/passwd", "<b>", "%s%n", [], {}, [[]], [None],
    ["a", "a"], {"": None}, {"a": {"a": {"a": []}}}, [1, 2, 3], {"w": [1]}, list(range(50)),
)  # fmt: skip
"""Values that stand where others should: of every kind, and at the ends of every range."""

NUMBERS = ("0", "1", "2", "3", "7", "64", "1000", "100000", "999999", "1000000000", "1" + "0" * 40)
"""What a number in a text may become."""


def mutant(document: Any, seed: int) -> str:
    """JSON of ``document`` after one to three changes; the same seed gives the same text."""
    chance = random.Random(seed)
    changed = copy.deepcopy(document)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        changed = _changed(changed, chance)
    text = written(changed)
    return _changed_text(text, chance) if chance.random() < 0.06 else text


def written(value: Any) -> str:
    """``value`` as JSON, its raw tokens as they are."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)}: {written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value)


def _changed(document: Any, chance: random.Random) -> Any:
    """One change at a place that is as likely as any other."""
    places = list(_places(document))
    if not places:
        return chance.choice(ODD)
    holder, key = chance.choice(places)
    value = holder[key]
    kind = chance.choice(("odd", "odd", "odd", "own", "own", "own", "drop", "wrap", "move", "more"))
    if kind == "odd":
        holder[key] = copy.deepcopy(chance.choice(ODD))
    elif kind == "own":
        holder[key] = _like(value, chance)
    elif kind == "drop":
        del holder[key]
    elif kind == "wrap":
        holder[key] = _wrapped(value, chance)
    elif kind == "move":
        other, where = chance.choice(places)
        other[where] = copy.deepcopy(value)
    elif isinstance(holder, list):
        holder.insert(
            chance.randrange(len(holder) + 1), copy.deepcopy(chance.choice((value, *ODD)))
        )
    else:
        holder[chance.choice(("", "extra", "x" * 5000, "__class__", key + " "))] = value
    return document


def _places(value: Any, holder: Any = None, key: Any = None) -> Any:
    """(holder, key) of every value inside; of long lists the first few."""
    if holder is not None:
        yield holder, key
    items = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        items = list(enumerate(value))[:6]
    for name, inner in items:
        yield from _places(inner, value, name)


def _like(value: Any, chance: random.Random) -> Any:
    """A value of the same kind, a little or much off."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        near = (value + 1, value - 1, -value, value * 2, value / 3, value * 1e30, float(value))
        return chance.choice(near)
    if isinstance(value, str):
        return _like_text(value, chance)
    if isinstance(value, list) and value:
        return chance.choice((value[:-1], value * 2, value[::-1], [*value, value[0]], value[0]))
    if isinstance(value, dict) and value:
        return chance.choice(([*value.values()], [*value], next(iter(value.values()))))
    return chance.choice(ODD)


def _like_text(text: str, chance: random.Random) -> str:
    """The text cut, doubled, with a number or a word of it changed."""
    words = text.split(" ")
    place = chance.randrange(len(words))
    kind = chance.choice(("cut", "double", "word", "number", "number", "swap"))
    if kind == "cut":
        return text[: chance.randrange(len(text) + 1)]
    if kind == "double":
        return text + text
    if kind == "word":
        words[place] = chance.choice(("", "-", "]", "[", "*", "RES[", "FC", "POOL", "SVM", "é"))
    elif kind == "number" and (
        digits := [i for i, w in enumerate(words) if any(map(str.isdigit, w))]
    ):
        place = chance.choice(digits)
        first = next(i for i, c in enumerate(words[place]) if c.isdigit())
        words[place] = words[place][:first] + chance.choice(NUMBERS) + words[place][first + 1 :]
    else:
        words.insert(place, chance.choice(words))
    return " ".join(words)


def _wrapped(value: Any, chance: random.Random) -> Any:
    """The value inside lists or objects, now and then deeper than any reader goes."""
    inside = written(value)
    depth = chance.choice((1, 1, 2, 60, 70, 900, 60_000))
    left, right = chance.choice((("[", "]"), ('{"a":', "}")))
    return Raw(left * depth + inside + right * depth)


def _changed_text(text: str, chance: random.Random) -> str:
    """JSON that is none, or says something twice."""
    place = chance.randrange(len(text))
    kind = chance.choice(("cut", "byte", "twice", "twice", "bom", "behind"))
    if kind == "cut":
        return text[:place]
    if kind == "byte":
        return text[:place] + chance.choice('{}[]",:\\0e\x00é') + text[place + 1 :]
    if kind == "twice" and '": ' in text:
        first = text.index('": ')
        name = text[text.rindex('"', 0, first) : first + 1]
        return text.replace("{", "{" + f"{name}: 1, ", 1)
    return ("\ufeff" + text) if kind == "bom" else text + " x"
