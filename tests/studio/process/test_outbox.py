"""What is told while nobody reads: bounded, merged, in order; answers are all kept."""

import os
import threading

import pytest

from convlens.studio import frames
from convlens.studio.process import outbox
from convlens.studio.process.outbox import MOST_POINTS, Outbox
from convlens.studio.refusal import RefusedError


def progress(step, count=1):
    steps = list(range(step, step + count))
    return {"step": steps[-1], "points": {"step": steps, "loss": [float(s) for s in steps]}}


class Pipe:
    """An outbox into a pipe that is read only when asked."""

    def __init__(self):
        incoming, outgoing = os.pipe()
        self.stream, self.end = os.fdopen(incoming, "rb"), os.fdopen(outgoing, "wb", buffering=0)
        self.lost = threading.Event()
        self.outbox = Outbox(self.end, self.lost.set)
        self.started = False

    def start(self):
        """Begin to write, once: two writers would close the pipe under each other."""
        if not self.started:
            self.outbox.start()
        self.started = True

    def read(self, count):
        self.start()
        return [frames.read(self.stream).document for _ in range(count)]


@pytest.fixture
def pipe():
    made = Pipe()
    yield made
    made.stream.close()
    if not made.lost.is_set():
        made.start()
        made.outbox.tell("phase", {})
        assert made.lost.wait(10)
    made.end.close()


def test_in_order_and_answers_kept(pipe):
    pipe.outbox.answer(1, {"a": 1})
    pipe.outbox.tell("phase", {"phase": "training"})
    pipe.outbox.refuse(2, RefusedError("no", "yes", 422))
    pipe.outbox.refuse(3, RefusedError("not yet", passing=True))
    later = {"message": "not yet", "hint": None, "status": 409, "passing": True}
    assert pipe.read(4) == [
        {"re": 1, "ok": {"a": 1}},
        {"tell": "phase", "phase": "training"},
        {"re": 2, "error": {"message": "no", "hint": "yes", "status": 422, "passing": False}},
        {"re": 3, "error": later},
    ]


def test_progress_is_merged_and_no_point_is_lost(pipe):
    for step in range(1, 501):
        pipe.outbox.tell("progress", progress(step))
    pipe.outbox.tell("phase", {"phase": "paused"})
    pipe.outbox.tell("progress", progress(501))
    first, phase, last = pipe.read(3)
    assert first["step"] == 500
    assert first["points"]["step"] == list(range(1, 501))
    assert phase["phase"] == "paused"
    assert last["points"]["step"] == [501]


def test_points_stay_bounded_and_keep_their_mean(pipe):
    for step in range(1, 40 * MOST_POINTS + 1, 8):
        pipe.outbox.tell("progress", progress(step, 8))
    (one,) = pipe.read(1)
    steps, losses = one["points"]["step"], one["points"]["loss"]
    assert len(steps) == len(losses) <= MOST_POINTS
    assert steps == sorted(steps)
    assert steps[-1] == one["step"] == 40 * MOST_POINTS
    assert abs(losses[0] - steps[0] / 2) < steps[0]


def test_events_do_not_pile_up(pipe, monkeypatch):
    monkeypatch.setattr(outbox, "MOST_EVENTS", 300)
    for number in range(1_000):
        pipe.outbox.tell("looked", {"step": number})
        pipe.outbox.answer(number, {})
    told = pipe.read(1_000 + 300)
    assert [one["re"] for one in told if "re" in one] == list(range(1_000))
    looked = [one["step"] for one in told if "tell" in one]
    assert looked == list(range(1_000 - 300, 1_000))


def test_what_cannot_be_said_is_told_as_that_and_the_rest_goes_on(pipe, capfd):
    pipe.outbox.answer(1, {"loss": float("nan")})
    pipe.outbox.tell("note", {"text": float("inf")})
    pipe.outbox.answer(2, {})
    first, second = pipe.read(2)
    assert first["error"]["message"] == "the answer holds what is not a number"
    assert second == {"re": 2, "ok": {}}
    assert "cannot be told" in capfd.readouterr().err


def test_a_reader_that_has_gone_is_noticed(pipe):
    pipe.stream.close()
    pipe.start()
    pipe.outbox.tell("phase", {"phase": "training"})
    assert pipe.lost.wait(10)
    pipe.outbox.flush(0.1)


def test_a_reader_that_reads_nothing_holds_nobody_up(pipe):
    pipe.start()
    for number in range(2_000):
        pipe.outbox.answer(number, {"text": "x" * 200})
        pipe.outbox.tell("progress", progress(number + 1))
    found = [frames.read(pipe.stream).document for _ in range(2_000)]
    assert len([one for one in found if "re" in one]) > 0
