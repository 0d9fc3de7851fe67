"""Curves stay bounded, and what is merged is the mean of what was told."""

import json
import math
from itertools import accumulate

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from convlens.studio.series import MOST, MOST_MARKS, Series

numbers = st.one_of(st.none(), st.floats(-1e6, 1e6), st.just(math.nan), st.just(math.inf))


def columns(first, values):
    steps = list(range(first, first + len(values)))
    return {"step": steps, "loss": values, "decay": values, "accuracy": values}


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=12))
def test_bounded_and_true_to_the_mean(sizes):
    series, told, versions = Series(), [], [1]
    for size in sizes:
        values = [float((7 * n) % 101) for n in range(len(told), len(told) + size)]
        before = [(p.step, p.weight) for p in series.points]
        series.add(columns(len(told) + 1, values))
        told += values
        versions.append(series.version)
        if versions[-1] == versions[-2]:  # then points were only added
            assert [(p.step, p.weight) for p in series.points][: len(before)] == before
        assert len(series.points) <= MOST
        assert sum(point.weight for point in series.points) == len(told)
        assert series.points[-1].step == len(told)
        ends = list(accumulate(point.weight for point in series.points))
        assert [point.step for point in series.points] == ends
        sums = np.diff(np.cumsum([0.0, *told])[[0, *ends]])  # of whole numbers: exact
        means = sums / [point.weight for point in series.points]
        np.testing.assert_allclose([p.values[0] for p in series.points], means, rtol=1e-6)
    assert versions == sorted(versions)


def test_old_points_are_as_fine_as_new_ones():
    series = Series()
    for first in range(1, 100_001, 100):
        series.add(columns(first, [1.0] * 100))
    weights = [point.weight for point in series.points]
    assert max(weights) <= 2 * 100_000 / 1000
    assert weights[0] == max(weights)
    assert series.version < 200


@given(st.lists(numbers, max_size=50), st.integers(-5, 60))
def test_written_and_read_again(values, step):
    series = Series()
    series.add(columns(1, values))
    series.look({"step": 3, "validation_accuracy": 0.5, "loss": math.nan})
    series.mark(4, "rate 0.1 → 0.2")
    again = Series.from_json(json.loads(json.dumps(series.to_json(), allow_nan=False)))
    assert again.columns() == series.columns()
    assert (again.looks, again.marks) == (series.looks, series.marks)
    assert again.version > series.version
    again.cut(step)
    assert all(point.step <= step for point in again.points)
    assert len(again.points) == min(max(step, 0), len(values))


def test_what_goes_back_is_told_anew():
    series = Series()
    series.add(columns(1, [1.0] * 10))
    version = series.version
    series.add(columns(5, [2.0] * 3))
    assert series.columns()["step"] == [1, 2, 3, 4, 5, 6, 7]
    assert series.columns()["loss"] == [1.0] * 4 + [2.0] * 3
    assert series.version > version


def test_looks_and_marks_are_bounded():
    series = Series()
    for step in range(5 * MOST_MARKS):
        series.look({"step": step})
        series.mark(step, "x")
    assert len(series.looks) <= MOST_MARKS
    assert len(series.marks) <= MOST_MARKS
    assert series.looks[-1]["step"] == series.marks[-1]["step"] == 5 * MOST_MARKS - 1
    assert [look["step"] for look in series.looks] == sorted(look["step"] for look in series.looks)
