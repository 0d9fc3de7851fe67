"""The loop at rest and in trouble: states that go on to the bit, bad numbers, too little memory."""

import json

import numpy as np
import pytest
import torch

from convlens.data import Pictures
from convlens.network.build import Network, channels_last
from convlens.network.engine import Engine
from convlens.notation import Architecture
from convlens.training.events import (
    BatchSplit,
    EpochDone,
    Learned,
    StepDone,
    Stopping,
    WentBack,
)
from convlens.training.faults import DivergedError, MemoryTooSmallError
from convlens.training.initialise import initialise
from convlens.training.learner import drawing
from convlens.training.looker import Part
from convlens.training.loop import MOST_RETURNS, Run
from convlens.training.losses import loss_for
from convlens.training.recipe import Recipe
from convlens.training.sampler import Normalisation, Sampler
from convlens.training.schedule import Steps, Until
from convlens.training.state import State

CPU = torch.device("cpu")
ENGINE = Engine(CPU, torch.float32)
NORMALISE = Normalisation.of((0.5,), (0.25,), CPU)
NET = "INPUT 6x6x1 - CONV 4 - BN - RELU - POOL - DROPOUT 0.3 - FC"


def pictures(count, seed):
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    pixels = random.integers(0, 120, (count, 6, 6, 1)) + 120 * labels[:, None, None, None]
    return Pictures(pixels.astype(np.uint8), labels, ("",) * count)


def new_run(steps=20, net=NET, batch=8, loss=None, stop=lambda: False, seed=0, schedule=None):
    train, judged = pictures(40, 1), pictures(12, 2)
    sampler = Sampler(train, Recipe(batch=batch), seed, NORMALISE)
    network = Network(Architecture(net).plan(classes=2))
    initialise(network, sampler.normalise(sampler.originals(40)), sampler.recipe, seed)
    part = Part(torch.from_numpy(judged.pixels), torch.from_numpy(judged.labels), NORMALISE)
    loss = loss or loss_for("softmax", 0.1)
    schedule = schedule or Steps(steps)
    return Run(channels_last(network), sampler, part, schedule, ENGINE, loss, stop)


def kinds(events, *wanted):
    return [event for event in events if isinstance(event, wanted)]


def untimed(events):
    """What of an event does not depend on the clock."""
    steps = [(e.step, e.epochs, e.loss) for e in kinds(events, StepDone)]
    looks = [
        (e.step, e.loss, e.train_accuracy, e.validation_loss, e.validation_accuracy, e.best)
        for e in kinds(events, EpochDone)
    ]
    return steps, looks


def weights(run):
    return {name: value.clone() for name, value in run.network.state_dict().items()}


def same(first, second):
    return all(torch.equal(first[name], second[name]) for name in second)


def from_disk(state):
    """A state as a checkpoint gives it back: in C order, whatever it was in."""
    tensors = {k: torch.from_numpy(v.contiguous().numpy().copy()) for k, v in state.tensors.items()}
    return State(tensors, state.values)


def test_a_state_taken_after_any_event_goes_on_to_the_bit():
    whole = new_run()
    expected = list(whole.events())
    states, first = [], new_run()
    for event in first.events():
        if not isinstance(event, Learned):
            states.append((untimed([event]), from_disk(first.state())))
    assert len(states) == 20 + 4
    for number, (_, state) in enumerate(states):
        run = new_run()
        run.restore(state)
        found = list(run.events())
        assert untimed(found) == untimed(expected[number + 1 :])
        assert same(weights(run), weights(whole))


def test_what_the_network_draws_leaves_the_process_alone():
    torch.manual_seed(4)
    expected = torch.rand(3)
    run = new_run(steps=5)
    torch.manual_seed(4)
    list(run.events())
    assert torch.equal(torch.rand(3), expected)
    draws = []
    for seed, step in ((1, 1), (1, 2), (2, 1), (1, 1)):
        with drawing(seed, step, CPU):
            draws.append(torch.rand(3))
    assert torch.equal(draws[0], draws[3])
    assert not torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


def test_a_stop_tells_before_the_last_look_and_keeps_the_best():
    told = []
    run = new_run(stop=lambda: len(told) >= 7)
    for event in run.events():
        told.append(event)
    assert [type(event).__name__ for event in told[-3:]] == ["Stopping", "EpochDone", "Learned"]
    assert told[-1].stopped
    assert kinds(told, Stopping)[0].step == told[-1].steps == kinds(told, StepDone)[-1].step


def planted(times, at=7, value=float("nan")):
    """A loss that is ``value`` in step ``at`` for so many times."""
    real, left, calls = loss_for("softmax", 0.1), [times], [0]

    def loss(scores, labels):
        found = real(scores, labels)
        if scores.requires_grad:
            calls[0] += 1
            if calls[0] >= at and left[0]:
                left[0] -= 1
                calls[0] = at - 2  # two more steps until it comes again
                return found * value
        return found

    return loss


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_bad_loss_goes_back_and_on_more_slowly(value):
    run = new_run(loss=planted(1, value=value))
    found = list(run.events())
    (back,) = kinds(found, WentBack)
    assert (back.step, back.to, back.what, back.rate) == (7, 5, "loss", 0.5)
    after = kinds(found[found.index(back) :], StepDone)
    assert [event.step for event in after] == list(range(6, 21))
    assert all(torch.isfinite(value).all() for value in weights(run).values())
    again = list(new_run(loss=planted(1, value=value)).events())
    assert untimed(again) == untimed(found)  # the same seed, the same way out


def test_where_a_run_goes_back_to_does_not_hang_on_where_it_was_saved():
    """Killed and gone on with, a run whose numbers go bad takes the same way out."""

    def spoilt():
        real = loss_for("softmax", 0.1)

        def loss(scores, labels):
            bad = scores.requires_grad and run.steps == 13 and not run.returns
            return real(scores, labels) * (float("nan") if bad else 1)

        run = new_run(loss=loss)
        return run

    whole, states = spoilt(), []
    for event in whole.events():
        if isinstance(event, WentBack):
            break
        states.append(from_disk(whole.kept()))
    assert (event.step, event.to) == (14, 10)
    expected = spoilt()
    list(expected.events())
    for state in states:
        run = spoilt()
        run.restore(State(state.tensors, json.loads(json.dumps(state.values))))
        (back,) = kinds(run.events(), WentBack)
        assert (back.step, back.to) == (14, 10)
        assert same(weights(run), weights(expected))


def test_a_bad_gradient_does_not_reach_the_weights():
    class Spoilt(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, gradient):
            return gradient * float("inf")

    real, calls, before = loss_for("softmax", 0.1), [0], {}

    def loss(scores, labels):
        if scores.requires_grad:
            calls[0] += 1
            if calls[0] == 4:
                before.update(weights(run))
                return real(Spoilt.apply(scores), labels)
        return real(scores, labels)

    run = new_run(loss=loss)
    found = []
    for event in run.events():
        found.append(event)
        if isinstance(event, WentBack):
            break
    assert (event.step, event.to, event.what) == (4, 0, "gradient")


def test_it_gives_up_with_the_step_and_its_pictures():
    run = new_run(loss=planted(1000))
    found = []
    with pytest.raises(DivergedError) as caught:
        found += list(run.events())
    error = caught.value
    assert error.returns == MOST_RETURNS
    assert error.step > 5
    assert len(error.pictures) == 8
    assert all(torch.isfinite(value).all() for value in weights(run).values())


def test_a_validation_loss_that_is_not_finite_is_never_the_best():
    real = loss_for("softmax", 0.1)

    def loss(scores, labels):
        found = real(scores, labels)
        return found if scores.requires_grad else found * float("nan")

    run = new_run(steps=10, loss=loss)
    with pytest.raises(DivergedError, match="validation loss"):
        list(run.events())
    assert run.keeper.best is None


def scarce(run, most, error):
    """Let no more than ``most`` pictures at a time through the network."""
    fast = run.learner.network
    forward = type(fast).forward

    def limited(self, x):
        if len(x) > most:
            raise error
        return forward(self, x)

    patched = type("Scarce", (type(fast),), {"forward": limited})
    fast.__class__ = patched
    return run


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        MemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
    ],
)
def test_too_little_memory_halves_the_batch_with_the_same_result(error):
    net = "INPUT 6x6x1 - CONV 4 - RELU - POOL - FC"
    whole, parted = new_run(net=net), scarce(new_run(net=net), 3, error)
    expected, found = list(whole.events()), list(parted.events())
    splits = kinds(found, BatchSplit)
    assert [(event.step, event.pieces, event.pictures) for event in splits] == [
        (1, 2, 4),
        (1, 4, 2),
    ]
    assert [e.step for e in kinds(found, StepDone)] == [e.step for e in kinds(expected, StepDone)]
    for name, value in weights(whole).items():
        torch.testing.assert_close(weights(parted)[name], value, rtol=1e-3, atol=1e-4)


def test_memory_for_not_even_two_pictures_is_said():
    with pytest.raises(MemoryTooSmallError):
        list(scarce(new_run(), 1, MemoryError()).events())


def test_other_errors_pass():
    with pytest.raises(RuntimeError, match="size mismatch"):
        list(scarce(new_run(), 1, RuntimeError("size mismatch")).events())


def test_a_state_goes_on_under_another_schedule():
    first = new_run(steps=10)
    list(first.events())
    longer = new_run(steps=30)
    longer.restore(first.state())
    found = list(longer.events())
    assert kinds(found, StepDone)[0].step == 11
    assert found[-1].steps == 30
    timed = new_run(schedule=Until(deadline=0.0))
    timed.restore(first.state())
    assert kinds(list(timed.events()), Learned)[0].steps == 10
