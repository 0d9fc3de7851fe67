import time

import pytest
import torch

from convlens.network import trial
from convlens.network.build import Network
from convlens.network.trial import LEAST_FILTERS, LEAST_WORK, Shape, gains_by_bf16, shapes_of
from convlens.notation import Architecture
from convlens.notation.layers import Conv
from convlens.notation.volumes import Sides
from tests.same import same_values

SHAPE = Shape(8, 16, (3, 3), 1, 1, 1, 12, 10, Sides(1, 1, 1, 1))
LARGE = SHAPE._replace(width=40, height=40)


@pytest.fixture(autouse=True)
def forget():
    trial._are_right.cache_clear()
    yield
    trial._are_right.cache_clear()


def test_shapes_are_those_of_the_network():
    strided, grouped = "CONV 6@5x3/2 same", "CONV 12@3x3 groups 3 dilate 2"
    plan = Architecture(f"INPUT 20x14x3 - {strided} - RES[CONV 6 - BN] - {grouped} - FC 4").plan()
    shapes = shapes_of(plan)
    convs = [m for m in Network(plan).modules() if isinstance(m, torch.nn.Conv2d)]
    told = {(s.channels, s.filters, s.kernel, s.stride, s.dilation, s.groups) for s in shapes}
    assert told == {
        (c.in_channels, c.out_channels, c.kernel_size[::-1], c.stride[0], c.dilation[0], c.groups)
        for c in convs
    }
    work = [shape.multiply_adds for shape in shapes]
    assert work == sorted(work, reverse=True)


@pytest.mark.parametrize("text", ["CONV 6@5x3/2 same", "CONV 6@2x2 valid", "CONV 6@4x4 same"])
def test_what_is_tried_is_the_layer_itself(text):
    """To the cell: an error may depend on where the padding lies."""
    plan = Architecture(f"INPUT 20x14x3 - {text} - FC 4").plan()
    network = Network(plan)
    x, filters, run = trial.convolution(shapes_of(plan)[0], torch.float32, 2)
    conv = next(m for m in network.modules() if isinstance(m, torch.nn.Conv2d))
    with torch.no_grad():
        conv.weight.copy_(filters)
        conv.bias.zero_()
    same_values(run(), conv(x))


def test_all_must_be_right(monkeypatch):
    shapes = tuple(LARGE._replace(filters=16 + number) for number in range(9))
    tried = []
    monkeypatch.setattr(trial, "is_right", lambda shape: tried.append(shape) or True)
    assert gains_by_bf16(shapes)
    assert tuple(tried) == shapes
    trial._are_right.cache_clear()
    monkeypatch.setattr(trial, "is_right", lambda shape: shape != shapes[-1])
    assert not gains_by_bf16(shapes)


@pytest.mark.parametrize(
    ("text", "gains"),
    [
        ("INPUT 8x8x1 - [CONV 8 - RELU - POOL]*2 - FC", False),  # digits, as small as can be
        ("INPUT 64x64x3 - [CONV 4 - RELU]*2 - POOL - FC", False),  # much work, few filters
        ("INPUT 28x28x1 - FC 500 - RELU - FC", False),  # no convolution
        ("INPUT 32x32x3 - [CONV {16,20,20}@5x5 - RELU - POOL]*3 - FC", True),
    ],
)
def test_small_networks_and_narrow_layers_do_not_gain(monkeypatch, text, gains):
    monkeypatch.setattr(trial, "is_right", lambda shape: True)
    plan = Architecture(text).plan(classes=10)
    assert gains_by_bf16(shapes_of(plan)) is gains
    work = {
        row.name: row.multiply_adds
        for _, row in plan.walk()
        if isinstance(row.layer, Conv) and row.output.depth >= LEAST_FILTERS
    }
    assert (sum(work.values()) >= LEAST_WORK) is gains


def test_the_choice_asks_no_clock(monkeypatch):
    """Nor is it another where one format seems to take forever."""

    def refused(*_):
        raise AssertionError("a clock was asked")

    for clock in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
        monkeypatch.setattr(time, clock, refused)
        monkeypatch.setattr(time, f"{clock}_ns", refused)
    assert gains_by_bf16((LARGE,)) is True


def test_wrong_values_are_found(monkeypatch):
    assert trial.is_right(SHAPE)
    exact = trial.convolution

    def broken(shape, dtype, batch):
        x, filters, run = exact(shape, dtype, batch)
        wrong = 1.1 if dtype == torch.bfloat16 else 1.0
        return x, filters, lambda: run() * wrong

    monkeypatch.setattr(trial, "convolution", broken)
    assert not trial.is_right(SHAPE)
    assert gains_by_bf16((LARGE,)) is False


def test_the_trials_products_are_those_of_float64():
    x, filters, run = trial.convolution(SHAPE, torch.float32, 2)
    expected = torch.nn.functional.conv2d(x.double(), filters.double(), padding=1)
    same_values(run(), expected)
