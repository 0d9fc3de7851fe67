"""Pictures unlike the others: blank, tiny, oddly shaped, outlying."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convlens.audit.findings import Finding
from convlens.audit.verifying import shows_nothing
from convlens.audit.view import View
from convlens.audit.wording import counted

BLANK = 2.0
"""Levels of deviation below which a picture shows nothing."""

TINY = 0.25
"""Of the median shorter side: a picture with less was meant as something else."""

SHAPE = 2.5
"""Times wider or higher, for its height, than the median picture."""

OUTLYING = 7.0
"""Robust deviations from the median of its class."""

LEAST_SPREAD = 6.0
"""Levels that a robust deviation counts at least, so that studio pictures may differ a little."""

FEW = 20
"""Pictures of a class below which it is compared with all."""

_BLOCK = 2048
_MEASURES = (("darker", "brighter"), ("flatter", "higher in contrast"), ("smoother", "noisier"))


def oddities(view: View) -> list[Finding]:
    """All findings on single pictures."""
    measured = measure(view.pictures.pixels)
    blank = measured[:, 1] < BLANK
    rows = np.flatnonzero(blank)
    blank[rows] = shows_nothing(view.source, view.items[rows])
    found = [_blank(view, blank), _tiny(view), _shape(view), _outlying(view, measured, ~blank)]
    return [finding for finding in found if finding is not None]


def measure(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Brightness, contrast and roughness of pictures (N, H, W, C), in levels: (N, 3)."""
    found = np.empty((len(pixels), 3))
    for start in range(0, len(pixels), _BLOCK):
        block = pixels[start : start + _BLOCK].astype(np.float32)
        grey = block.mean(axis=3)
        steps = [np.abs(np.diff(grey, axis=axis)).mean(axis=(1, 2)) for axis in (1, 2)]
        rows = slice(start, start + len(block))
        found[rows, 0] = grey.mean(axis=(1, 2))
        found[rows, 1] = block.std(axis=(1, 2)).max(axis=1)
        found[rows, 2] = np.nan_to_num(steps[0]) + np.nan_to_num(steps[1])
    return found


def _blank(view: View, blank: NDArray[np.bool_]) -> Finding | None:
    rows = np.flatnonzero(blank)
    if not len(rows):
        return None
    cases = tuple(view.case(row, "one colour throughout") for row in rows.tolist())
    what = "picture is blank" if len(rows) == 1 else "pictures are blank"
    return Finding("blank", "look", len(rows), f"{len(rows):,} {what}", "delete them", cases)


def _tiny(view: View) -> Finding | None:
    headers = view.headers
    side = np.minimum(headers.widths, headers.heights)
    usual = float(np.median(side))
    rows = np.flatnonzero(side < TINY * usual)
    if not len(rows):
        return None
    cases = tuple(
        view.case(row, f"{headers.widths[row]}x{headers.heights[row]} pixels", side[row])
        for row in rows[np.argsort(side[rows], kind="stable")].tolist()
    )
    line = f"{counted(len(rows), 'picture')} far smaller than the others ({usual:.0f} pixels)"
    return Finding("tiny", "look", len(rows), line, "see whether they are thumbnails", cases)


def _shape(view: View) -> Finding | None:
    headers = view.headers
    aspect = np.log(np.maximum(headers.widths, 1) / np.maximum(headers.heights, 1))
    away = np.abs(aspect - np.median(aspect))
    rows = np.flatnonzero(away > np.log(SHAPE))
    if not len(rows):
        return None
    cases = tuple(
        view.case(row, f"{headers.widths[row]}x{headers.heights[row]} pixels", np.exp(away[row]))
        for row in rows[np.argsort(-away[rows], kind="stable")].tolist()
    )
    line = f"{counted(len(rows), 'picture')} far wider or higher than the others"
    advice = "crop them to the subject: in training they are squeezed"
    return Finding("shape", "look", len(rows), line, advice, cases)


def _outlying(
    view: View, measured: NDArray[np.float64], whole: NDArray[np.bool_]
) -> Finding | None:
    """Pictures far from their class in brightness, contrast or roughness."""
    away = np.zeros_like(measured)
    kept = np.flatnonzero(whole)
    if len(kept) < FEW:
        return None
    of_all = _usual(measured[kept])
    by_class = kept[np.argsort(view.labels[kept], kind="stable")]
    _, begins = np.unique(view.labels[by_class], return_index=True)
    for rows in np.split(by_class, begins[1:]):
        middle, spread = _usual(measured[rows]) if len(rows) >= FEW else of_all
        away[rows] = (measured[rows] - middle) / np.maximum(spread, LEAST_SPREAD)
    furthest = np.abs(away).max(axis=1)
    rows = np.flatnonzero(furthest > OUTLYING)
    if not len(rows):
        return None
    cases = []
    for row in rows[np.argsort(-furthest[rows], kind="stable")].tolist():
        which = int(np.abs(away[row]).argmax())
        word = _MEASURES[which][int(away[row, which] > 0)]
        cases.append(view.case(row, f"much {word} than its class", furthest[row]))
    line = f"{counted(len(rows), 'picture')} far brighter, darker, flatter or rougher than others"
    return Finding("outlying", "note", len(rows), line, "see whether they belong", tuple(cases))


def _usual(measured: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Median and robust deviation of each measure (n, 3)."""
    middle = np.median(measured, axis=0)
    return middle, 1.4826 * np.median(np.abs(measured - middle), axis=0)
