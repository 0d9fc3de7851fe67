"""Copies of one picture: across training and test, across classes, and within a class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convlens.audit.findings import Case, Finding, Kind, Weight
from convlens.audit.view import View
from convlens.audit.wording import counted
from convlens.data.likeness import Pairs

MOST_IN_A_CASE = 50
"""Copies named in one case; of a larger crowd the first."""

SAID: dict[Kind, tuple[Weight, str, str]] = {
    "copies-across-parts": (
        "serious",
        "lie in more than one part: what is tested was trained on",
        "take them out of the training part, or the accuracy measured is too good",
    ),
    "copies-across-classes": (
        "serious",
        "lie in more than one class: one of the labels is wrong",
        "keep each in the class that it shows, and delete the other",
    ),
    "copies": (
        "look",
        "lie in one class",
        "delete all but one of each, or leave them: they only weigh double",
    ),
}
"""Weight, line and advice of each kind, the kinds in the order in which a group is put to them."""


def copies(view: View, found: Pairs) -> list[Finding]:
    """The findings on groups of like pictures; a group counts in the gravest that it fits."""
    cases: dict[Kind, list[Case]] = {kind: [] for kind in SAID}
    for rows, pairs in _members(view, found):
        cases[_kind(view, rows)].append(_case(view, rows, found, pairs))
    findings = []
    for kind, (weight, what, advice) in SAID.items():
        if cases[kind]:
            several = sorted(cases[kind], key=lambda case: case.score)
            count = sum(len(case.pictures) for case in several)
            line = f"{counted(len(several), 'picture')} with copies ({count:,} files) {what}"
            line = line.replace(" lie ", " lies ", 1) if len(several) == 1 else line
            findings.append(Finding(kind, weight, count, line, advice, tuple(several)))
    return findings


def _members(view: View, found: Pairs) -> list[tuple[list[int], list[int]]]:
    """The rows of each group of more than one, and the pairs that hold it together."""
    rows: dict[int, list[int]] = {}
    for row in np.union1d(found.first, found.second).tolist():
        rows.setdefault(int(view.groups[row]), []).append(row)
    pairs: dict[int, list[int]] = {group: [] for group in rows}
    for number, row in enumerate(found.first.tolist()):
        pairs[int(view.groups[row])].append(number)
    return [(rows[group], pairs[group]) for group in rows]


def _kind(view: View, rows: Sequence[int]) -> Kind:
    if len({view.part(row) for row in rows}) > 1:
        return "copies-across-parts"
    if len({int(view.labels[row]) for row in rows}) > 1:
        return "copies-across-classes"
    return "copies"


_KEPT = ("test", "validation", "train", None)
"""Parts, that first whose copy is to stay; of several in one part the largest."""


def _case(view: View, rows: Sequence[int], found: Pairs, pairs: Sequence[int]) -> Case:
    furthest = float(found.distance[list(pairs)].max())
    mirrored = bool(found.mirrored[list(pairs)].any())
    what = "equal to the pixel" if furthest == 0 else "nearly equal"
    what = "mirrored" if mirrored and len(rows) == 2 else what + (", mirrored" if mirrored else "")
    if len({int(view.labels[row]) for row in rows}) > 1:
        what += ", of different classes"
    if len(rows) > MOST_IN_A_CASE:
        what += f", {len(rows):,} in all"
    areas = view.headers.widths * view.headers.heights
    rows = sorted(rows, key=lambda row: (_KEPT.index(view.part(row)), -int(areas[row])))
    pictures = tuple(view.picture(row) for row in rows[:MOST_IN_A_CASE])
    return Case(pictures, what, round(furthest, 4))
