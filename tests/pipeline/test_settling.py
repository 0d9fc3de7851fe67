"""What is decided once the pictures are known."""

from types import SimpleNamespace

import pytest
import torch

from convlens.defaults import SCALES, network_for
from convlens.errors import SettingsError
from convlens.network.engine import Engine
from convlens.notation import Architecture
from convlens.pipeline import settling
from convlens.pipeline.settings import Settings
from convlens.pipeline.settling import check_memory, engine_on

CPU = torch.device("cpu")
WIDE, EXACT = Engine(CPU, torch.bfloat16), Engine(CPU, torch.float32)


@pytest.fixture
def tried(monkeypatch):
    """The plans that were tried; none does in bf16."""
    plans = []

    def choose(device, plan):
        plans.append(plan)
        return EXACT

    monkeypatch.setattr(settling, "choose_engine", choose)
    return plans


def prepared():
    return SimpleNamespace(settings=Settings(data="photos"))


def begun_with(engine):
    return SimpleNamespace(earlier=SimpleNamespace(settled={"engine": engine}.get))


@pytest.mark.parametrize("scale", SCALES)
def test_the_network_that_is_chosen_is_tried_itself(tried, scale):
    plan = network_for(32, 32, 3, *scale).plan(classes=10)
    assert engine_on(plan, WIDE, prepared()) == EXACT
    assert engine_on(plan, WIDE, prepared(), begun_with(None)) == EXACT
    assert tried == [plan, plan]


def test_what_a_run_began_with_stays(tried):
    plan = network_for(32, 32, 3, 24).plan(classes=10)
    assert engine_on(plan, WIDE, prepared(), begun_with("cpu bfloat16")) == WIDE
    assert engine_on(plan, EXACT, prepared()) == EXACT
    cuda = Engine(torch.device("cuda"), torch.bfloat16)
    assert engine_on(plan, cuda, prepared()) == cuda
    assert not tried


def test_weights_that_no_memory_holds_are_refused_before_learning(monkeypatch):
    """The system would end the process without a word, maybe after hours."""
    plan = Architecture("INPUT 32x32x3 - CONV 64 - RELU - FC").plan(classes=100_000)
    held = 4 * 4 * plan.parameters  # bytes: weights, gradients, one moment, the best so far
    monkeypatch.setattr("convlens.network.engine.physical_memory", lambda: held)
    check_memory(plan, EXACT)
    monkeypatch.setattr("convlens.network.engine.physical_memory", lambda: held - 1)
    with pytest.raises(
        SettingsError, match=r"6,553,\d\d\d,\d\d\d parameters for 100,000 classes"
    ) as told:
        check_memory(plan, EXACT)
    assert "105 GB" in told.value.message
    assert "GLOBALPOOL" in told.value.hint
    check_memory(plan, EXACT, frozen=True)
