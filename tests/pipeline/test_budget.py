"""The network that is chosen for a budget: the larger the more time there is, at last deep."""

import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from convlens.data import Geometry
from convlens.defaults import BREADTH, SCALES, least_epochs, network_for
from convlens.network.build import Network
from convlens.network.engine import Engine
from convlens.pipeline import budget
from convlens.pipeline.budget import choose_plan
from convlens.pipeline.making import hurried
from convlens.pipeline.prepare import prepare
from convlens.pipeline.settings import Settings
from convlens.training.recipe import Recipe
from convlens.training.schedule import Reserve

preparing = sys.modules["convlens.pipeline.prepare"]  # the package has a function of that name

PICTURES, CLASSES = 45_000, 10
SPEED = 2e11
"""Multiply-adds a second of the machine that is made up here."""


def undisturbed(plan, engine, recipe, most):
    return SPEED / plan.multiply_adds


def chosen(monkeypatch, seconds, speed=undisturbed):
    """What is chosen for the pictures of CIFAR-10 with so many seconds left."""
    monkeypatch.setattr(budget, "training_speed", speed)
    monkeypatch.setattr(budget, "reserve_for", lambda *given: Reserve(rest=5.0))
    deadline = None if seconds is None else time.monotonic() + seconds
    prepared = SimpleNamespace(architecture=None, input=(32, 32, 3), deadline=deadline)
    dataset = SimpleNamespace(classes=range(CLASSES), train=range(PICTURES))
    engine = Engine(torch.device("cpu"), torch.float32)
    return choose_plan(prepared, dataset, engine, Recipe())


@pytest.mark.parametrize("seconds", [1, 10, 30, 60, 120, 240, 500, 900, 2000, 7200])
def test_the_largest_for_which_the_time_is_enough(monkeypatch, seconds):
    found = chosen(monkeypatch, seconds)
    plans = [network_for(32, 32, 3, *scale).plan(classes=CLASSES) for scale in SCALES]
    at = plans.index(found)

    def enough(number):
        epochs = (seconds - 5) * SPEED / plans[number].multiply_adds / PICTURES
        return epochs >= least_epochs(PICTURES, SCALES[number])

    assert at == 0 or enough(at)
    assert at == len(plans) - 1 or not enough(at + 1)


def test_a_trial_beside_other_work_does_not_end_the_search(monkeypatch):
    quiet = chosen(monkeypatch, 240)
    busy = network_for(32, 32, 3, *SCALES[2]).plan(classes=CLASSES)

    def disturbed(plan, engine, recipe, most):
        return SPEED / plan.multiply_adds / (20 if plan == busy else 1)

    assert chosen(monkeypatch, 240, disturbed) == quiet
    assert quiet.multiply_adds > busy.multiply_adds


def test_more_time_never_gives_a_smaller_network(monkeypatch):
    sizes = [chosen(monkeypatch, 1.3**power).multiply_adds for power in range(35)]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == len(SCALES)


def test_without_a_budget_the_machine_has_no_say(monkeypatch):
    assert chosen(monkeypatch, None).architecture == network_for(32, 32, 3, BREADTH)


def test_a_deep_network_has_three_convolutions_in_a_stage():
    networks = [Network(network_for(32, 32, 3, 8, deep).plan(classes=10)) for deep in (False, True)]
    filters = [sum(isinstance(one, nn.Conv2d) for one in net.modules()) for net in networks]
    assert filters == [1 + 2 * 3, 1 + 3 * 3]


def photographs(folder, count=12):
    random = np.random.default_rng(0)
    for name in ("bark", "leaf"):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = random.integers(0, 256, (90, 120, 3), dtype=np.uint8)
            image = Image.fromarray(pixels).resize((480, 360))
            image.save(folder / name / f"{number}.jpg")
    return folder


@pytest.mark.parametrize(("speed", "size"), [(1e3, (96, 64)), (1e9, (128, 96)), (1e15, (256, 192))])
def test_the_size_of_large_pictures_follows_from_the_time(monkeypatch, tmp_path, speed, size):
    monkeypatch.setattr(preparing, "product_speed", lambda: speed)
    data = photographs(tmp_path / "data")
    prepared = prepare(Settings(data=data, budget=60, cache=False))
    with prepared.loading:
        assert prepared.input[:2] == size


def test_a_size_that_was_asked_for_or_a_network_s_own_stays(monkeypatch, tmp_path):
    monkeypatch.setattr(preparing, "product_speed", lambda: 1e15)
    data = photographs(tmp_path / "data")
    plain = prepare(Settings(data=data, cache=False))
    asked = prepare(Settings(data=data, budget=60, size=(64, 48), cache=False))
    net = prepare(Settings(data=data, budget=60, net="INPUT - CONV - RELU - FC", cache=False))
    before = prepare(Settings(data=data, budget=60, cache=False), before=Geometry(112, 80, 3))
    sizes = [(128, 96), (64, 48), (128, 96), (112, 80)]
    for prepared, size in zip((plain, asked, net, before), sizes, strict=True):
        with prepared.loading:
            assert prepared.input[:2] == size


def test_the_machine_s_speed_is_measured_in_no_time():
    begun = time.monotonic()
    assert 1e8 < preparing.product_speed() < 1e14
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(("left", "said"), [(50, None), (2, "2.0 s are left"), (-9, "nothing is")])
def test_that_hardly_any_time_is_left_to_learn_in_is_said(tmp_path, left, said):
    data = photographs(tmp_path / "data", count=3)
    prepared = prepare(Settings(data=data, budget=60, cache=True))
    with prepared.loading:
        lines = hurried(replace(prepared, deadline=time.monotonic() + left))
    if said is None:
        assert lines == []
    else:
        assert said in lines[0]
        assert "of the 60 s; give more time, or again the same: what was read is kept" in lines[0]
