"""What ConvNetJS cannot say is refused by its row's name; what it can is checked by the referee."""

import numpy as np
import pytest
import torch

from convlens.cli.main import run
from convlens.convnetjs import filters, snapshot
from convlens.convnetjs.filters import squared
from convlens.data import Preprocessing
from convlens.errors import ModelFileError
from convlens.modelfile import Model, tensor_shapes, write_model
from convlens.notation import Architecture
from convlens.notation.layers import BN_EPSILON


def model(text):
    plan = Architecture(text).plan((6, 6, 3), classes=2)
    weights = {name: np.ones(shape, np.float32) for name, shape in tensor_shapes(plan).items()}
    shape = Preprocessing(6, 6, 3, mean=(0.5,) * 3)
    return Model(plan.architecture, ("a", "b"), shape, weights, 1.0, {})


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("RES[CONV 3] - FC", r"res1: ConvNetJS has no shortcuts \(RES\)", "without"),
        ("CAT[CONV | CONV] - FC", r"cat1: ConvNetJS has no branches \(CAT\)", "without"),
        ("POOL 2x2 avg - FC", "pool1: ConvNetJS has no pooling by avg", "max"),
        ("POOL 2x2 l2 - FC", "pool1: ConvNetJS has no pooling by l2", "max"),
        ("POOL 3x3/2 ceil - FC", "pool1: ConvNetJS has no padding that differs", "floor"),
        ("POOL 2x2/1 same - FC", "pool1: ConvNetJS has no padding that differs", "floor"),
        ("GLOBALPOOL avg - FC", "gpool1: ConvNetJS has no pooling by avg", "max"),
        ("CONV - GELU - FC", "gelu1: ConvNetJS has no GELU", "RELU"),
        ("CONV - RELU6 - FC", "relu1: ConvNetJS has no RELU6", "RELU"),
        ("LRN n=4 - FC", "lrn1: ConvNetJS has no LRN over an even number", "take 5"),
    ],
)
def test_what_cannot_be_said_is_named(text, message, hint):
    with pytest.raises(ModelFileError, match=message) as caught:
        snapshot(model(text))
    assert hint in caught.value.hint


def test_too_large(monkeypatch):
    monkeypatch.setattr(filters, "MOST_VALUES", 100)
    with pytest.raises(ModelFileError, match="its parameters come to 165 weights, more"):
        snapshot(model("FC 1 - FC 1 - FC 25 nobias - FC 1 nobias - FC"))
    with pytest.raises(ModelFileError, match="written out"):
        snapshot(model("CONV 6 groups 3 - GLOBALPOOL max - FC"))


def test_what_json_has_no_number_for_is_not_written(tmp_path, capsys):
    large = model("CONV 2 - " + "BN - " * 9 + "FC")
    for name, values in large.weights.items():
        values[...] = 3e38 if name.endswith("weight") else 0
    with pytest.raises(ModelFileError, match=r"layer 1 \(conv\) would hold Infinity or NaN"):
        snapshot(large)
    write_model(large, tmp_path / "m.safetensors")
    out = tmp_path / "m.json"
    assert run(["export", str(tmp_path / "m.safetensors"), "--to", "convnetjs", "--out", str(out)])
    assert "Infinity or NaN" in capsys.readouterr().err
    assert not out.exists()


def test_zeros_that_would_be_too_many_are_not_made(monkeypatch):
    monkeypatch.setattr(np, "diag", lambda _: pytest.fail("made all the same"))
    with pytest.raises(ModelFileError, match="6,000 depth slices, written out, come to 36,000,000"):
        snapshot(model("CONV 6000@1x1 - POOL 6x6 - BN - FC"))
    monkeypatch.setattr(np, "zeros", lambda _: pytest.fail("made all the same"))
    with pytest.raises(ModelFileError, match="filters of conv1, written out, come to 36,036,009"):
        snapshot(model("CONV 3@3x3 dilate 1000 - FC"))


def test_layers_one_for_one_and_numbers_short():
    document = snapshot(model("CONV 2@3x3 - RELU - POOL 2x2 - DROPOUT - FC"))
    found = [layer["layer_type"] for layer in document["layers"]]
    assert found == ["input", "conv", "relu", "pool", "fc", "softmax"]
    assert document["classes"] == ["a", "b"]
    conv = document["layers"][1]
    assert conv["biases"] == {"sx": 1, "sy": 1, "depth": 2, "w": [1.0, 1.0]}
    assert {k: conv[k] for k in ("sx", "sy", "stride", "pad", "in_depth", "out_sx")} == {
        "sx": 3, "sy": 3, "stride": 1, "pad": 1, "in_depth": 3, "out_sx": 6,
    }  # fmt: skip
    assert document["layers"][4]["num_inputs"] == 18


def test_uneven_padding_becomes_zeros():
    row = Architecture("CONV 1@2x3/2").plan((6, 6, 1), 9).rows[0]
    assert tuple(row.padding) == (0, 0, 0, 1)
    square = squared(np.ones((1, 1, 3, 2)), row.layer, row)
    assert square.pad == 1
    assert square.filters[0, 0].tolist() == [[0, 0, 0], [0, 1, 1], [0, 1, 1], [0, 1, 1]]


def test_the_epsilon_is_torchs():
    assert torch.nn.BatchNorm2d(1).eps == BN_EPSILON
