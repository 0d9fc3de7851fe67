import json

import pytest
import torch

from convlens.network import trial
from convlens.network.build import Network
from convlens.network.trial import Shape, gains_by_bf16, shapes_of
from convlens.notation import Architecture
from convlens.notation.volumes import Sides
from tests.same import same_values

SHAPE = Shape(8, 16, (3, 3), 1, 1, 1, 12, 10, Sides(1, 1, 1, 1))


@pytest.fixture(autouse=True)
def forget():
    trial._try.cache_clear()
    yield
    trial._try.cache_clear()


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


def test_all_must_be_right_and_the_largest_be_quick(monkeypatch):
    shapes = tuple(SHAPE._replace(filters=1 + number) for number in range(9))
    tried, timed = [], []
    monkeypatch.setattr(trial, "is_right", lambda shape: tried.append(shape) or True)
    monkeypatch.setattr(trial, "is_quicker", lambda some: timed.extend(some) or True)
    assert gains_by_bf16(shapes, None)
    assert tuple(tried) == shapes
    assert tuple(timed) == shapes[: trial.MOST_TIMED]


def test_what_is_right_and_quicker_is_taken(monkeypatch):
    seconds = {torch.float32: 1.0, torch.bfloat16: 0.4}

    def stands_for(shape, dtype, batch):
        return None, None, lambda: dtype

    monkeypatch.setattr(trial, "is_right", lambda shape: True)
    monkeypatch.setattr(trial, "convolution", stands_for)
    monkeypatch.setattr(trial, "seconds_of", lambda run: seconds[run()])
    assert gains_by_bf16((SHAPE,), None) is True
    trial._try.cache_clear()
    seconds[torch.bfloat16] = 30.0  # emulated
    assert gains_by_bf16((SHAPE,), None) is False


def test_wrong_values_are_found(monkeypatch):
    assert trial.is_right(SHAPE)
    exact = trial.convolution

    def broken(shape, dtype, batch):
        x, filters, run = exact(shape, dtype, batch)
        wrong = 1.1 if dtype == torch.bfloat16 else 1.0
        return x, filters, lambda: run() * wrong

    monkeypatch.setattr(trial, "convolution", broken)
    assert not trial.is_right(SHAPE)
    assert gains_by_bf16((SHAPE,), None) is False


def test_the_trials_products_are_those_of_float64():
    x, filters, run = trial.convolution(SHAPE, torch.float32, 2)
    expected = torch.nn.functional.conv2d(x.double(), filters.double(), padding=1)
    same_values(run(), expected)


def test_an_answer_is_kept_for_the_machine(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(trial, "_try", lambda shapes: asked.append(shapes) or True)
    assert gains_by_bf16((SHAPE,), tmp_path)
    assert gains_by_bf16((SHAPE,), tmp_path)
    assert len(asked) == 1
    assert gains_by_bf16((SHAPE._replace(filters=8),), tmp_path)
    assert len(asked) == 2
    monkeypatch.setattr(trial, "processor", lambda: "another")
    assert gains_by_bf16((SHAPE,), tmp_path)
    assert len(asked) == 3
    assert len(json.loads((tmp_path / trial.KEPT).read_text())) == 3


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"key": 1}', "\udcff"])
def test_a_damaged_answer_is_asked_for_anew(monkeypatch, tmp_path, content):
    (tmp_path / trial.KEPT).write_bytes(content.encode("utf-8", "surrogateescape"))
    monkeypatch.setattr(trial, "_try", lambda shapes: True)
    monkeypatch.setattr(trial, "_key", lambda shapes: "key")
    assert gains_by_bf16((SHAPE,), tmp_path)
    assert json.loads((tmp_path / trial.KEPT).read_text())["key"] is True


def test_without_a_place_to_keep_it_the_answer_is_given_all_the_same(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr(trial, "_try", lambda shapes: True)
    assert gains_by_bf16((SHAPE,), tmp_path / "file")
