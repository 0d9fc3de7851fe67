"""Confident learning against its definition, by nested loops; folds keep copies together."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from convlens.audit import labels as judging
from convlens.audit.folds import folds
from convlens.audit.labels import doubts


@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(1, 60))
def test_doubts_are_those_of_the_definition(seed, classes, count):
    random = np.random.default_rng(seed)
    chances = random.dirichlet(np.full(classes, 0.4), count).astype(np.float32)
    labels = random.integers(0, classes, count)
    found = doubts(chances, labels)
    for n in range(count):
        own = chances[n, labels[n]]
        others = [chances[n, k] for k in range(classes) if k != labels[n]]
        assert found.own[n] == own
        assert chances[n, found.suggested[n]] == max(others)
        assert found.suggested[n] != labels[n]
        above = {
            k: float(chances[n, k])
            for k in range(classes)
            if (labels == k).any()
            and chances[n, k] >= chances[labels == k, k].astype(np.float64).mean()
        }
        likeliest = max(above, key=above.get) if above else labels[n]
        assert found.doubted[n] == (likeliest != labels[n])
    assert (np.diff(found.own[found.order]) >= 0).all()


def test_doubts_block_by_block_are_those_of_all_at_once(monkeypatch):
    random = np.random.default_rng(0)
    chances = random.dirichlet(np.full(40, 0.2), 500).astype(np.float32)
    labels = random.integers(0, 40, 500)
    whole = doubts(chances, labels)
    monkeypatch.setattr(judging, "BLOCK_VALUES", 37 * 40)
    found = doubts(chances, labels)
    assert whole.doubted.any()
    for name in ("own", "suggested", "doubted", "order"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))


@given(st.integers(0, 10_000), st.integers(2, 5))
def test_folds_keep_copies_together_and_classes_even(seed, count):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, 90)
    groups = np.arange(90)
    groups[40:50], groups[60:62] = 7, 3
    found = folds(labels, groups, count, seed)
    for group in np.unique(groups):
        assert len(set(found[groups == group].tolist())) == 1
    assert set(found.tolist()) == set(range(count))
    alone = np.array([np.sum(groups == g) == 1 for g in groups])
    for label in range(3):
        shares = np.bincount(found[alone & (labels == label)], minlength=count)
        assert shares.max() - shares.min() <= 3
    assert (folds(labels, groups, count, seed) == found).all()
