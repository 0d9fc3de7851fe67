from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens.training import schedule
from convlens.training.schedule import Reserve, Steps, Until


def test_steps_count_evenly():
    steps = Steps(4)
    seen = []
    while not steps.finished:
        seen.append(steps.progress)
        steps.advance(0.5)
    assert seen == [0, 0.25, 0.5, 0.75]
    assert steps.progress == 1
    assert steps.seconds_left() == 0


class Clock:
    def __init__(self, monkeypatch):
        self.now = 100.0
        monkeypatch.setattr(schedule.time, "monotonic", lambda: self.now)


@pytest.mark.parametrize("slows_down", [False, True])
def test_until_ends_at_the_deadline_with_all_progress_made(monkeypatch, slows_down):
    clock = Clock(monkeypatch)
    until = Until(deadline=110.0)
    progress, count = [], 0
    while not until.finished:
        progress.append(until.progress)
        seconds = 0.02 if not slows_down or count < 200 else 0.05
        clock.now += seconds
        until.advance(seconds)
        count += 1
        if count % 50 == 0:
            clock.now += 0.1
            until.looked(0.1, 50, 0.5)
    assert progress == sorted(progress)
    assert until.progress == pytest.approx(1, abs=0.03)
    assert clock.now == pytest.approx(110 - 0.1, abs=0.15)  # one look at the end still fits
    steps = [b - a for a, b in pairwise(progress[5:])]
    if not slows_down:
        assert max(steps) < 2.5 * sorted(steps)[len(steps) // 2]  # no jump: an even schedule


def test_until_takes_one_step_even_if_it_is_late(monkeypatch):
    clock = Clock(monkeypatch)
    until = Until(deadline=90.0)
    assert not until.finished
    clock.now += 1
    until.advance(1.0)
    assert until.finished


def test_time_for_what_comes_after_is_left_and_corrected_by_a_look(monkeypatch):
    clock = Clock(monkeypatch)

    def ends(look_seconds):
        clock.now = 100.0
        until = Until(110.0, Reserve(look=0.4, looks=6, again=4), validation=1)
        while not until.finished:
            clock.now += 0.02
            until.advance(0.02)
            if until.state()["steps"] % 50 == 0 and look_seconds:
                clock.now += look_seconds
                until.looked(look_seconds, 50, 1.0)
        return clock.now

    assert ends(0) == pytest.approx(
        110 - (6 + 0.75 * 4 + 1) * 0.4, abs=0.05
    )  # as was measured beforehand
    # those to come are three times as slow at most as one that was made
    assert ends(0.1) == pytest.approx(110 - 6 * 0.3 - 0.1, abs=0.15)
    assert ends(2.0) == pytest.approx(110 - 6 * 0.4 - 2.0, abs=2.1)  # never more than measured


@given(
    accuracy=st.floats(0, 1),
    better=st.floats(0, 1),
    look=st.floats(0.001, 10),
    most=st.floats(1, 50),
)
def test_the_surer_a_network_the_less_time_is_left_for_judging_it(accuracy, better, look, most):
    reserve = Reserve(rest=0.3, look=0.01, looks=200, again=1000, most=most)
    low, high = sorted((accuracy, better))
    assert reserve.seconds(high, look) <= reserve.seconds(low, look) <= most
    assert reserve.seconds(1.0) == pytest.approx(min(most, 0.3 + 2))
    assert reserve.seconds(0.0) == pytest.approx(min(most, 0.3 + 12))
    assert reserve.seconds() <= reserve.seconds(0.0)
