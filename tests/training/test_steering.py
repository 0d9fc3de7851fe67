"""A run that is steered on the way: what changes, what stays, and that it goes on to the bit."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convlens.errors import SettingsError
from convlens.training.events import Changed, EpochDone, Learned, StepDone, WentBack
from convlens.training.recipe import METHODS, Recipe
from convlens.training.schedule import Steps, Until
from convlens.training.state import State
from convlens.training.target import Rounds, Target

from .test_loop import kinds, new_run, planted, same, untimed, weights


def steered(run, changes, watch=lambda run: None):
    """All events of ``run``; ``changes`` by the number of steps after which they are made."""
    found, due = [], dict(changes)
    events = run.events()
    while True:
        change = due.pop(run.steps, None)
        if change is not None:
            change(run)
        watch(run)
        event = next(events, None)
        if event is None:
            return found
        found.append(event)


def to(**values):
    """A change of the recipe."""
    return lambda run: run.change(run.recipe.changed(values))


def seen_by(run):
    """Which pictures each step learns from, as (epoch, indices), filled in as it goes."""
    seen, batch = [], run._batch

    def watched():
        place = run.place
        order = run.sampler.epoch(place.epoch).order
        chosen = order[place.offset : place.offset + run.sampler.batch]
        pictures, labels = batch()
        assert torch.equal(labels, run.sampler.labels[chosen])
        seen.append((place.epoch, chosen.tolist()))
        return pictures, labels

    run._batch = watched
    return seen


@settings(max_examples=25)
@given(st.dictionaries(st.integers(0, 30), st.integers(2, 50), max_size=12))
def test_any_change_of_batches_shows_no_picture_of_an_epoch_twice(sizes):
    run = new_run(steps=20)
    seen = seen_by(run)
    found = steered(run, {step: to(batch=size) for step, size in sizes.items()})
    steps = kinds(found, StepDone)
    assert [event.step for event in steps] == list(range(1, len(steps) + 1))
    assert [event.pictures for event in steps] == [len(chosen) for _, chosen in seen]
    for epoch in {number for number, _ in seen}:
        shown = [picture for number, chosen in seen if number == epoch for picture in chosen]
        assert len(shown) == len(set(shown))
    assert run.pictures == sum(event.pictures for event in steps)
    assert found[-1].epochs == pytest.approx(4)  # 20 steps of 8 are 4 epochs, whatever comes
    assert found[-1].steps == len(steps)
    looks = [event.epochs for event in kinds(found, EpochDone)]
    assert looks == pytest.approx([1, 2, 3, 4])
    rates = [event.rate for event in steps]
    assert rates == sorted(rates, reverse=True)


def test_a_batch_that_changes_goes_on_where_the_epoch_was():
    run = new_run(steps=20)
    seen = seen_by(run)
    steered(run, {2: to(batch=12), 3: to(batch=4)})
    order = run.sampler.epoch(0).order.tolist()
    sizes = [len(chosen) for epoch, chosen in seen if epoch == 0]
    assert sizes == [8, 8, 12, 4, 4, 4]
    assert [picture for epoch, chosen in seen if epoch == 0 for picture in chosen] == order


def test_to_and_fro_between_two_steps_is_no_change_at_all():
    plain, run = new_run(), new_run()
    expected = list(plain.events())

    def there_and_back(run):
        recipe = run.recipe
        run.change(recipe.changed({"rest_rate": 1.0, "shift": 0.3}))
        run.change(recipe)

    found = steered(run, {7: there_and_back})
    assert untimed(found) == untimed(expected)
    assert same(weights(run), weights(plain))
    assert not kinds(found, Changed)


CHANGES = {
    "rates": {"filters_rate": 0.02, "rest_rate": 0.001},
    "momentum": {"filters_momentum": 0.1},
    "batch": {"batch": 11},
    "decay": {"weight_decay": 0.5, "l1_decay": 0.01},
    "variation": {"shift": 0.4, "zoom": 0.5, "flip": False},
    "smoothing": {"label_smoothing": 0.4},
    "fall": {"fall": False},
    "sgd": {"method": "sgd", "rate": 0.02},
    "adadelta": {"method": "adadelta", "batch": 5},
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_takes_effect_at_the_next_step_and_is_told(what):
    plain, run = new_run(), new_run()
    expected = list(plain.events())
    found = steered(run, {7: to(**CHANGES[what])})
    (told,) = kinds(found, Changed)
    assert told.step == 8
    before = new_run().recipe.to_json()
    assert told.changes == {name: (before[name], now) for name, now in CHANGES[what].items()}
    steps, others = kinds(found, StepDone), kinds(expected, StepDone)
    assert untimed(steps[:7]) == untimed(others[:7])
    first = 7 if what in ("batch", "adadelta", "variation", "smoothing") else 8
    assert steps[first].loss != others[first].loss  # rates show in the loss of the step after
    assert found.index(told) < found.index(steps[7])
    assert run.recipe == replace(new_run().recipe, **CHANGES[what])


@pytest.mark.parametrize("what", CHANGES)
def test_a_state_taken_after_any_event_of_a_steered_run_goes_on_to_the_bit(what):
    changes = {7: to(**CHANGES[what]), 12: lambda run: run.extend(4.6)}
    whole, states = new_run(), []
    expected = steered(whole, changes, lambda run: states.append((run.steps, run.state())))
    for steps, state in states[:-1:3]:
        document = json.loads(json.dumps(dict(state.values)))
        run = new_run()
        run.restore(State(state.tensors, document))
        left = {at: change for at, change in changes.items() if at > steps}
        found = steered(run, left)
        after = untimed([event for event in expected if getattr(event, "step", 99) > steps])
        assert untimed(found)[0] == after[0]
        assert same(weights(run), weights(whole))
        assert run.recipe == whole.recipe
        assert run.length == 4.6


@pytest.mark.parametrize("first", METHODS)
def test_any_method_takes_over_from_any_other(first):
    run = new_run(steps=2 * len(METHODS) + 2)
    run.change(Recipe(method=first, batch=8))
    changes = {2 * n + 2: to(method=method) for n, method in enumerate(METHODS)}
    found = steered(run, changes)
    assert all(torch.isfinite(value).all() for value in weights(run).values())
    assert run.recipe.rate is None  # a new method comes with its usual rate
    assert isinstance(found[-1], Learned)


def test_the_rate_told_is_the_one_in_effect():
    found = steered(new_run(steps=10), {4: to(filters_rate=0.5), 7: to(fall=False)})
    rates = [event.rate for event in kinds(found, StepDone)]
    falling = [0.1 * (1 - step / 10) for step in range(4)]
    assert rates == pytest.approx([*falling, 0.5 * 0.6, 0.5 * 0.5, 0.5 * 0.4, 0.5, 0.5, 0.5])


def test_a_run_is_made_longer_and_shorter():
    longer = new_run(steps=10)
    found = steered(longer, {10: lambda run: run.extend(5)})  # at the last moment
    assert found[-1].epochs == 5
    assert not found[-1].stopped
    rates = [event.rate for event in kinds(found, StepDone)]
    assert rates[9] == pytest.approx(0.1 * 0.1)
    assert rates[10] == pytest.approx(0.1 * 0.6)
    (told,) = kinds(found, Changed)
    assert told.changes == {"epochs": (2, 5)}
    shorter = new_run(steps=40)
    assert steered(shorter, {6: lambda run: run.extend(2)})[-1].steps == 10
    with pytest.raises(SettingsError, match="too few"):
        shorter.extend(0)


def test_a_length_given_anew_stands_against_one_extended_before():
    first = new_run(steps=10)
    steered(first, {3: lambda run: run.extend(3), 5: to(batch=4)})
    state = first.state()
    again = new_run(steps=25)  # 5 epochs, where the first command said 2
    again.restore(state)
    assert (again.length, again.recipe.batch) == (5, 4)
    assert list(again.events())[-1].epochs == 5
    same_command = new_run(steps=10)
    same_command.restore(state)
    assert same_command.length == 3


def test_a_budget_and_rounds_become_a_length_and_a_target_stays():
    timed = new_run(schedule=Until(deadline=1e12))
    assert timed.length is None
    assert steered(timed, {4: lambda run: run.extend(2)})[-1].steps == 10
    rounds = new_run(schedule=Target(Rounds(10), 2.0))
    assert rounds.length is None
    assert steered(rounds, {12: to(batch=4), 15: lambda run: run.extend(6)})[-1].epochs == 6
    target = new_run(schedule=Target(Steps(50), 0.0))
    assert steered(target, {3: lambda run: run.extend(30)})[-1].epochs == 1  # the first look


def test_rounds_keep_their_ends_in_epochs():
    def rises(changes):
        run = new_run(schedule=Target(Rounds(10), 2.0))
        steps = kinds(steered(run, changes), StepDone)
        return [one.epochs for one, next_ in pairwise(steps) if next_.rate > one.rate]

    assert rises({})[0] == 2  # a round of 10 steps of 8 pictures
    assert rises({3: to(batch=20)})[0] == 2
    assert rises({6: to(batch=3)})[0] == pytest.approx(2)


def test_going_back_keeps_what_was_changed_since():
    run = new_run(loss=planted(1, at=9))
    changes = {6: to(method="adam", batch=10), 7: lambda run: run.extend(3)}
    found = steered(run, changes)
    (back,) = kinds(found, WentBack)
    assert (back.step, back.to) == (9, 5)
    assert run.recipe.method == "adam"
    assert run.length == 3
    assert found[-1].epochs == pytest.approx(3)
    after = kinds(found[found.index(back) :], StepDone)
    assert after[0].step == 6
    assert {event.pictures for event in after} == {10}


def test_time_in_which_nobody_trained_does_not_count():
    run = new_run(schedule=Until(deadline=1e12))
    before = run.seconds
    run.waited(-1000.0)  # as if a thousand seconds had gone by that nobody noticed
    assert run.seconds - before == pytest.approx(1000, abs=1)
    assert run.schedule.deadline == pytest.approx(1e12 - 1000)
    run.waited(1000.0)
    assert run.seconds - before == pytest.approx(0, abs=1)


def test_a_step_tells_what_it_was_made_of():
    run = new_run(steps=10)
    run.change(run.recipe.changed({"weight_decay": 0.2, "l1_decay": 0.1}))
    layers = (run.network.conv1.weight, run.network.fc1.weight)
    expected = sum(0.1 * w.detach().square().sum() + 0.1 * w.detach().abs().sum() for w in layers)
    found = list(run.events())
    steps = kinds(found, StepDone)
    assert steps[0].decay_loss == pytest.approx(float(expected), rel=1e-5)
    assert sum(event.right for event in steps[:5]) / 40 == kinds(found, EpochDone)[0].train_accuracy
    for event in steps:
        assert event.forward_seconds > 0
        assert event.backward_seconds > 0
    busy = sum(event.forward_seconds + event.backward_seconds for event in steps)
    assert busy < run.busy
    assert {event.decay_loss for event in kinds(list(new_run().events()), StepDone)} == {0.0}


def test_what_was_kept_before_batches_could_change_goes_on_to_the_bit():
    whole = new_run()
    expected = list(whole.events())
    first, taken = new_run(), None
    for event in first.events():
        if isinstance(event, StepDone) and event.step == 13:
            taken = first.state()
    later = ("place", "pictures", "course")
    old = {name: value for name, value in taken.values.items() if name not in later}
    run = new_run()
    run.restore(State(taken.tensors, old))
    found = list(run.events())
    assert untimed(found)[0] == untimed(expected)[0][13:]
    assert same(weights(run), weights(whole))
    assert run.pictures == 160
