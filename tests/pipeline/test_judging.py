"""Views of unsure pictures: the least sure first, as many as the time allows."""

import time
import tracemalloc
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from convlens.data import Pictures
from convlens.evaluation import figures, metrics
from convlens.pipeline import judging
from convlens.pipeline.judging import BLOCK, Scored, judge, over_views

COUNT = 3 * BLOCK


@pytest.fixture
def pictures():
    """Their first pixel says how sure the classifier is of the one class, wrongly as a rule."""
    sure = np.random.default_rng(0).permutation(COUNT) % 251
    pixels = np.repeat(sure.astype(np.uint8), 12).reshape(COUNT, 2, 2, 3)
    return Pictures(pixels, np.arange(COUNT) % 2, tuple(map(str, range(COUNT))))


def classifier(looked):
    def scores(pixels):
        looked.append(pixels[:, 0, 0, 0].copy())
        return np.stack([pixels[:, 0, 0, 0] / 150.0, np.zeros(len(pixels))], 1).astype(np.float32)

    return SimpleNamespace(
        model=SimpleNamespace(temperature=1.0),
        training={"recipe": {"flip": True, "shift": 0.1}},
        classes=("a", "b"),
        scores=scores,
    )


def looked_at_again(pictures, deadline):
    looked = []
    judge = classifier(looked)
    scored = Scored(judge, pictures)
    marks = scored.marks(judge)
    looked.clear()
    assert len(over_views(judge, scored, marks, deadline).labels) == COUNT
    return looked


def test_without_a_deadline_all_that_are_unsure_are_looked_at_again_the_least_sure_first(pictures):
    looked = looked_at_again(pictures, None)
    assert sum(map(len, looked)) == 5 * COUNT
    firsts = looked[::5]
    assert [len(block) for block in firsts] == [BLOCK] * 3
    assert all(one.max() <= other.min() for one, other in pairwise(firsts))


def test_from_the_deadline_on_no_more_are(pictures):
    assert looked_at_again(pictures, time.monotonic() - 1) == []


class Knowing:
    """Of 1,500 classes; what it scores follows from the picture's number, and is often right."""

    classes = tuple(map(str, range(1500)))

    def __init__(self, temperature=1.0):
        self.training = {"recipe": {"flip": True, "shift": 0.1}}
        self.model = SimpleNamespace(temperature=temperature)

    def with_temperature(self, temperature):
        return Knowing(temperature)

    def scores(self, pixels):
        numbers = pixels[:, 0, 0, 0].astype(np.int64) + 256 * pixels[:, 0, 0, 1].astype(np.int64)
        spread = (np.arange(1500) * 7919 + numbers[:, None] * 104729) % 997 / 200
        spread[np.arange(len(numbers)), numbers % 1500] += 3 + numbers % 4
        return spread.astype(np.float32)


def numbered(count):
    pixels = np.zeros((count, 2, 2, 3), np.uint8)
    pixels[..., 0], pixels[..., 1] = (
        np.arange(count)[:, None, None] % 256,
        np.arange(count)[:, None, None] // 256,
    )
    labels = np.arange(count) % 1500
    labels[::5] = 0  # what it does not know
    return Pictures(pixels, labels, ("",) * count)


@pytest.fixture
def many():
    return SimpleNamespace(train=None, validation=numbered(1800), test=numbered(2400))


def verdict_of(dataset):
    found = judge(Knowing(), dataset, tested=True)
    told = [one.to_json() for one in (found.validation, found.test, found.averaged)]
    return found.classifier.model.temperature, told


def test_scores_that_are_not_kept_come_to_the_same(many, monkeypatch):
    temperature, kept = verdict_of(many)
    assert kept[0]["accuracy"] != kept[1]["accuracy"]
    monkeypatch.setattr(judging, "BLOCK_VALUES", 1 << 17)
    monkeypatch.setattr(metrics, "BLOCK_VALUES", 1 << 17)
    assert verdict_of(many) == (temperature, kept)
    monkeypatch.setattr(judging, "MOST_KEPT", 600 * 1500)
    monkeypatch.setattr(judging, "fit_temperature", lambda scores, labels: temperature)
    assert verdict_of(many) == (temperature, kept)


def test_the_temperature_of_some_is_near_that_of_all(many, monkeypatch):
    whole = Scored(Knowing(), many.validation).temperature()
    monkeypatch.setattr(judging, "MOST_KEPT", 600 * 1500)
    assert Scored(Knowing(), many.validation).temperature() == pytest.approx(whole, rel=0.1)


def test_memory_for_judging_does_not_grow_with_pictures_times_classes(many, monkeypatch):
    """2,400 pictures of 1,500 classes: 14 MB of scores, twice that of probabilities."""
    monkeypatch.setattr(judging, "MOST_KEPT", 200 * 1500)
    for module in (judging, metrics):
        monkeypatch.setattr(module, "BLOCK_VALUES", 1 << 16)
    monkeypatch.setattr(judging, "fit_temperature", lambda scores, labels: 1.0)
    tracemalloc.start()
    try:
        judge(Knowing(), many, tested=True)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8e6


def test_figures_of_twenty_thousand_classes_need_no_table():
    """It would take 3.2 GB."""
    labels = np.arange(60_000) % 20_000
    marks = judging.Marks(labels, labels[::-1], np.full(60_000, 0.5), np.full(60_000, 0.5))
    tracemalloc.start()
    try:
        found = figures(marks, tuple(map(str, range(20_000))))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found.classes) == 20_000
    assert peak < 40e6
