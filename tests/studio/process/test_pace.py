"""Where every processor trains, pages are told of growth less often, and lose nothing by it."""

import itertools
import time
from types import SimpleNamespace

import pytest
import torch

from convlens.studio.process import desk, pace, telling
from convlens.studio.process.blocks import Answer
from convlens.studio.process.desk import Desk, Watched
from convlens.studio.process.inbox import Request
from convlens.studio.process.telling import Meter
from convlens.training.events import StepDone


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_a_free_processor_draws_often(threads, monkeypatch):
    monkeypatch.setattr(pace, "processors", lambda: 2)
    threads(1)
    assert pace.figures_apart() == pace.layers_apart() == pace.OFTEN
    threads(2)
    assert pace.figures_apart() > pace.layers_apart() > pace.OFTEN


@pytest.mark.parametrize("apart", [0.1, 1.0])
def test_curves_are_as_fine_as_before(monkeypatch, apart):
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(telling.time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(telling, "figures_apart", lambda: apart)
    told, times = [], []

    def tell(name, frame):
        told.append(frame)
        times.append(clock.now)

    meter, run = Meter(tell), SimpleNamespace(pictures=0, seconds=0.0)
    losses = [1 / (1 + step) for step in range(500)]
    for step, loss in enumerate(losses, 1):  # 5 seconds of steps of 10 ms
        clock.now += 0.01
        meter.add(done(step, loss), run)
    meter.flush(run)
    assert len(told) == pytest.approx(5 / apart, abs=2)
    assert all(b - a >= apart - 1e-9 for a, b in itertools.pairwise(times[:-1]))
    steps = [step for frame in told for step in frame["points"]["step"]]
    assert steps == sorted(set(steps))
    assert steps[-1] == 500
    assert len(steps) == pytest.approx(50, abs=2)
    means = [loss for frame in told for loss in frame["points"]["loss"]]
    begins = [0, *steps[:-1]]
    for begin, end, mean in zip(begins, steps, means, strict=True):
        assert mean == pytest.approx(sum(losses[begin:end]) / (end - begin))


def done(step, loss):
    return StepDone(
        step=step,
        epochs=step / 100,
        loss=loss,
        progress=step / 500,
        seconds_left=0.0,
        pictures_per_second=200.0,
        right=1,
        pictures=2,
        rate=0.1,
        decay_loss=0.0,
        forward_seconds=0.001,
        backward_seconds=0.002,
    )


class Pipe:
    """Requests that come in, answers that go out."""

    def __init__(self):
        self.requests, self.answers = [], []

    def take(self):
        return self.requests.pop(0) if self.requests else None

    def answer(self, number, document, blob=b""):
        self.answers.append(number)


def test_a_layer_is_told_again_at_the_pace_and_a_click_at_once(monkeypatch):
    begun = time.monotonic() + 1  # later than what the desk begins with
    clock = SimpleNamespace(now=begun)
    monkeypatch.setattr(desk.time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(desk, "layers_apart", lambda: 1.0)
    pipe, steps = Pipe(), SimpleNamespace(now=1)
    one = Desk(pipe, pipe)
    for share in (one.watching, one.sampling, one.working):
        share.clock = lambda: clock.now
    one.handlers["view"] = lambda request: Watched(
        request,
        request.values["layer"],
        version=lambda: steps.now,
        step=lambda: steps.now,
        make=lambda: Answer({"step": steps.now}, b""),
        until=clock.now + 60,
    )
    told = []
    pipe.requests.append(Request(0, "view", {"layer": "conv1", "seen": None}, b""))
    for number in range(1, 500):
        clock.now += 0.01
        steps.now += 1
        if number == 250:
            pipe.requests.append(Request(-1, "view", {"layer": "conv2", "seen": None}, b""))
        one.serve(training=True)
        for answered in pipe.answers:
            told.append((answered, clock.now))
            if answered >= 0:  # the page asks again
                values = {"layer": "conv1", "seen": steps.now}
                pipe.requests.append(Request(answered + 1, "view", values, b""))
        pipe.answers.clear()
    times = [when for answered, when in told if answered >= 0]
    assert all(b - a >= 1.0 - 1e-9 for a, b in itertools.pairwise(times))
    assert len(times) == 5
    (clicked,) = (when for answered, when in told if answered < 0)
    assert clicked == pytest.approx(begun + 2.5)
