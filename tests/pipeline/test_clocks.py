"""Without a budget no clock decides: the same command gives the same bits on a busy machine."""

import time
from itertools import count

import numpy as np
import pytest

import convlens as cl
from convlens.network import engine, trial
from convlens.pipeline import Ready, Resumed, saving
from convlens.training.events import EpochDone, StepDone

NET = "[CONV 48 - BN - RELU - POOL]*2 - FC"
"""Large enough for bf16 where the processor has it, so that the format is a choice at all."""

CLOCKS = ("time", "monotonic", "perf_counter", "process_time", "thread_time")

LEAPS = count()

LIES = {
    "stands still": lambda now: 0.0,
    "is a thousand times as fast": lambda now: 1000.0 * now,
    "leaps a minute whenever it is asked": lambda now: now + 60.0 * next(LEAPS),
}


def weights(run, **options):
    told = []
    found = cl.train("digits", NET, epochs=1, seed=3, run=run, listen=told.append, **options)
    (ready,) = (event for event in told if isinstance(event, Ready))
    return ready.engine, found.weights, found.model.temperature


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    return weights(tmp_path_factory.mktemp("honest") / "run")


@pytest.mark.parametrize("lie", LIES)
def test_clocks_that_lie_change_no_bit(lie, honest, tmp_path, monkeypatch):
    monkeypatch.setenv("CONVLENS_CACHE", str(tmp_path / "cache"))
    trial._are_right.cache_clear()  # so that all that is chosen is chosen anew
    for name in CLOCKS:
        real = getattr(time, name)
        monkeypatch.setattr(time, name, lambda real=real: LIES[lie](real()))
    found = weights(tmp_path / "run")
    monkeypatch.undo()
    assert found[0] == honest[0]
    assert found[2] == honest[2]
    assert found[1].keys() == honest[1].keys()
    for name, value in found[1].items():
        np.testing.assert_array_equal(value, honest[1][name], strict=True)


def test_the_network_is_one_for_bf16_where_there_is_any(honest):
    assert honest[0] == ("cpu bfloat16" if engine.reports_bf16() else "cpu float32")


@pytest.mark.parametrize("began", [True, False])
def test_a_run_goes_on_in_the_format_that_it_began_in(began, tmp_path, monkeypatch):
    """Whatever would be chosen now: an older version, or another processor, may have begun it."""
    monkeypatch.setattr(engine, "reports_bf16", lambda: began)
    monkeypatch.setattr(engine, "gains_by_bf16", lambda shapes: True)
    told = []

    def stopping(event):
        told.append(event)
        if isinstance(event, StepDone) and any(isinstance(one, EpochDone) for one in told):
            raise InterruptedError

    net, kept = "CONV 4 - RELU - POOL - FC", tmp_path / "run"
    monkeypatch.setattr(saving, "SHARE", 1e9)
    with pytest.raises(InterruptedError):
        cl.train("digits", net, epochs=2, run=kept, listen=stopping)
    monkeypatch.setattr(engine, "reports_bf16", lambda: not began)
    cl.train("digits", net, epochs=2, run=kept, listen=told.append)
    assert any(isinstance(event, Resumed) for event in told)
    first, second = (event.engine for event in told if isinstance(event, Ready))
    assert first == second == ("cpu bfloat16" if began else "cpu float32")
