"""An attendant steers a training; what it did is in the run folder, and outlives a crash."""

import json
import sys
import time
from functools import cache

import numpy as np
import pytest

import convlens as cl
from convlens.modelfile import read_model
from convlens.pipeline import Keep, Note, Reading, Ready, Resumed, Settings, train
from convlens.training.events import Changed, EpochDone, Learned, StepDone

NET = "INPUT 8x8x1 - CONV 6 - BN - RELU - POOL - FC"
QUIET = Settings("digits", NET, epochs=4, batch=64)  # 19 steps an epoch


class Attendant:
    """Does what is due after so many steps, and notes when it was asked."""

    def __init__(self, **deeds):
        self.deeds = {int(at.removeprefix("after_")): deed for at, deed in deeds.items()}
        self.work, self.asked, self.at_begin = None, 0, None

    def begin(self, work):
        assert self.work is None
        self.work, self.at_begin = work, work.run.steps

    def between(self):
        self.asked += 1
        deed = self.deeds.pop(self.work.run.steps, None)
        if deed is not None:
            deed(self.work)


class CrashError(Exception):
    pass


def crash(work):
    raise CrashError


@cache
def digits():
    """The digits, read once for all tests."""
    attend = Attendant()
    train(Settings("digits", NET, epochs=0.05), attend=attend)
    return attend.work.dataset


def followed(settings=QUIET, attend=None, **options):
    told = []
    options = {"dataset": digits(), **options}
    outcome = train(settings, told.append, attend=attend, **options)
    return outcome, told


def kinds(told, *wanted):
    return [event for event in told if isinstance(event, wanted)]


def weights(outcome):
    return outcome.classifier.weights


def same(one, other):
    return all(np.array_equal(weights(one)[name], weights(other)[name]) for name in weights(one))


def test_an_attendant_who_does_nothing_changes_nothing_and_is_asked_between_all_events():
    plain, told = followed()
    attend = Attendant()
    attended, again = followed(attend=attend)
    assert same(plain, attended)
    run = kinds(again, StepDone, EpochDone, Learned)
    assert attend.asked == len(run)
    assert [type(event) for event in told] == [type(event) for event in again]
    assert attend.at_begin == 0
    work = attend.work
    assert work.run.recipe.batch == 64
    assert str(work.plan.architecture).startswith("INPUT 8x8x1")
    assert len(work.dataset.train) // 64 == 19
    assert not work.save()  # there is no run folder


def test_what_was_changed_is_told_logged_and_stands_in_the_model_file(tmp_path):
    def change(work):
        work.run.change(work.run.recipe.changed({"method": "sgd", "flip": True}))

    folder = tmp_path / "run"
    outcome, told = followed(attend=Attendant(after_5=change), keep=Keep(folder))
    (changed,) = kinds(told, Changed)
    assert (changed.step, changed.changes["method"]) == (6, ("muon", "sgd"))
    lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    (line,) = [one for one in lines if one["event"] == "changed"]
    assert line["changes"] == {"method": ["muon", "sgd"], "flip": [False, True]}
    assert outcome.classifier.training["recipe"]["method"] == "sgd"
    steps = [one for one in lines if one["event"] == "step_done"]
    assert {"right", "pictures", "rate"} < steps[0].keys()
    assert not {"decay_loss", "forward_seconds"} & steps[0].keys()
    assert max(len(json.dumps(one)) for one in steps) < 300


@pytest.mark.parametrize("steps", [0, 1, 23, 38])
def test_after_a_crash_a_steered_run_goes_on_by_its_own_recipe_to_the_same_weights(tmp_path, steps):
    def change(work):
        values = {"method": "nesterov", "batch": 50, "weight_decay": 0.01, "rate": 0.02}
        work.run.change(work.run.recipe.changed(values))

    def longer(work):
        work.run.extend(5)

    whole, _ = followed(attend=Attendant(after_0=change, after_20=longer))
    keep = Keep(tmp_path / "run")
    first = Attendant(after_0=change, after_20=longer)
    stop_at = first.deeds.get(steps)

    def last(work):
        if stop_at is not None:
            stop_at(work)
        assert work.save()  # as a pause does
        raise CrashError

    first.deeds[steps] = last
    with pytest.raises(CrashError):
        followed(attend=first, keep=keep)
    left = {"after_20": longer} if steps < 20 else {}
    second, told = followed(attend=Attendant(**left), keep=keep)
    assert kinds(told, Resumed)[0].step == steps
    assert same(second, whole)
    assert second.learned.epochs == 5
    assert second.classifier.training["recipe"]["batch"] == 50


def test_time_that_was_waited_is_no_time_spent(tmp_path):
    def wait(work):
        time.sleep(1.0)
        work.waited(1.0)
        work.save()

    begun = time.monotonic()
    outcome, _ = followed(attend=Attendant(after_4=wait), keep=Keep(tmp_path / "run"))
    passed = time.monotonic() - begun
    assert outcome.seconds < passed - 0.9
    assert outcome.learned.seconds < passed - 0.9
    timed = Settings("digits", NET, budget=2.0, batch=64)
    begun = time.monotonic()
    followed(timed, Attendant(after_1=wait))
    assert time.monotonic() - begun > 2.0 + 0.4


def test_pictures_that_are_there_already_are_not_read_again(monkeypatch):
    given = digits()
    whole, told = followed(dataset=None)
    assert kinds(told, Reading)
    monkeypatch.setattr(sys.modules["convlens.pipeline.prepare"], "open_source", None)
    again, told = followed(dataset=given)
    assert same(whole, again)
    assert not kinds(told, Reading)
    other = Settings("digits", "CONV 4 - RELU - FC", epochs=1)
    outcome, told = followed(other, dataset=given)
    assert str(outcome.classifier.architecture).startswith("INPUT 8x8x1 - CONV 4")
    chosen, _ = followed(Settings("digits", epochs=1), dataset=given)
    assert chosen.parameters > 1000
    monkeypatch.undo()
    for elsewhere in (
        Settings("digits", "INPUT 12x12x1 - CONV 4 - FC", epochs=1),
        Settings("digits", "CONV 4 - FC", size=(10, 8), epochs=1),
        Settings("digits", "INPUT 8x8x3 - CONV 4 - FC", epochs=1),
    ):
        outcome, told = followed(elsewhere, dataset=given)
        assert kinds(told, Reading)
        seen = outcome.classifier.model.preprocessing
        assert (seen.width, seen.height, seen.channels) != (8, 8, 1)


def test_weights_are_carried_over_where_they_fit_and_outlive_a_crash(tmp_path):
    before, _ = followed()
    carry = weights(before)
    wider = Settings("digits", NET.replace("FC", "CONV 9 - RELU - FC"), epochs=1, batch=64)
    attend = Attendant(after_0=crash)
    keep = Keep(tmp_path / "run")
    with pytest.raises(CrashError):
        followed(wider, attend, keep=keep, carry=carry)
    assert "conv1.weight" in attend.work.carried
    assert not any(name.startswith("fc1") for name in attend.work.carried)  # another shape
    state = attend.work.run.network.state_dict()
    for name in attend.work.carried:
        assert np.array_equal(state[name].numpy(), carry[name])
    through, _ = followed(wider, carry=carry)
    resumed, told = followed(wider, keep=keep)  # what was carried over is in the checkpoint
    assert kinds(told, Resumed)[0].step == 0
    assert same(resumed, through)
    assert not same(resumed, followed(wider)[0])
    same_net, told = followed(Settings("digits", NET, epochs=0.1, batch=64), carry=carry)
    assert kinds(told, StepDone)[0].loss < 0.8 * np.log(10)  # the head came along
    assert same_net.learned.steps < 5


def test_a_run_that_was_extended_and_is_finished_learns_on_only_for_longer(tmp_path):
    def longer(work):
        work.run.extend(5)

    keep = Keep(tmp_path / "run")
    done, _ = followed(attend=Attendant(after_3=longer), keep=keep)
    assert done.learned.epochs == 5
    on = Keep(tmp_path / "run", resume=True)
    with pytest.raises(cl.RunError, match="finished"):
        followed(Settings("digits", NET, epochs=5, batch=64), keep=on)
    more, told = followed(Settings("digits", NET, epochs=6, batch=64), keep=on)
    assert kinds(told, Ready, Note)
    assert more.learned.epochs == 6
    assert kinds(told, StepDone)[0].step == 5 * 19 + 1


def test_a_stop_while_it_waits_keeps_what_was_learned(tmp_path):
    asked = []
    attend = Attendant(after_7=lambda work: asked.append(work.save()))
    out = tmp_path / "model.safetensors"
    settings = Settings("digits", NET, epochs=4, batch=64, out=out)
    outcome = train(settings, stop=lambda: bool(asked), attend=attend, keep=Keep(tmp_path / "run"))
    assert outcome.learned.stopped
    assert outcome.learned.steps == 7
    assert read_model(out).training["stopped"]


def test_a_run_begun_before_recipes_had_methods_goes_on(tmp_path):
    attend = Attendant(after_5=lambda work: work.save(), after_6=crash)
    with pytest.raises(CrashError):
        followed(attend=attend, keep=Keep(tmp_path / "run"))
    path = tmp_path / "run" / "settings.json"
    document = json.loads(path.read_text())
    for name in ("method", "rate", "momentum", "fall", "weight_decay", "l1_decay"):
        del document["settled"]["recipe"][name]
    path.write_text(json.dumps(document))
    _, told = followed(keep=Keep(tmp_path / "run"))
    assert kinds(told, Resumed)[0].step == 5
