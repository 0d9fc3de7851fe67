"""The audit: pictures once decoded, looked at from every side."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from convlens.audit.clues import clues, findings_of
from convlens.audit.copies import copies
from convlens.audit.counts import class_counts, imbalance, left_out, sizes, unreadable
from convlens.audit.findings import Case, Finding, Findings, Kind, Weight
from convlens.audit.headers import Headers, read_headers
from convlens.audit.labels import Doubts, doubts
from convlens.audit.oddities import oddities
from convlens.audit.verifying import verified
from convlens.audit.view import View
from convlens.audit.wording import counted
from convlens.data import Dataset, Division, Source, Survey, start_loading, survey
from convlens.data.likeness import joined, likeness, pairs
from convlens.data.memory import physical_memory
from convlens.defaults import size_for

SIDE = 64
"""Pixels: larger pictures, or ones of mixed sizes, are looked at as squares of this side."""

LEAST_PICTURES = 50
"""Below, a network learns too little to doubt a label."""

LEAST_DIFFERENT = 4
"""Pictures that are not copies of each other, at the least: every fold takes one or more."""

CHANCE_BYTES, MOST_OF_MEMORY = 4, 0.25
"""Of a probability, of which each picture has one for each class; share that all may take."""

WEIGHTS: tuple[Weight, ...] = get_args(Weight)

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it, and of how much."""


def audit(
    source: Source,
    *,
    seed: int = 0,
    labels: bool = True,
    cache: bool | Path = True,
    progress: Progress = lambda what, done, total: None,
) -> Findings:
    """Look for what would spoil a training on ``source``; nothing of it is written to.

    ``seed`` decides on folds, weights and samples; ``labels`` whether networks are trained to judge
    the labels, which takes most of the time. ``cache`` as in ``load``. Raises DataError where no
    picture can be read.
    """
    begun = time.monotonic()
    view, dataset, found = _looked_at(source, seed, cache, progress)
    counts = class_counts(view)
    told = clues(view, seed)
    unchecked = _unchecked(view) if labels else "not asked for"
    suspicion: tuple[str, ...] = ()
    accuracy = None
    findings = [*unreadable(dataset.skipped), *imbalance(counts), *left_out(source.warnings)]
    findings += [*found, *oddities(view), *findings_of(told)]
    if unchecked is None:
        chances = _probabilities(view, seed, progress)
        judged = doubts(chances, view.labels)
        accuracy = round(float((chances.argmax(1) == view.labels).mean()), 4)
        suspicion = tuple(view.pictures.names[row] for row in judged.order.tolist())
        findings += _labels(view, judged, accuracy)
    return Findings(
        source=source.name,
        pictures=len(view),
        classes=counts,
        sizes=sizes(view),
        findings=tuple(sorted(findings, key=_seriousness)),
        clues=tuple(told),
        suspicion=suspicion,
        unchecked=unchecked,
        accuracy=accuracy,
        seed=seed,
        tones=dataset.geometry.tones,
        seconds=round(time.monotonic() - begun, 2),
    )


_RANKS: tuple[Kind, ...] = get_args(Kind)


def _seriousness(finding: Finding) -> tuple[int, int]:
    return WEIGHTS.index(finding.weight), _RANKS.index(finding.kind)


def _looked_at(
    source: Source, seed: int, cache: bool | Path, progress: Progress
) -> tuple[View, Dataset, list[Finding]]:
    """Decode in other processes, read headers in this one meanwhile, then compare."""
    seen = survey(source)
    width, height, channels = _size(seen)
    none = np.empty(0, np.int64)
    everything = Division(np.arange(len(source)), none, None, seed, "all pictures are looked at")
    with start_loading(
        source, width=width, height=height, channels=channels, tones=seen.tones, cache=cache
    ) as loading:
        headers = read_headers(source, lambda done, total: progress("reading headers", done, total))
        decoded = loading.result(lambda done, total: progress("decoding", done, total))
    dataset = decoded.dataset(everything)
    progress("comparing", 0, 1)
    pictures = dataset.train
    places = {item.name: index for index, item in enumerate(source.items)}
    items = np.array([places[name] for name in pictures.names], np.int64)
    found = verified(pairs(likeness(pictures.pixels)), source, items, dataset.geometry)
    groups = joined(len(pictures), found.first, found.second)
    view = View(source, pictures, items, _known(headers.take(items)), groups)
    findings = copies(view, found)
    progress("comparing", 1, 1)
    return view, dataset, findings


def _known(headers: Headers) -> Headers:
    """Sizes with those of the few that decode in spite of their header set to the median."""
    known = headers.widths > 0
    if known.all() or not known.any():
        return headers
    widths = np.where(known, headers.widths, int(np.median(headers.widths[known])))
    heights = np.where(known, headers.heights, int(np.median(headers.heights[known])))
    return Headers(widths, heights, headers.modes, headers.bytes)


def _size(seen: Survey) -> tuple[int, int, int]:
    width, height = size_for(seen)
    if width * height > SIDE * SIDE:
        width, height = SIDE, SIDE
    return width, height, seen.channels


def _unchecked(view: View) -> str | None:
    present = len(np.unique(view.labels))
    if present < 2:
        return "there is one class only"
    if len(view) < max(LEAST_PICTURES, 4 * present):
        return f"{counted(len(view), 'picture')} are too few to learn from"
    needed = CHANCE_BYTES * len(view) * len(view.classes)
    if needed > MOST_OF_MEMORY * physical_memory():
        told = f"{counted(len(view), 'picture')} of {len(view.classes):,} classes"
        return f"{told} are too many: their probabilities take {needed / 1e9:,.1f} GB"
    different = len(np.unique(view.groups))
    if different < LEAST_DIFFERENT:
        return f"all are copies of {counted(different, 'picture')}, too few to learn from"
    return None


def _probabilities(view: View, seed: int, progress: Progress) -> NDArray[np.float32]:
    from convlens.audit.quick import out_of_fold  # loads torch

    return out_of_fold(
        view.pictures,
        view.classes,
        view.groups,
        seed=seed,
        progress=lambda done: progress("judging labels", round(1000 * done), 1000),
    )


def _labels(view: View, judged: Doubts, accuracy: float) -> list[Finding]:
    rows = [row for row in judged.order.tolist() if judged.doubted[row]]
    if not rows:
        return []
    cases: list[Case] = []
    for row in rows:
        other = view.classes[int(judged.suggested[row])]
        own = view.classes[int(view.labels[row])]
        cases.append(view.case(row, f"{own}, or {other}?", judged.own[row]))
    line = (
        f"{counted(len(rows), 'label is', 'labels are')} doubted by networks that did not train on "
        f"the picture (they agree with {accuracy:.1%} of all)"
    )
    advice = "look at the first ones; most of the wrong labels are among them"
    return [Finding("labels", "serious", len(rows), line, advice, tuple(cases))]
