"""Watching takes its share of the time and no more."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens.studio.process.share import LONGEST_DEBT, Share


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def used(share, costs, step=0.003):
    """Let a loop of steps look whenever it may, each look at one of ``costs``; share and looks."""
    clock = Clock()
    limit = Share(share, 10, clock)
    spent, looks, begun = 0.0, [], clock.now
    while len(looks) < len(costs):
        clock.now += step
        if limit.allows:
            cost = costs[len(looks)]
            looks.append(clock.now)
            clock.now += cost
            spent += cost
            limit.spent(cost)
    while not limit.allows:
        clock.now += step
    return spent / (clock.now - begun), looks


@given(st.lists(st.floats(0.0001, 0.3), min_size=3, max_size=30))
def test_the_share_holds_over_any_costs(costs):
    share, looks = used(0.04, costs)
    assert share <= 0.04 + 1e-9
    assert min(b - a for a, b in itertools.pairwise(looks)) >= 0.1 - 1e-9


def test_cheap_looks_come_ten_times_a_second():
    _, looks = used(0.04, [0.0005] * 50)
    assert (looks[-1] - looks[0]) / 49 == pytest.approx(0.1, abs=0.004)


def test_a_look_that_was_not_allowed_is_waited_for_too():
    clock = Clock()
    limit = Share(0.05, 10, clock)
    limit.spent(0.1)
    limit.spent(0.1)
    clock.now += 3.79
    assert not limit.allows
    clock.now += 0.02
    assert limit.allows


def test_debts_are_forgiven_in_the_end():
    clock = Clock()
    limit = Share(0.01, 10, clock)
    limit.spent(60.0)
    assert not limit.allows
    clock.now += LONGEST_DEBT
    assert limit.allows
