"""What may mend a layer that reads well and does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from math import gcd, prod

from convlens.notation.expand import Reading, Round, branches_of
from convlens.notation.faults import Cause, Edit, Misfit, Remedy
from convlens.notation.layers import Conv, FullyConnected, Layer, Maxout, Pool, Residual
from convlens.notation.printing import layer_text
from convlens.notation.statements import Statement
from convlens.notation.volumes import Volume

_PAD = re.compile(r"\b(?:pad\s*=?\s*(?:same|valid|[0-9]+)|p\s*=\s*[0-9]+|valid|same)", re.I)
_CLAIM = re.compile(r"([@=]\s*[0-9]+\s*[x×]\s*[0-9]+)\s*[x×]\s*[0-9]+", re.I)
_GROUPS = re.compile(r"\bgroups\s*=?\s*[0-9]+", re.I)
_BEHIND = re.compile(r"(?:[^\S\n]|\n)*(?:-+>|[-→–—−]|\n)(?:[^\S\n]|\n)*")
_BEFORE = re.compile(r"\s*(?:-+>|[-→–—−]|\n)\s*\Z")


def remedies(misfit: Misfit, reading: Reading, *, cut: bool) -> Iterator[Remedy]:
    """Yield edits of the text that may mend ``misfit``, with ``cut`` also such as drop layers."""
    layer, text = misfit.layer, reading.text
    span = layer.span or (0, 0)
    match misfit.cause:
        case Cause.UNEVEN:
            yield from _made_even(text, layer, span)
        case Cause.TOO_LARGE:
            if cut and misfit.position is not None:
                yield from _fewer(text, reading.rounds[misfit.position])
            if cut:
                yield (_without(text, span),)
                yield from _same(text, [layer])
        case Cause.DEPTH:
            assert misfit.volume
            yield from _reworded(text, span, _CLAIM, rf"\1x{misfit.volume.depth}")
            yield from _reworded(text, span, _CLAIM, r"\1")
        case Cause.GROUPS:
            yield from _regrouped(text, layer, span, misfit.volume)
        case Cause.MAXOUT:
            yield from _divided(text, layer, span, misfit.volume)
        case Cause.BRANCHES | Cause.SUM:
            yield from _rejoined(text, layer, span)
        case Cause.CLASSES:
            yield ((span[0] + 2, span[0] + 2, " 10"),)
        case Cause.END:
            yield from _ended(text, reading, layer, misfit.classes)


def _made_even(text: str, layer: Layer, span: tuple[int, int]) -> Iterator[Remedy]:
    if isinstance(layer, Conv):
        yield from _same(text, [layer])
    yield ((span[1], span[1], " floor"),)
    yield ((span[1], span[1], " ceil"),)


def _same(text: str, layers: list[Layer]) -> Iterator[Remedy]:
    """Give all these windows the padding that keeps the size."""
    edits: dict[int, Edit] = {}
    for layer in layers:
        if isinstance(layer, Conv | Pool) and layer.pad != "same" and layer.span:
            start, end = layer.span
            said = _PAD.search(text, start, end)
            place = said.span() if said else (end, end)
            edits[start] = (*place, "same" if said else " same")
    if edits:
        yield tuple(edits.values())


def _fewer(text: str, rounds: tuple[Round, ...]) -> Iterator[Remedy]:
    """Repeat only as often as it went well, lists cut to match."""
    for current in reversed(rounds):
        repeat, went = current.repeat, current.index
        if went:
            edits: list[Edit] = [(repeat.times.start, repeat.times.end, str(went))]
            for found in re.finditer(r"\{([^{}]*)\}", text[repeat.start : repeat.times.start]):
                values = found.group(1).split(",")
                if len(values) == current.count:
                    kept = ",".join(values[:went])
                    start, end = repeat.start + found.start(), repeat.start + found.end()
                    edits.append((start, end, f"{{{kept}}}" if went > 1 else kept.strip()))
            yield tuple(edits)


def _without(text: str, span: tuple[int, int]) -> Edit:
    """Leave out the layer, and one of the joiners beside it."""
    start, end = span
    if before := _BEFORE.search(text, max(0, start - 200), start):
        return before.start(), end, ""
    behind = _BEHIND.match(text, end)
    return start, behind.end() if behind else end, ""


def _reworded(
    text: str, span: tuple[int, int], pattern: re.Pattern[str], replacement: str
) -> Iterator[Remedy]:
    start, end = span
    words = pattern.sub(replacement, text[start:end], count=1)
    if words != text[start:end]:
        yield ((start, end, words),)


def _regrouped(
    text: str, layer: Layer, span: tuple[int, int], volume: Volume | None
) -> Iterator[Remedy]:
    assert isinstance(layer, Conv)
    assert volume
    groups = gcd(layer.groups, gcd(volume.depth, layer.filters))
    if groups > 1:
        yield from _reworded(text, span, _GROUPS, f"groups {groups}")
    yield from _reworded(text, span, re.compile(r"\s*" + _GROUPS.pattern, re.I), "")


def _divided(
    text: str, layer: Layer, span: tuple[int, int], volume: Volume | None
) -> Iterator[Remedy]:
    assert isinstance(layer, Maxout)
    assert volume
    divisors = [n for n in range(2, min(volume.depth, 1000) + 1) if volume.depth % n == 0]
    for divisor in sorted(divisors, key=lambda n: abs(n - layer.group))[:2]:
        yield ((*span, f"MAXOUT {divisor}"),)


def _rejoined(text: str, layer: Layer, span: tuple[int, int]) -> Iterator[Remedy]:
    """Keep the size in every branch; or, of RES, leave the shortcut to be projected."""
    inside = [inner for branch in branches_of(layer) for inner in branch]
    yield from _same(text, inside)
    yield from _in_step(text, [list(branch) for branch in branches_of(layer)])
    if isinstance(layer, Residual) and layer.shortcut is not None:
        bar = _bar(text, span)
        yield ((bar, span[1] - 1, ""),)
        for edits in _same(text, inside):
            yield (*(edit for edit in edits if edit[1] <= bar), (bar, span[1] - 1, ""))


def _in_step(text: str, branches: list[list[Layer]]) -> Iterator[Remedy]:
    """Give all branches the stride of the one that goes furthest; or, where not, stride 1."""
    strides = [prod(layer.stride for layer in _windows(branch)) for branch in branches]
    for wanted in sorted({max(strides), 1}, reverse=True):
        edits: dict[int, Edit] = {}
        for branch, stride in zip(branches, strides, strict=True):
            windows = _windows(branch)
            for layer in windows:
                first = layer is windows[0]
                other = layer.stride * wanted // stride if wanted > 1 and first else layer.stride
                other = 1 if wanted == 1 else other
                start, end = layer.span or (0, 0)
                if other != layer.stride and "{" not in text[start:end]:
                    edits[start] = (start, end, layer_text(replace(layer, stride=other)))
        if edits:
            yield tuple(edits.values())


def _windows(branch: list[Layer]) -> list[Conv | Pool]:
    return [layer for layer in branch if isinstance(layer, Conv | Pool)]


def _bar(text: str, span: tuple[int, int]) -> int:
    """Return where the ``|`` that parts body and shortcut stands."""
    depth = 0
    at = span[0]
    while at < span[1]:
        while text[at] == "#":
            at = text.index("\n", at) + 1
        depth += {"[": 1, "]": -1}.get(text[at], 0)
        if text[at] == "|" and depth == 1:
            return at
        at += 1
    return span[1] - 1


def _ended(text: str, reading: Reading, layer: Layer, classes: int | None) -> Iterator[Remedy]:
    """Give the last FC the right number of units, or add one."""
    start, end = layer.span or (0, 0)
    nodes = reading.tree.nodes
    if isinstance(layer, FullyConnected) and layer.units is not None and classes is not None:
        for number in re.finditer(r"[0-9]+", text[start:end]):
            place = start + number.start(), start + number.end()
            yield ((*place, str(classes)),)
            break
    last = nodes[-1]
    if isinstance(last, Statement) and last.name in ("SOFTMAX", "SVM") and len(nodes) > 1:
        last = nodes[-2]
    yield ((last.end, last.end, " - FC"),)
    if classes is None:
        yield ((last.end, last.end, " - FC 10"),)
