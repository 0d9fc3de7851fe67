"""The ways in which the structure of a text goes wrong, and what may mend each."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from convlens.notation.elsewhere import is_absent, ours
from convlens.notation.faults import Fault, Remedy
from convlens.notation.tokens import Cursor, Token, clip
from convlens.notation.tree import Branching
from convlens.notation.words import A_LAYER, LAYER_WORDS

_ALIKE = 0.7
"""How alike two words are, from 0 to 1, of which one may be a slip for the other."""

_BETWEEN = "'-', '->' or a new line between two layers"


def no_layer(cursor: Cursor) -> Fault:
    """A layer should stand here, and something else does."""
    token, before = cursor.here, cursor.before
    if token.kind == "number" and before and before.kind == "join":
        return Fault(
            f"'{before.text}{clip(token.text)}' is no layer: '{before.text}' joins two layers, "
            "it is never a sign",
            before.start,
            token.end,
            expected=A_LAYER,
            remedies=[((before.start, before.end, ""),), ((token.start, token.start, "FC "),)],
        )
    return Fault(
        _no_layer_message(token),
        token.start,
        token.end,
        expected=A_LAYER,
        remedies=_spellings(cursor, token),
    )


def _no_layer_message(token: Token) -> str:
    upper, shown = token.text.upper(), clip(token.text)
    if upper == "INPUT":
        return "INPUT comes first, and once"
    if is_absent(token.text):
        return f"there is no {shown} here"
    called = ours(token.text)
    if called is not None and called != upper:
        return f"{shown} is called {called} here" if called else f"{shown} is not needed here"
    return f"{token.shown()} is not a layer"


def _spellings(cursor: Cursor, token: Token) -> Iterator[Remedy]:
    """Offer other spellings of what should have been a layer's word."""
    upper = unicodedata.normalize("NFKC", token.text[:64]).upper()
    here = (token.start, token.end)
    if upper == "INPUT" or ours(token.text) == "":
        yield _without_item(cursor, token)
    elif token.kind in ("word", "stray"):
        if called := ours(token.text):
            yield ((*here, called),)
        if not is_absent(token.text):
            yield from _near(token, upper)
    elif token.text in ("@", "{", "/") or cursor.after.text in ("@", "x"):
        yield ((token.start, token.start, "CONV "),)
    if token.kind in ("mark", "times") or not (token.text[0].isalnum() or token.text == "_"):
        yield ((*here, ""),)


def _near(token: Token, upper: str) -> Iterator[Remedy]:
    """Offer layers' words that look like this one, the label of ``conv1`` apart."""
    letters = upper.rstrip("0123456789")
    if letters in LAYER_WORDS and letters != upper and token.kind == "word":
        split = token.start + len(letters)
        ways: list[Remedy] = [((split, split, " "),), ((split, token.end, ""),)]
        one_digit = token.end - split == 1  # conv1 is a label, CONV16 a number of filters
        yield from reversed(ways) if one_digit else ways
    for near in difflib.get_close_matches(upper[:32], LAYER_WORDS, 3, _ALIKE):
        yield ((token.start, token.end, near),)


def _without_item(cursor: Cursor, token: Token) -> Remedy:
    """Leave out the item that begins here, and the joiner behind it."""
    closers = ("join", "newline", "end")
    while cursor.here.kind not in closers and not cursor.is_mark("]", "|"):
        cursor.take()
    end = cursor.here.end if cursor.here.kind in ("join", "newline") else cursor.end_before
    return ((token.start, max(end, token.end), ""),)


def unjoined(cursor: Cursor) -> Fault:
    """Two layers stand side by side with nothing between them."""
    token, gap = cursor.here, cursor.end_before
    here = (token.start, token.end)
    remedies: list[Remedy] = []
    if token.text == ",":
        remedies.append(((*here, " -"),))
    elif token.kind == "word" or token.text == "[":
        remedies.append(((gap, token.start, " - "),))
    if token.kind not in ("word", "number"):
        remedies.append(((*here, ""),))
    before = f" after '{clip(cursor.before.text)}'" if cursor.before else ""
    return Fault(
        f"{token.shown()} cannot stand{before}",
        *here,
        expected=f"{_BETWEEN}, or the end",
        remedies=remedies,
    )


def missing_layer(cursor: Cursor, join: Token) -> Fault:
    """Nothing stands between a joiner and what closes the sequence, or a second joiner."""
    token = cursor.here
    return Fault(
        f"a layer is missing between '{join.text}' and {token.shown()}",
        join.start,
        token.end if token.kind == "join" else join.end,
        expected=A_LAYER,
        remedies=[((join.start, join.end, ""),)],
    )


def bare_repeat(cursor: Cursor, start: int, *, inside: bool) -> Fault:
    """A layer without brackets is repeated; ``start`` is where it begins."""
    token = cursor.here
    remedies: list[Remedy] = [((start, start, "["), (cursor.end_before, cursor.end_before, "]"))]
    if inside:
        remedies.insert(0, ((token.start, token.start, "]"),))
    if cursor.after.kind != "number" and cursor.after.text != "{":
        remedies = [((token.start, token.end, ""),)]
    return Fault(
        "only what stands in brackets is repeated",
        token.start,
        token.end,
        expected="[ … ] * n around the layers to repeat",
        remedies=remedies,
    )


def unclosed(cursor: Cursor, opening: Token, counted: bool) -> Fault:
    """A bracket is not closed; ``counted`` where a number of repeats belongs behind it."""
    token, gap = cursor.here, cursor.end_before
    if token.text == "|":
        return stray_bar(token)
    return Fault(
        "this '[' is not closed",
        opening.start,
        opening.end,
        expected="']' behind its last layer" + (", and how often: ] * 3" if counted else ""),
        remedies=[
            ((opening.start, opening.end, ""),) if counted else ((gap, gap, "]"),),
        ],
    )


def stray_bar(token: Token) -> Fault:
    """A ``|`` stands outside RES and CAT."""
    return Fault(
        "'|' parts the branches of RES and CAT only",
        token.start,
        token.end,
        expected=_BETWEEN,
        remedies=[((token.start, token.end, "-"),)],
    )


def stray_bracket(cursor: Cursor, start: int) -> Fault:
    """A ``]`` closes nothing; ``start`` is where the first layer begins."""
    token = cursor.take()
    remedies: list[Remedy] = [((token.start, token.end, ""),)]
    if cursor.is_mark("*") or cursor.here.kind == "times":
        remedies = [((start, start, "["),)]
    return Fault(
        "this ']' closes nothing",
        token.start,
        token.end,
        expected="a '[' before it, or no ']'",
        remedies=remedies,
    )


def nothing_repeated(opening: Token, end: int) -> Fault:
    """The brackets of a repeat are empty."""
    return Fault(
        "there is nothing to repeat",
        opening.start,
        end,
        expected="at least one layer between '[' and ']'",
        remedies=[((opening.end, opening.end, "CONV"),)],
    )


def uncounted(cursor: Cursor, opening: Token) -> Fault:
    """The brackets of a repeat are not followed by a number of repeats."""
    end = cursor.end_before
    remedies: list[Remedy] = [((opening.start, opening.end, ""), (end - 1, end, ""))]
    if cursor.here.kind == "number":
        remedies = [((end, end, "*"),)]
    return Fault(
        "the brackets do not say how often",
        end - 1,
        end,
        expected="'*' and a number, such as ] * 3",
        remedies=remedies,
    )


def lettered_count(token: Token) -> Fault:
    """``[ … ]*N``, as patterns are written."""
    return Fault(
        f"how often to repeat is a number here, not '{token.text}'",
        token.start,
        token.end,
        expected="a whole number of 1 or more",
        remedies=[((token.start, token.end, number),) for number in ("2", "1")],
    )


def perhaps(token: Token) -> Fault:
    """``POOL?``, as patterns are written."""
    return Fault(
        "'?' stands for 'perhaps' in patterns; a network has the layer or has it not",
        token.start,
        token.end,
        expected="the layer without '?', or nothing",
        remedies=[((token.start, token.end, ""),)],
    )


def unopened(word: Token, token: Token) -> Fault:
    """RES or CAT without brackets; ``token`` is what follows instead."""
    name = word.text.upper()
    filler = "[CONV]" if name == "RES" else "[CONV | CONV]"
    alone = token.kind in ("join", "newline", "end")
    return Fault(
        f"{name} has its layers in brackets",
        word.start,
        word.end,
        expected=f"'[' behind {name}",
        remedies=[((word.end, word.end, filler),)] if alone else [],
    )


def empty(cursor: Cursor, input_span: tuple[int, int]) -> Fault:
    """The text has no layers at all."""
    start, end = input_span
    remedy = (end, end, " - FC") if end > start else (0, len(cursor.text), _INTRODUCTION)
    return Fault("the network has no layers", start, end, expected=A_LAYER, remedies=[(remedy,)])


_INTRODUCTION = "INPUT - CONV - RELU - POOL - FC"


def misbranched(node: Branching, opening: Token) -> Fault | None:
    """Return what is wrong with the number of branches of a RES or CAT, if anything is."""
    count = len(node.branches)
    if node.name == "CAT" and count < 2:
        message = "CAT joins two branches or more"
        inside = node.branches[0]
        filler = " | CONV" if inside else "CONV | CONV"
        remedies: list[Remedy] = [((node.end - 1, node.end - 1, filler),)]
        if len(inside) > 1:  # joined by what joins layers, not branches
            remedies = [tuple((a.end, b.start, " | ") for a, b in pairwise(inside))]
    elif node.name == "RES" and count > 2:
        message = f"RES has a body and at most one shortcut, not {count} paths"
        remedies = [((node.start, node.start + 3, "CAT"),)]
    elif node.name == "RES" and not node.branches[0]:
        message = "RES has nothing to add to its input"
        remedies = [((opening.end, opening.end, "CONV"),)]
    else:
        return None
    return Fault(
        message,
        node.start,
        node.end,
        expected="RES[ body ], RES[ body | shortcut ] or CAT[ branch | branch … ]",
        remedies=remedies,
    )
