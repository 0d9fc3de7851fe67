"""Volumes, layer by layer, as the papers state them."""

import pytest

from convlens.defaults import BREADTH, network_for
from convlens.notation import Row, find
from convlens.notation import layers as kinds

SHAPING = (kinds.Conv, kinds.Pool, kinds.GlobalPool, kinds.FullyConnected)
JOINING = (kinds.Residual, kinds.Concat)


def volumes(name: str, what: tuple[type, ...] = SHAPING) -> list[str]:
    """The outputs of the outer layers of some kinds, equal ones in a row once."""
    rows: list[Row] = [row for row in find(name).plan.rows if isinstance(row.layer, what)]
    outputs = [str(row.output) for row in rows]
    return [now for before, now in zip([None, *outputs], outputs, strict=False) if now != before]


STATED = {
    "lenet5": "28x28x6 14x14x6 10x10x16 5x5x16 1x1x120 1x1x84 1x1x10",
    "alexnet-original": "55x55x96 27x27x96 27x27x256 13x13x256 13x13x384 13x13x256 6x6x256 "
    "1x1x4096 1x1x1000",
    "alexnet": "55x55x64 27x27x64 27x27x192 13x13x192 13x13x384 13x13x256 6x6x256 1x1x4096 "
    "1x1x1000",
    "zfnet": "110x110x96 55x55x96 26x26x256 13x13x256 13x13x384 13x13x256 6x6x256 1x1x4096 "
    "1x1x1000",
    "vgg16": "224x224x64 112x112x64 112x112x128 56x56x128 56x56x256 28x28x256 28x28x512 "
    "14x14x512 7x7x512 1x1x4096 1x1x1000",
    "allconv": "32x32x96 16x16x96 16x16x192 8x8x192 6x6x192 6x6x10 1x1x10",
    "airbench94": "31x31x24 31x31x64 15x15x64 15x15x256 7x7x256 3x3x256 1x1x256 1x1x10",
}


@pytest.mark.parametrize("name", STATED)
def test_outer_volumes(name: str):
    assert volumes(name) == STATED[name].split()


def test_vgg_differ_in_depth_alone():
    assert volumes("vgg11") == volumes("vgg16") == volumes("vgg19")
    for name, count in (("vgg11", 11), ("vgg16", 16), ("vgg19", 19)):
        assert _weighted(name) == count


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50", "resnet101", "densenet121"])
def test_layers_are_as_many_as_the_name_says(name: str):
    projections = sum(
        len([row for row in inner.branches[1] if isinstance(row.layer, kinds.Conv)])
        for _, inner in find(name).plan.walk()
        if isinstance(inner.layer, kinds.Residual)
    )
    assert _weighted(name) - projections == int(name.lstrip("densrt"))


def _weighted(name: str) -> int:
    weighted = (kinds.Conv, kinds.FullyConnected)
    return sum(isinstance(row.layer, weighted) for _, row in find(name).plan.walk())


@pytest.mark.parametrize(("name", "factor"), [("resnet18", 1), ("resnet34", 1), ("resnet50", 4),
                                              ("resnet101", 4)])  # fmt: skip
def test_stages_of_resnets(name: str, factor: int):
    stages = [f"{side}x{side}x{depth * factor}" for side, depth in
              ((56, 64), (28, 128), (14, 256), (7, 512))]  # fmt: skip
    assert volumes(name, (kinds.Residual,)) == stages
    assert volumes(name, (kinds.Conv, kinds.Pool))[:2] == ["112x112x64", "56x56x64"]


def test_inceptions_of_googlenet():
    stated = [256, 480, 512, 512, 512, 528, 832, 832, 1024]  # the paper's table 1
    rows = [row for row in find("googlenet").plan.rows if isinstance(row.layer, kinds.Concat)]
    assert [row.output.depth for row in rows] == stated
    assert [row.output.width for row in rows] == [28, 28, 14, 14, 14, 14, 14, 7, 7]


def test_dense_blocks_and_transitions():
    rows = [row.output for row in find("densenet121").plan.rows]
    seen = list(dict.fromkeys(str(volume) for volume in rows))
    for volume in ("112x112x64", "56x56x64", "56x56x256", "28x28x128", "28x28x512", "14x14x256",
                   "14x14x1024", "7x7x512", "7x7x1024"):  # fmt: skip
        assert volume in seen


def test_fires_of_squeezenet_and_bottlenecks_of_mobilenet():
    fires = [row.output for row in find("squeezenet1.1").plan.rows
             if isinstance(row.layer, kinds.Concat)]  # fmt: skip
    assert [(v.width, v.depth) for v in fires] == [
        (55, 128), (55, 128), (27, 256), (27, 256), (13, 384), (13, 384), (13, 512), (13, 512),
    ]  # fmt: skip
    outputs = {str(row.output) for row in find("mobilenetv2").plan.rows}
    for volume in ("112x112x32", "112x112x16", "56x56x24", "28x28x32", "14x14x64", "14x14x96",
                   "7x7x160", "7x7x320", "7x7x1280"):  # fmt: skip
        assert volume in outputs


def test_multiply_adds_that_are_published():
    stated = {"mobilenetv2": 300e6, "squeezenet1.1": 349e6, "resnet50": 4.09e9, "vgg16": 15.5e9,
              "resnet18": 1.81e9, "densenet121": 2.83e9}  # fmt: skip
    for name, count in stated.items():
        assert find(name).plan.multiply_adds == pytest.approx(count, rel=0.01)


def test_our_default_is_the_one_that_training_takes():
    entry = find("convlens32")
    assert entry.architecture.with_input(entry.input) == network_for(32, 32, 3, BREADTH)
