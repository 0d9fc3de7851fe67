"""Texts that are made to take long: by hand, and without end from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator

DIGITS = ("３", "²", "٣", "১", "Ⅷ", "½")
JUMPS = (1, 2, 7, 31, 32, 33, 69, 70, 71, 255, 1_000, 4_999, 5_000, 5_001, 999_999, 10**18)


def nested(inside: str, times: int, depth: int) -> str:
    """``inside`` in ``depth`` repeats of ``times``."""
    return "[" * depth + inside + f"]*{times}" * depth


def within(inside: str, opening: str, closing: str, depth: int) -> str:
    return opening * depth + inside + closing * depth


def _mixed(count: int, words: tuple[str, ...]) -> str:
    """``count`` of ``words`` in an order without a period."""
    chance = random.Random(count)
    return " - ".join(chance.choice(words) for _ in range(count))


def _ruler(count: int) -> str:
    """Blocks within blocks: at ``n`` stands the number of times that 2 goes into it."""
    return " - ".join(f"CONV {(n & -n).bit_length()}" for n in range(1, count + 1))


def _late(slips: str) -> str:
    return f"INPUT 999x999x3 - [[CONV 1]*70]*69 - {slips} - FC"


BOMBS = {
    # as many layers as there may be, from a few characters, and then a slip
    "repeats to the limit": nested("CONV", 70, 2) + " - FC",
    "repeats that do not fit": "INPUT 9x9x3 - " + nested("CONV", 70, 2) + " - POOL - FC",
    "repeats that shrink": "INPUT 4001x9x3 - " + nested("CONV 1@3x1 valid", 45, 2) + " - FC",
    "repeats and a slip": nested("CONV", 70, 2) + " - CNOV",
    "repeats and slips": nested("CONV", 70, 2) + " - CNOV - POL - FCC - RELLU - CVON",
    "repeats of a slip": nested("CNOV", 70, 2),
    "repeats and two bare FC": nested("CONV", 70, 2) + " - FC - FC",
    "repeats and an early loss": nested("SOFTMAX - CONV", 49, 2),
    "repeats of twelve": nested("RELU", 2, 12) + " - FC",
    "repeats within 32": nested("RELU", 1, 31) + " - FC",
    "repeats too many": nested("RELU", 2, 31) + " - FC",
    "repeats of ten thousand digits": "[RELU]*" + "9" * 10_000,
    "groups that do not divide": "INPUT 8x8x7 - " + nested("CONV groups 2", 70, 2),
    "maxout of everything": "INPUT 8x8x999983 - " + nested("MAXOUT 2", 70, 2),
    "maxout of a prime": "INPUT 8x8x720720 - " + nested("MAXOUT 17", 70, 2),
    "lists that step": nested("[CONV {" + ",".join(map(str, range(1, 71))) + "}]*70", 70, 1),
    "lists of the wrong length": "[[CONV {" + ",".join(["8"] * 71) + "}]*70]*70",
    "lists within lists": "[[CONV {1,2}@{1,2} - CONV {1,2,3}]*2]*3" * 300,
    # as many layers again for each correction that is tried
    "pools that do not fit": _late("POOL 2x2/7 - POOL 3x3/7 - POOL 4x4/7 - POOL 2x2/5 - POOL 3/4"),
    "windows that do not fit": _late("CONV 2@2/7 valid - CONV 3@3/7 valid - CONV 3@2/5 valid"),
    "branches that do not fit": _late("RES[CONV 3/2 | CONV 4/3] - CAT[CONV/2 | CONV/3]"),
    "pools on an input left open": nested("RELU", 70, 2) + " - POOL 2x2/7 - POOL 3x3/7 - POOL 3/4",
    # what folds badly
    "no period": _mixed(5_000 - 1, ("RELU", "TANH")) + " - FC",
    "no period in numbers": _mixed(4_900, tuple(f"CONV {n}" for n in range(1, 40))) + " - FC",
    "blocks within blocks": _ruler(4_500) + " - FC",
    "nearly a period": ("RELU - " * 62 + "TANH - ") * 79 + "FC",
    "branches without a period": "CAT[" + _mixed(4_000, ("RELU", "TANH")).replace("-", "|") + "]",
    "branches of blocks": "CAT[" + " | ".join(f"CONV {n} - CONV" for n in range(1, 1_500)) + "]",
    "blocks of branches": " - ".join(["CAT[CONV 1 | CONV 2 | CONV 3]", "RELU"] * 700) + " - FC",
    # depth
    "branches within branches": within("CONV", "CAT[CONV | ", "]", 16) + " - FC",
    "branches within branches, widening": within("CONV", "CAT[ | ", " | | ]", 16) + " - FC",
    "branches too deep": within("CONV", "CAT[CONV | ", "]", 17),
    "branches far too deep": within("CONV", "CAT[CONV | ", "]", 20_000),
    "residuals within residuals": within("CONV 3", "RES[CONV 3 - ", "]", 16) + " - FC",
    "residuals that differ": "INPUT 8x8x3 - " + within("POOL", "RES[CONV 5/2 | ", "]", 16),
    "branches that differ": "INPUT 64x64x3 - " + within("POOL", "CAT[CONV/2 | ", "]", 16),
    "branches that differ, wide": "INPUT 9x9x3 - CAT[" + "CONV/2 | " * 1_600 + "CONV]",
    "a body that differs": "INPUT 9x9x3 - RES[" + "CONV/2 - " * 1_600 + "CONV | ] - FC",
    "a repeated body that differs": "INPUT 9x9x3 - RES[" + nested("CONV valid", 70, 2) + " | ]",
    "repeats of branches that differ": "INPUT 64x64x3 - [CAT[CONV | CONV/2 | POOL]]*1000 - FC",
    "brackets": "[" * 300_000,
    "brackets that close": "]" * 300_000,
    "brackets of all kinds": "([{" * 900,
    "brackets of all kinds that close": "([{" * 400 + "CONV" + "}])" * 400,
    "calls within calls": "Conv2d(" * 400 + "3" + ")" * 400,
    # words
    "a long word": "C" * 590_000,
    "a long word near ours": "CONV" * 100_000,
    "a long label": "conv" + "1" * 500_000,
    "long names": " - ".join("CNOV" * 200 for _ in range(600)),
    "many near misses": " - ".join(["CNOV", "PULL", "RELO", "DROPPOUT", "BNN"] * 900),
    "four slips": "CNOV - PULL - RELO - BNN - FCC - " + "RELU - " * 900 + "FC",
    "a word of signs": "\u0301" * 500_000,
    "ligatures": "ﬃ" * 500_000,
    "the longest ligature": "ﷺ" * 500_000,
    # numbers
    "unicode digits": "CONV " + "３" * 500_000,
    "unicode digits in short": "Conv2d(" + "３" * 2_900 + ")",
    "superscripts": "CONV ²@³x³ - FC ½ - [CONV]*Ⅷ",
    "a number": "CONV " + "9" * 590_000,
    "a number in short": "Conv2d(3, " + "9" * 2_900 + ", 3)",
    "a float in short": "Dropout(" + "9" * 2_900 + "e9999)",
    "an exponent": "DROPOUT 1e-999999999 - LRN alpha=1e999999999",
    "a float of many digits": "LRN alpha=0." + "0" * 500_000 + "1",
    "a list": "CONV {" + "1," * 250_000 + "1}",
    "a list of nothing": "CONV {" + "," * 500_000 + "}",
    "a list not closed": "CONV {" + "1," * 1_400,
    "lists in short": "CONV {1,2}x" * 250,
    "windows": "CONV " + "3x" * 1_400 + "3",
    "windows with blanks": "CONV " + "3 x " * 700 + "3",
    # what is read loosely
    "spaces": "CONV" + " " * 2_900 + "x",
    "spaces within": "INPUT" + " " * 1_400 + "(" + " " * 1_400 + "3",
    "spaces to the limit": "CONV" + " " * 590_000 + "]",
    "blanks behind a bracket": "[CONV]" + " " * 2_900 + "^",
    "blanks before a loss": "SOFTMAX" + " -" * 250_000 + " CONV",
    "joiners before a loss": "CONV - SOFTMAX - " + "CONV - " * 4_000 + "FC",
    "quotes": "Conv2d('" + "a " * 1_400,
    "quotes within": "'" * 2_900,
    "commas": "CONV" + "," * 2_900,
    "commas in branches": "CAT(" + "CONV, " * 450 + "POOL)",
    "equals": "CONV K" + "=" * 2_900,
    "exponents of repeats": "[CONV]^" * 400 + "2",
    "letters of repeats": "[" * 20 + "CONV" + "]*N" * 20,
    "patterns": "[CONV]*N - " * 250 + "FC",
    "remarks": "# CONV\n" * 400 + "CNOV",
    "remarks to the limit": "#" * 599_000 + "\nCNOV",
    "remarks in a bracket": "INPUT 9x9x3 - RES[CONV 5/2 # ]|[\n" * 12 + "|" + "]" * 12,
    "foreign layers": "Conv2d(3, 16, 5), ReLU(), " * 110,
    "foreign layers in lines": "nn.Conv2d(3, 16, kernel_size=5, padding='sme'),\n" * 60,
    "millions": "CONV - " * 1_000_000,
    "millions of signs": "💥" * 2_000_000,
    "half pairs": "\ud800" * 500_000,
    "lines": "\r\n" * 290_000 + "CNOV",
    # volumes
    "the widest input": "INPUT 1000000x1x1 - " + nested("CONV 1@3x1 valid", 70, 2) + " - FC",
    "padding": "INPUT 1x1x1 - " + nested("CONV 1@1 pad 1000000", 70, 2),
    "inputs that never fit": nested("CONV 1@3 valid - POOL", 9, 1) + " - FC",
    "inputs that fit late": nested("POOL 7x7/1", 70, 2) + " - FC",
}  # fmt: skip
"""What somebody thought of, by what it aims at."""

_PIECES = (
    "CONV", "CONV 16@5x5 valid", "CONV/2", "POOL", "POOL 3x3/2", "FC", "FC 10", "RELU", "MAXOUT 3",
    "BN", "CNOV", "DENSE 10", "Conv2d(3, 16, 5)", "SOFTMAX", "GLOBALPOOL", "conv1", "3x3 conv, 64",
    "CONV groups 3", "CONV {1,2,3}", "INPUT 32x32x3", "INPUT (3, 32, 32)", "# [ | \n", "?", "{",
)  # fmt: skip
_JOINERS = (" - ", " -> ", "\n", " | ", " ", ", ", "-", "")
_MOST = 620_000


def bomb(seed: int) -> str:
    """A text that is grown by repeating, nesting and joining what there is, then damaged."""
    chance = random.Random(seed)
    text = chance.choice(_PIECES)
    for _ in range(chance.randint(1, 9)):
        text = _grown(chance, text)[:_MOST]
    for _ in range(chance.choice((0, 0, 1, 3))):
        at = chance.randint(0, len(text))
        text = text[:at] + chance.choice((*_PIECES, *DIGITS, "]", "[", "*")) + text[at:]
    if chance.random() < 0.5:
        text = f"INPUT {chance.choice((7, 32, 64, 999))}x{chance.choice((8, 32))}x3 - {text}"
    return text + chance.choice(("", " - FC", " - FC 10", " - CNOV", "]"))


def _grown(chance: random.Random, text: str) -> str:
    times = chance.choice(JUMPS)
    join, piece = chance.choice(_JOINERS), chance.choice(_PIECES)
    match chance.randrange(8):
        case 0:
            return f"[{text}]*{times}"
        case 1:
            return nested(text, chance.choice((1, 2, 3)), chance.choice((2, 8, 31, 33)))
        case 2:
            return join.join([text] * min(times, _MOST // (len(text) + len(join)) + 1))
        case 3:
            name = chance.choice(("CAT[{} | {}]", "RES[{} | {}]", "RES[{}]", "CAT[{}|{}|]"))
            return name.format(*((text, piece) if chance.random() < 0.5 else (piece, text)))
        case 4:
            opening = chance.choice(("CAT[CONV | ", "RES[", "RES[CONV | ", "CAT[|"))
            return within(text, opening, "]", chance.choice((2, 15, 16, 17)))
        case 5:
            numbers = ",".join(str(n + 1) for n in range(min(times, 5_000)))
            return f"[{text}{join}CONV {{{numbers}}}]*{times}"
        case 6:
            many = [piece, text] * min(times, _MOST // (len(text) + len(piece) + 8) + 1)
            chance.shuffle(many)
            return join.join(many)
    return f"{text}{join}{piece}"


def bombs(first: int = 0) -> Iterator[str]:
    """Without end."""
    while True:
        yield bomb(first)
        first += 1
