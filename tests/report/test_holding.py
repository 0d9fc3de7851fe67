"""What a page holds is enough for all that it lets one ask, and never too much."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convlens.lens.looking import INPUT
from convlens.lens.order import links
from convlens.notation import Architecture, Volume
from convlens.notation import layers as kinds
from convlens.report import holding
from convlens.report.holding import PAGE_VALUES
from convlens.report.holding import holding as chosen_for
from convlens.report.packing import Block
from convlens.report.stages import stages
from tests.report.conftest import EVERY_KIND


def planned(net, size=None):
    return Architecture(net).plan(size, 3)


def strengths(plan, seed=0):
    random = np.random.default_rng(seed)
    return {row.name: random.random(row.output.depth) for _, row in plan.walk()}


def count(plan, found):
    sizes = {INPUT: plan.input} | {row.name: row.output for _, row in plan.walk()}
    total = 0
    for name, channels in found.held.items():
        width, height, depth = sizes[name]
        total += width * height * (depth if channels is None else len(channels))
    return total


def has(found, name, channel):
    channels = found.held.get(name, ())
    return channels is None or channel in channels


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(200, 40_000))
@settings(max_examples=40)
def test_every_shown_channel_can_be_recomputed(seed, pictures, room):
    plan = planned(EVERY_KIND)
    original = holding.PAGE_VALUES
    holding.PAGE_VALUES = room
    try:
        found = chosen_for(plan, strengths(plan, seed), pictures)
    finally:
        holding.PAGE_VALUES = original
    for name, link in links(plan).items():
        for channel in found.shown.get(name, ()):
            assert has(found, name, channel)
            if link.source in found.partial | found.dropped:
                continue
            match link.row.layer:
                case kinds.Conv() | kinds.FullyConnected():
                    assert found.held[link.source] is None
                case kinds.Residual():
                    ends = [link.end(0), link.end(1)]
                    assert all(end in found.dropped or has(found, end, channel) for end in ends)
                case kinds.Concat() | kinds.Maxout() | kinds.LocalResponseNorm():
                    pass
                case _:
                    assert has(found, link.source, channel)


def test_the_strongest_are_shown_and_stay_together():
    plan = planned("INPUT 200x200x3 - CONV 64@3x3 - BN - RELU - POOL - CONV 200@3x3 - FC")
    strength = strengths(plan)
    found = chosen_for(plan, strength, 1)
    kept = found.shown["conv1"]
    assert found.shown["bn1"] == found.shown["relu1"] == found.shown["pool1"] == kept
    assert min(strength["conv1"][list(kept)]) >= max(np.delete(strength["conv1"], kept))


@pytest.mark.parametrize("pictures", [1, 4, 12])
def test_a_million_values_in_a_layer_never_make_a_gigabyte(pictures):
    plan = Architecture("INPUT - CONV 64@3x3 - RELU - CONV 64@3x3 - RELU - GLOBALPOOL - FC").plan(
        Volume(1024, 1024, 3), 3
    )
    found = chosen_for(plan, strengths(plan), pictures)
    assert {"conv1", "relu1", "conv2"} <= found.dropped
    assert count(plan, found) <= max(PAGE_VALUES, plan.input.size * pictures)


def test_numbers_come_through_packing():
    import base64
    import gzip

    values = np.random.default_rng(0).normal(0, 1, (5, 7)).astype(np.float32)
    block = Block("b")
    assert block.span([1.0, 2.0]) == [0, 2]
    assert block.span(values) == [2, 35]
    planes = np.frombuffer(gzip.decompress(base64.b64decode(block.text())), np.uint8)
    whole = np.ascontiguousarray(planes.reshape(4, -1).T).view("<f4").ravel()
    assert np.array_equal(whole, np.concatenate([[1, 2], values.ravel()]).astype(np.float32))


def test_stages_hold_every_layer_once_branches_first():
    plan = planned(EVERY_KIND)
    names = [layer.name for stage in stages(plan) for layer in stage.layers]
    assert sorted(names) == sorted(row.name for _, row in plan.walk())
    assert names.index("conv2") < names.index("res1")
    first = stages(plan)[0]
    assert [layer.name for layer in first.layers] == ["conv1", "bn1", "relu1", "pool1", "lrn1"]
    assert {stage.inside for stage in stages(plan)} >= {"", "res1, body", "cat1, branch 2"}
