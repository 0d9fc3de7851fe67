"""Long work in slices: its result and its faults come through, and it never runs by itself."""

import threading
import time

import pytest
import torch
from torch import nn

from convlens.studio.process.slices import aside, sliced


def ended(work):
    """The result, and how often it gave way."""
    ways = 0
    try:
        while True:
            next(work)
            ways += 1
    except StopIteration as end:
        return end.value, ways


def test_gives_way_before_every_pass_and_returns_what_was_made():
    network, x = nn.Linear(2, 2), torch.ones(1, 2)
    found, ways = ended(sliced(network, lambda: [network(x) for _ in range(5)]))
    assert ways == 5
    torch.testing.assert_close(torch.cat(found), network(x).expand(5, 2))
    assert not network._forward_pre_hooks


def test_nothing_happens_between_two_slices():
    network, passes = nn.Identity(), []
    network.register_forward_hook(lambda *_: passes.append(time.monotonic()))
    work = sliced(network, lambda: [network(torch.ones(1)) for _ in range(3)])
    next(work)
    before = len(passes)
    time.sleep(0.05)
    assert len(passes) == before == 0
    next(work)
    assert len(passes) == 1
    work.close()


def test_a_fault_inside_is_raised_outside():
    network = nn.Identity()

    def work():
        network(torch.ones(1))
        raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        ended(sliced(network, work))


def test_given_up_it_ends():
    network, threads = nn.Identity(), threading.active_count()
    work = sliced(network, lambda: [network(torch.ones(1)) for _ in range(9)])
    next(work)
    assert threading.active_count() == threads + 1
    work.close()
    assert threading.active_count() == threads


def test_aside_all_else_goes_on():
    gate = threading.Event()
    work = aside(lambda: gate.wait(10) and "done")
    next(work)
    next(work)
    gate.set()
    assert ended(work)[0] == "done"
    with pytest.raises(ZeroDivisionError):
        ended(aside(lambda: 1 // 0))
