"""Snapshots as they should not be: one line that says what and where, never a traceback."""

import copy
import json

import numpy as np
import pytest

from convlens.convnetjs import read_snapshot
from convlens.errors import ModelFileError
from convlens.notation import layers as kinds


def volume(sx, sy, depth, values):
    return {"sx": sx, "sy": sy, "depth": depth, "w": list(values)}


def small():
    """INPUT 3x2x1 - CONV 2@2x1 - RELU - FC 2, weights counted up from 1."""
    counted = iter(np.arange(1.0, 100.0).tolist())
    take = lambda n: [next(counted) for _ in range(n)]  # noqa: E731
    out = {"out_sx": 2, "out_sy": 2, "out_depth": 2}
    return {
        "layers": [
            {"layer_type": "input", "out_sx": 3, "out_sy": 2, "out_depth": 1},
            {"layer_type": "conv", **out, "sx": 2, "sy": 1, "stride": 1, "pad": 0, "in_depth": 1,
             "filters": [volume(2, 1, 1, take(2)) for _ in range(2)],
             "biases": volume(1, 1, 2, take(2))},
            {"layer_type": "relu", **out},
            {"layer_type": "fc", "out_sx": 1, "out_sy": 1, "out_depth": 2, "num_inputs": 8,
             "filters": [volume(1, 1, 8, take(8)) for _ in range(2)],
             "biases": volume(1, 1, 2, take(2))},
            {"layer_type": "softmax", "out_sx": 1, "out_sy": 1, "out_depth": 2, "num_inputs": 2},
        ]
    }  # fmt: skip


@pytest.fixture
def read(tmp_path):
    def reading(document, names=None):
        path = tmp_path / "snapshot.json"
        text = document if isinstance(document, str) else json.dumps(document)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_snapshot(path, names)

    return reading


def test_weights_change_places_and_names_are_those_of_our_rows(read):
    model = read(small())
    assert str(model.architecture) == "INPUT 3x2x1 - CONV 2@2x1 valid - RELU - FC"
    assert model.classes == ("0", "1")
    assert (model.preprocessing.mean, model.preprocessing.std) == ((0.5,), (1.0,))
    assert model.weights["conv1.weight"].ravel().tolist() == [1, 2, 3, 4]
    # the first unit's weights 7..14 lie row by row, column by column, depth innermost
    assert model.weights["fc1.weight"][0].tolist() == [7, 9, 11, 13, 8, 10, 12, 14]
    assert model.weights["fc1.weight"].dtype == np.float32


def test_values_as_objects_and_whole_numbers_as_floats(read):
    document = small()
    for layer in document["layers"]:
        for held in [*layer.get("filters", []), layer.get("biases")]:
            if held:
                held["w"] = {str(i): value for i, value in enumerate(held["w"])}
    document["layers"][1]["sx"] = 2.0
    same, again = read(small()), read(document)
    assert again.architecture == same.architecture
    assert all(np.array_equal(again.weights[k], v) for k, v in same.weights.items())


def test_names_of_classes(read):
    document = {**small(), "classes": ["cat", "dog"]}
    assert read(document).classes == ("cat", "dog")
    assert read(document, ("a", "b")).classes == ("a", "b")
    for wrong in (["cat"], "cats", [1, 2], ["cat", "cat"]):
        with pytest.raises(ModelFileError, match=r"classes|twice"):
            read({**small(), "classes": wrong})


def test_floored_sizes_same_padding_and_even_lrn(read):
    document = small()
    layers = document["layers"]
    layers[1] |= {"stride": 2, "out_sx": 1, "out_sy": 1}
    layers[2] |= {"out_sx": 1, "out_sy": 1}
    layers[2] = {**layers[2], "layer_type": "lrn", "k": 1, "n": 4, "alpha": 0.4, "beta": 0.5}
    layers[3] |= {"num_inputs": 2}
    for held in layers[3]["filters"]:
        held["w"] = held["w"][:2]
    architecture = read(document).architecture
    conv, lrn, _ = architecture.layers
    assert conv.fit == "floor"
    assert lrn == kinds.LocalResponseNorm(k=1.0, n=5, alpha=0.5, beta=0.5)


def test_a_loss_may_be_missing_and_the_hinge_loss_is_kept(read):
    document = small()
    assert read({"layers": document["layers"][:-1]}).architecture == read(document).architecture
    document["layers"][-1]["layer_type"] = "svm"
    assert str(read(document).architecture).endswith("FC - SVM")


BAD = {
    "empty": ("", "not JSON"),
    "truncated": (json.dumps(small())[:-40], "not JSON"),
    "not text": ("\x00\x01", "not JSON"),
    "deep": ("[" * 100_000, "not JSON"),
    "a list": ("[1, 2]", "no list of layers"),
    "a notebook": ('{"cells": []}', "no list of layers"),
    "one layer": ({"layers": small()["layers"][:1]}, "has 1 layers"),
    "NaN": (json.dumps(small()).replace("9.0", "NaN", 1), "NaN, which is not a number"),
    "Infinity": (json.dumps(small()).replace("9.0", "-Infinity", 1), "-Infinity"),
    "too large for 32 bits": (json.dumps(small()).replace("9.0", "1e300", 1), "not finite"),
    "huge whole number": (json.dumps(small()).replace("9.0", "1" + "0" * 400, 1), "not finite"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_snapshot(read, case):
    document, message = BAD[case]
    with pytest.raises(ModelFileError, match=message) as caught:
        read(document)
    assert "\n" not in caught.value.message
    assert caught.value.hint


def at(index, **change):
    def make(layers):
        layers[index] |= change

    return make


def value(index, place, new):
    def make(layers):
        held = layers[index]
        held = held["biases"] if place == "biases" else held["filters"][place]
        held["w"] = new(held["w"])

    return make


WRONG = {
    "layer is no object": (lambda layers: layers.insert(2, 7), "layer 2 is not an object"),
    "null": (value(1, 0, lambda w: [None, *w[1:]]), r"layer 1 \(conv\): filter 0 holds something"),
    "text": (value(3, 1, lambda w: ["1", *w[1:]]), r"layer 3 \(fc\): filter 1 holds something"),
    "truth": (value(3, 1, lambda w: [True, *w[1:]]), "not a number"),
    "short": (value(3, 0, lambda w: w[:-1]), "filter 0 has 7 values, not 8"),
    "long": (value(1, "biases", lambda w: [*w, 1]), "biases has 3 values, not 2"),
    "odd keys": (value(1, "biases", lambda w: {"0": 1.0, "two": 2.0}), "not a number"),
    "no values": (value(1, "biases", lambda w: None), "biases has no list of 2 values"),
    "filters missing": (at(1, filters=[]), "0 filters where out_depth says 2"),
    "no filters": (at(1, filters=None), "no filters"),
    "depth that does not follow": (at(1, in_depth=3), "in_depth is 3, but 3x2x1 comes before"),
    "inputs that do not follow": (at(3, num_inputs=9), "num_inputs is 9, but 2x2x2 comes before"),
    "size that does not follow": (at(1, out_sx=3), r"layer 1 \(conv\): it says 3x2x2, but"),
    "activation of another size": (at(2, out_depth=3), "it says 2x2x3"),
    "absurd size": (at(0, out_sx=10**9), "out_sx is 1000000000"),
    "absurd input": (at(0, out_sx=10**6, out_sy=10**6), "that is too much"),
    "negative": (at(1, stride=-1), "stride is -1"),
    "fraction": (at(1, stride=1.5), "stride is 1.5"),
    "missing": (lambda layers: layers[1].pop("out_depth"), "out_depth is missing"),
    "no kind": (lambda layers: layers[2].pop("layer_type"), "without a layer_type"),
    "channels": (at(0, out_depth=2), "1 channel or 3"),
    "input missing": (lambda layers: layers.pop(0), "begins with its input"),
    "regression": (at(4, layer_type="regression"), "regression.*predicts numbers"),
    "unknown": (at(2, layer_type="quadtransform"), r"layer 2 \(quadtransform\): is not known"),
    "loss in the middle": (at(2, layer_type="softmax"), "not the last layer"),
    "window too large": (at(1, sx=9), "9x1"),
    "maxout": (at(2, layer_type="maxout", group_size=3), "does not divide into groups of 3"),
    "dropout of all": (at(2, layer_type="dropout", drop_prob=1), "drop_prob is 1"),
    "dropout without a number": (at(2, layer_type="dropout", drop_prob="x"), "drop_prob is 'x'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_snapshot_that_does_not_hold_together(read, case):
    change, message = WRONG[case]
    document = copy.deepcopy(small())
    change(document["layers"])
    with pytest.raises(ModelFileError, match=message) as caught:
        read(document)
    assert "\n" not in caught.value.message


def test_dropout_without_weights_behind(read):
    document = small()
    dropout = {**document["layers"][-2], "layer_type": "dropout", "drop_prob": 0.5}
    document["layers"].insert(4, dropout)
    with pytest.raises(ModelFileError, match="no weights behind it"):
        read(document)
    document["layers"].pop()
    with pytest.raises(ModelFileError, match="no weights behind it"):
        read(document)


def test_pool_that_would_see_nothing(read):
    document = small()
    pool = {"layer_type": "pool", "sx": 1, "sy": 1, "stride": 1, "pad": 1, "in_depth": 1,
            "out_sx": 5, "out_sy": 4, "out_depth": 1}  # fmt: skip
    document["layers"].insert(1, pool)
    with pytest.raises(ModelFileError, match="more than half its window"):
        read(document)
