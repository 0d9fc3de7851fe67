import pytest

from convlens.training.schedule import Steps
from convlens.training.target import Rounds, Target


def follow(schedule, accuracies, every=10):
    """Steps taken, progress at each, with looks finding ``accuracies`` in turn."""
    seen, found = [], iter(accuracies)
    while not schedule.finished:
        seen.append(schedule.progress)
        schedule.advance(0.1)
        if len(seen) % every == 0:
            schedule.looked(0.5, every, next(found))
    return seen


def test_a_target_ends_training_at_the_look_that_finds_it():
    target = Target(Steps(100), 0.9)
    assert len(follow(target, [0.5, 0.8, 0.9, 1.0])) == 30
    assert target.reached


def test_a_target_that_is_not_found_ends_with_the_schedule():
    target = Target(Steps(40), 0.9)
    assert len(follow(target, [0.5, 0.8, 0.8, 0.8])) == 40
    assert not target.reached


def test_rounds_double_and_start_again_at_half_the_rate():
    seen = follow(Rounds(20), [0.5, 0.6, 0.6, 0.65, 0.66, 0.7, *[0.6] * 8])
    assert len(seen) == 20 + 40 + 80
    assert seen[0] == 0
    assert seen[19] == pytest.approx(0.95)
    assert seen[20] == 0.5
    assert seen[59] == pytest.approx(0.5 + 0.5 * 39 / 40)
    assert seen[60] == 0.5


def test_rounds_end_where_one_gains_nothing_over_those_before():
    assert len(follow(Rounds(10), [0.9, 0.9, 0.9005])) == 30


def test_the_first_round_is_never_the_last():
    assert len(follow(Rounds(10), [0.0, 0.0, 0.0])) == 30


def test_what_is_restored_goes_on_as_it_would_have():
    accuracies = [0.5, 0.6, 0.7, 0.71, 0.72, 0.73, 0.73, *[0.7] * 8]
    whole = Target(Rounds(20), 0.99)
    expected = follow(whole, accuracies)
    one, other, seen = Target(Rounds(20), 0.99), Target(Rounds(5), 0.99), []
    for step in range(50):
        seen.append(one.progress)
        one.advance(0.1)
        if (step + 1) % 10 == 0:
            one.looked(0.5, 10, accuracies[step // 10])
    other.restore(one.state())
    assert seen + follow(other, accuracies[5:]) == expected


def test_rounds_begin_after_a_schedule_of_another_kind():
    steps = Steps(40)
    steps.advance(0.1)
    rounds = Rounds(20)
    rounds.restore(steps.state())
    assert rounds.progress == 0
    assert rounds.seconds_left() == pytest.approx(20 * 0.1)
