"""Classes and parts: how many pictures each has, and where that is uneven or too few."""

from __future__ import annotations

from collections import Counter

import numpy as np

from convlens.audit.findings import Case, ClassCount, Finding, Picture, Sizes, Weight
from convlens.audit.view import View
from convlens.audit.wording import counted, named
from convlens.data import Skipped

UNEVEN, VERY_UNEVEN = 3.0, 10.0
"""Times as many pictures in the largest class as in the smallest."""

FEW = 20
"""Pictures of a class below which neither training nor a test of it means much."""

PARTS = ("train", "validation", "test")


def class_counts(view: View) -> tuple[ClassCount, ...]:
    """Pictures of every class, by parts."""
    by_class: list[Counter[str]] = [Counter() for _ in view.classes]
    for row, label in enumerate(view.labels.tolist()):
        by_class[label][view.part(row) or ""] += 1
    parts = [part for part in PARTS if any(counter[part] for counter in by_class)]
    return tuple(
        ClassCount(name, counter.total(), {part: counter[part] for part in parts})
        for name, counter in zip(view.classes, by_class, strict=True)
    )


def sizes(view: View) -> Sizes:
    """Sizes of the pictures."""
    widths, heights = view.headers.widths, view.headers.heights
    areas = widths * heights
    least, largest = int(areas.argmin()), int(areas.argmax())
    total = int(view.headers.bytes.sum())
    return Sizes(
        least=(int(widths[least]), int(heights[least])),
        median=(int(np.median(widths)), int(np.median(heights))),
        largest=(int(widths[largest]), int(heights[largest])),
        uniform=bool((widths == widths[0]).all() and (heights == heights[0]).all()),
        colour=view.pictures.pixels.shape[3] == 3,
        bytes=None if view.source.in_memory else total,
    )


def imbalance(counts: tuple[ClassCount, ...]) -> list[Finding]:
    """Findings on numbers of pictures."""
    found = []
    present = [one for one in counts if one.pictures]
    largest = max(present, key=lambda one: one.pictures)
    smallest = min(present, key=lambda one: one.pictures)
    ratio = largest.pictures / smallest.pictures
    if ratio >= UNEVEN:
        line = (
            f"classes are uneven: {largest.name} has {ratio:.1f} times as many pictures as "
            f"{smallest.name} ({largest.pictures:,} and {smallest.pictures:,})"
        )
        weight: Weight = "serious" if ratio >= VERY_UNEVEN else "look"
        advice = "add pictures of the small classes, and look at balanced accuracy"
        found.append(Finding("imbalance", weight, len(present), line, advice))
    few = [one.name for one in counts if one.pictures < FEW]
    if few:
        line = f"{counted(len(few), 'class has', 'classes have')} fewer than {FEW} pictures: "
        advice = "add pictures: with so few, a test says little"
        found.append(Finding("few", "look", len(few), line + named(few), advice))
    return [*found, *_absent(counts)]


def _absent(counts: tuple[ClassCount, ...]) -> list[Finding]:
    found = []
    for part in counts[0].parts:
        without = [one.name for one in counts if one.pictures and not one.parts[part]]
        if without:
            what = counted(len(without), "class has", "classes have")
            line = f"{what} no picture in the {part} part: {named(without)}"
            advice = "move some of their pictures there"
            weight: Weight = "serious" if part == "train" else "look"
            found.append(Finding("absent", weight, len(without), line, advice))
    return found


def unreadable(skipped: tuple[Skipped, ...]) -> list[Finding]:
    """The finding on files that are no pictures, or damaged."""
    if not skipped:
        return []
    cases = tuple(Case((Picture(one.file, ""),), one.reason) for one in skipped)
    what = "file cannot be read" if len(skipped) == 1 else "files cannot be read"
    line = f"{len(skipped):,} {what}: {skipped[0].file}: {skipped[0].reason}"
    line += ", …" if len(skipped) > 1 else ""
    advice = "get them again or delete them: training leaves them out"
    return [Finding("unreadable", "look", len(skipped), line, advice, cases)]


def left_out(warnings: tuple[str, ...]) -> list[Finding]:
    """What was left out before anything was read, a finding for each."""
    advice = "nothing where that is meant; what belongs goes into a class folder, or off the list"
    return [Finding("left-out", "note", 0, line, advice) for line in warnings]
