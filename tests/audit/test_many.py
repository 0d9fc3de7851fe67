"""Audits of many classes: no work grows with pictures times classes, or it is left undone."""

import numpy as np
import pytest

from convlens.audit import audit, auditing, clues, oddities
from convlens.audit.headers import Headers
from convlens.audit.view import View
from convlens.data import Pictures, open_source
from convlens.data.sources import Item, Source


def view_of(labels, pixels=None):
    count = len(labels)
    if pixels is None:
        pixels = np.random.default_rng(0).integers(90, 160, (count, 4, 4, 1)).astype(np.uint8)
    names = tuple(f"{label}/{row}.png" for row, label in enumerate(labels.tolist()))
    items = tuple(Item(n, int(label), None, 9, "") for n, label in zip(names, labels, strict=True))
    source = Source("folder", "many", tuple(map(str, range(int(labels.max()) + 1))), items)
    same = np.full(count, 4)
    headers = Headers(
        same, same, np.zeros(count, np.int64), np.random.default_rng(1).permutation(count)
    )
    return View(
        source, Pictures(pixels, labels, names), np.arange(count), headers, np.arange(count)
    )


def test_outliers_are_those_of_the_definition():
    """Small classes are held to all pictures, large ones to their own, blank ones to none."""
    random = np.random.default_rng(2)
    labels = random.permutation(
        np.concatenate([np.zeros(60, int), np.ones(25, int), np.arange(2, 40)])
    )
    pixels = random.integers(90, 160, (len(labels), 4, 4, 1)).astype(np.uint8)
    pixels[labels == 1] += 60
    pixels[::9] = pixels[::9] // 3
    pixels[5] = 7
    view = view_of(labels, pixels)
    measured = oddities.measure(pixels)
    whole = measured[:, 1] >= oddities.BLANK
    assert not whole.all()
    expected = set()
    for row in np.flatnonzero(whole):
        own = whole & (labels == labels[row])
        among = measured[own if own.sum() >= oddities.FEW else whole]
        middle = np.median(among, axis=0)
        spread = 1.4826 * np.median(np.abs(among - middle), axis=0)
        away = np.abs(measured[row] - middle) / np.maximum(spread, oddities.LEAST_SPREAD)
        if away.max() > oddities.OUTLYING:
            expected.add(view.pictures.names[row])
    finding = next(one for one in oddities.oddities(view) if one.kind == "outlying")
    assert {case.pictures[0].file for case in finding.cases} == expected
    assert 3 <= len(expected) < len(labels) // 2


def test_thousands_of_small_classes_are_not_each_held_to_all_anew(monkeypatch):
    asked, usual = [], oddities._usual
    monkeypatch.setattr(oddities, "_usual", lambda some: asked.append(len(some)) or usual(some))
    oddities.oddities(view_of(np.arange(6000) % 3000))
    assert asked == [6000]


def test_clues_are_looked_for_in_so_many_classes_at_most(monkeypatch):
    monkeypatch.setattr(clues, "MOST_CLASSES", 6)
    seen = []
    monkeypatch.setattr(clues, "_told_by", lambda what, x, labels, fold, seed: seen.append(labels))
    labels = np.arange(600) % 60
    clues.clues(view_of(labels), seed=0)
    assert seen
    assert all(len(np.unique(some)) == 6 and len(some) == 60 for some in seen)


@pytest.mark.parametrize(
    ("memory", "checked"), [(4 * 4 * 90 * 3, True), (4 * 4 * 90 * 3 - 1, False)]
)
def test_labels_are_not_judged_where_probabilities_would_fill_the_memory(
    memory, checked, monkeypatch
):
    pixels = np.random.default_rng(0).integers(0, 255, (90, 8, 8)).astype(np.uint8)
    monkeypatch.setattr(auditing, "physical_memory", lambda: memory)
    monkeypatch.setattr(auditing, "_probabilities", lambda view, *_: np.full((len(view), 3), 1 / 3))
    found = audit(open_source((pixels, np.arange(90) % 3)), cache=False)
    if checked:
        assert found.unchecked is None
    else:
        assert "90 pictures of 3 classes are too many" in found.unchecked
