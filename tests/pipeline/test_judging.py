"""Views of unsure pictures: the least sure first, as many as the time allows."""

import time
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from convlens.data import Pictures
from convlens.pipeline.judging import BLOCK, over_views

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
    first = judge.scores(pictures.pixels)
    looked.clear()
    assert over_views(judge, first, pictures, deadline).n == COUNT
    return looked


def test_without_a_deadline_all_that_are_unsure_are_looked_at_again_the_least_sure_first(pictures):
    looked = looked_at_again(pictures, None)
    assert sum(map(len, looked)) == 5 * COUNT
    firsts = looked[::5]
    assert [len(block) for block in firsts] == [BLOCK] * 3
    assert all(one.max() <= other.min() for one, other in pairwise(firsts))


def test_from_the_deadline_on_no_more_are(pictures):
    assert looked_at_again(pictures, time.monotonic() - 1) == []
