"""A whole text brought nearer to the notation, layer by layer, where it does not read.

Only what does not read is touched, and only where all of it is understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from convlens.notation.elsewhere import ours
from convlens.notation.faults import Fault
from convlens.notation.grammar import parse
from convlens.notation.loose import Unclear, read_loosely
from convlens.notation.wording import worded

_LONGEST = 3_000
"""Characters of a text that is looked at; what people write by hand is shorter."""

_MOST_GROUPS = 20

_REMARK = re.compile(r"#[^\n]*")
_MARK = "\x01"  # stands for a remark meanwhile

# What parts two layers: joiners, a repeat with its number, brackets unless they hold a list.
_APART = re.compile(
    r"(?:-{1,3}>|[→–—−|\n\x01]|-(?![0-9])|\]\s*(?:[*×xX]\s*(?:\d+|\{[^{}]*\}))?"
    r"|\b(?:RES|CAT)\s*\[|\[(?!\s*\d+\s*(?:,\s*\d+\s*)+\]))\s*",
    re.IGNORECASE,
)
_INPUT = re.compile(
    r"\s*INPUT(?:Layer)?[\s:=(\[]*(?:(?:input_)?shape\s*=\s*)?[\s(\[]*"
    r"(\d+)(?:\s*[,x×*]\s*|\s+)(\d+)(?:\s*[,x×*]\s*|\s+)(\d+)(?![\d.])[\s)\],]*",
    re.IGNORECASE,
)
_VGG = re.compile(r"\bconv([1357])(?:x\1)?-(\d+)(?![\w.])", re.IGNORECASE)
_HYPHEN = re.compile(r"\b(FC|DENSE|LINEAR)-(\d+)(?![\w.])", re.IGNORECASE)
_LIST = re.compile(r"\[\s*\d+\s*(?:,\s*\d+\s*)+\]")
_COUNT = re.compile(r"\]\s*(?:\^|\*\*|\s(?=\d)|(?=\d)|\()\s*(\d+)\)?")
_LETTER = re.compile(r"\]\s*[*×xX]\s*([A-Za-z])\b")
_REPEATED = re.compile(r"[)}]\s*[*×xX^]?\s*\d")
_BEFORE = re.compile(r"(\d+)\s*[xX×*]\s*\[\Z")


def translated(text: str) -> str:
    """Return ``text`` in the words of the notation as far as that is clear, else as it is."""
    if len(text) > _LONGEST or _MARK in text:
        return text
    remarks = _REMARK.findall(text)
    plain = _REMARK.sub(_MARK, text)
    for step in (_patterns, _grouped, _counted, _with_input, _by_layers):
        plain = step(plain)
    parts = plain.split(_MARK)
    return "".join(part + remark for part, remark in zip(parts, [*remarks, ""], strict=True))


def _patterns(text: str) -> str:
    """Choose numbers where a pattern such as ``[[CONV -> RELU]*N -> POOL?]*M`` has letters."""
    if len(_LETTER.findall(text)) > 1:
        text = text.replace("?", "")
        text = _LETTER.sub(lambda found: f"]*{1 if found[1] in 'kK' else 2}", text)
    text = text.replace("=>", "->")
    text = _VGG.sub(r"CONV \2@\1x\1", text)
    return _HYPHEN.sub(r"\1 \2", text)


def _grouped(text: str) -> str:
    """Write the parentheses of RES, CAT and repeats as brackets, and CAT's commas as bars."""
    letters = list(text)
    for group in _groups(text):
        word = re.search(r"([A-Za-z_]*)\s*\Z", text[max(0, group.opening - 20) : group.opening])
        name = ours(word[1]) if word and word[1] else None
        repeated = _REPEATED.match(text[group.close : group.close + 10]) or _BEFORE.search(
            text[max(0, group.opening - 10) : group.opening] + "["
        )
        if not (name in ("RES", "CAT") or (repeated and word and not word[1])):
            continue
        if text[group.opening] == "{" and not re.search(
            "[A-Za-z]", text[group.opening : group.close]
        ):
            continue
        letters[group.opening], letters[group.close] = "[", "]"
        if name == "CAT" and not group.barred:
            for comma in group.commas:
                letters[comma] = " |"
    return "".join(letters)


@dataclass(slots=True)
class _Group:
    """Brackets or parentheses, and the commas of their own level."""

    opening: int
    close: int = -1
    commas: list[int] = field(default_factory=list)
    barred: bool = False


def _groups(text: str) -> list[_Group]:
    found: list[_Group] = []
    open_groups: list[_Group] = []
    for place, letter in enumerate(text):
        if letter in "([{":
            open_groups.append(_Group(place))
        elif letter in ")]}" and open_groups:
            found.append(open_groups.pop())
            found[-1].close = place
        elif open_groups and letter == ",":
            open_groups[-1].commas.append(place)
        elif open_groups and letter == "|":
            open_groups[-1].barred = True
    return found


def _counted(text: str) -> str:
    """Put the number of repeats where it belongs: ``3 x [ … ]``, ``[ … ]^3``, ``[ … ](3)``."""
    for group in sorted(_groups(text), key=lambda group: -group.opening)[:_MOST_GROUPS]:
        before = _BEFORE.search(text[max(0, group.opening - 10) : group.opening + 1])
        close = _closing(text, group.opening)
        if before and close and not re.match(r"\s*[*×xX\d]", text[close + 1 : close + 10]):
            begin = group.opening + 1 - len(before[0])
            repeated = f"{text[group.opening : close + 1]}*{before[1]}"
            text = text[:begin] + repeated + text[close + 1 :]
    return _COUNT.sub(r"]*\1", text)


def _closing(text: str, opening: int) -> int | None:
    found = (group.close for group in _groups(text) if group.opening == opening)
    return next(found, None)


def _with_input(text: str) -> str:
    found = _INPUT.match(text)
    if found is None or _reads(found[0].strip() + " - FC"):
        return text
    width, height, depth = found.groups()
    if width in ("1", "3") and int(depth) > 3:  # as PyTorch orders them
        width, height, depth = height, depth, width
    rest = text[found.end() :]
    gap = "" if not rest or rest[0] in "\n\x01" else " " if _APART.match(rest) else " - "
    return f"INPUT {width}x{height}x{depth}{gap}{rest}"


def _by_layers(text: str) -> str:
    """Rewrite every run of words between joiners and brackets that does not read."""
    found: list[str | None] = []
    place = start = depth = 0
    while place < len(text):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        match = _APART.match(text, place) if depth <= 0 else None
        if match is None:
            numbers = _LIST.match(text, place)
            place = numbers.end() if numbers else place + 1
            continue
        found += [_rewritten(text[start:place]), match[0]]
        place = start = match.end()
    found.append(_rewritten(text[start:]))
    return _joined(found)


def _joined(found: list[str | None]) -> str:
    """Put runs and what parts them together, without the joiner before a run that is nothing."""
    kept: list[str] = []
    for part in found:
        if part is not None:
            kept.append(part)
        elif kept and kept[-1].strip() in _JOINERS:
            kept.pop()
    return "".join(kept) if found[-1] is not None else "".join(kept).rstrip(" ")


_JOINERS = ("-", "->", "-->", "→")


def _rewritten(run: str) -> str | None:
    """Return a run of words as it is written here; None where it is not needed."""
    lead = run[: len(run) - len(run.lstrip())]
    words = run.strip()
    if not words or _reads(words):
        return run
    mended = _attempted(words)
    if mended is None:
        return run
    return lead + mended + run[len(run.rstrip()) :] if mended else None


def _attempted(words: str) -> str | None:
    head, text = "", words.rstrip(",; ")
    if match := re.match(r"INPUT\s*[,;]?\s+(?=[A-Za-z])", words, re.IGNORECASE):
        head, text = "INPUT - ", words[match.end() :]
    try:
        layers = [worded(said) for said in read_loosely(text)]
    except (Unclear, ValueError):
        return None
    return head + " - ".join(layer for layer in layers if layer)


@lru_cache(maxsize=512)
def _reads(words: str) -> bool:
    try:
        parse(words)
    except Fault:
        return False
    return True
