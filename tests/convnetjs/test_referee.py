"""Both directions against ConvNetJS: every activation, within 1e-5 of the layer's largest."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convlens.classifier import Classifier
from convlens.convnetjs import read_snapshot, snapshot
from convlens.data import Preprocessing
from convlens.modelfile import Model, tensor_shapes
from convlens.network.build import Network
from convlens.notation import layers as kinds
from tests.convnetjs.strategies import definitions, exportable
from tests.same import same_probabilities

shared = settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])


def picture(volume, seed):
    shape = (volume.height, volume.width, volume.depth)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def activations(model, pixels):
    """What every layer of ``model`` gives for pixels (H, W, C), (C, H, W), the input's first."""
    p = model.preprocessing
    network = Network(model.plan()).eval()
    held = {name: torch.from_numpy(values) for name, values in model.weights.items()}
    network.load_state_dict(held, strict=False)
    x = torch.from_numpy((pixels / 255 - np.array(p.mean)) / np.array(p.std))
    x = x.permute(2, 0, 1)[None]
    found = [x]
    with torch.no_grad():
        for layer in network.double():
            found.append(layer(found[-1]))
    return [values[0].numpy() for values in found]


def assert_close(found, expected):
    assert found.shape == expected.shape
    scale = max(np.abs(expected).max(), 0.1)  # smaller sums are what larger terms left over
    assert np.abs(found - expected).max() <= 1e-5 * scale


def read_json(document, tmp_path):
    path = Path(tmp_path) / "snapshot.json"
    path.write_text(json.dumps(document))
    return read_snapshot(path)


@shared
@given(definitions(), st.integers(0, 9))
def test_networks_made_by_convnetjs(referee, tmp_path_factory, case, seed):
    defs, volume = case
    pixels = picture(volume, seed)
    document, theirs = referee.run(pixels, defs=defs)
    with tempfile.TemporaryDirectory() as folder:
        model = read_json(document, folder)
        ours = activations(model, pixels)
        factor = 1.0  # of dropout, which ConvNetJS applies at once, and we in the weights behind
        rows = model.plan().rows
        for row, found, expected in zip((None, *rows), ours, theirs, strict=False):
            if row is not None and isinstance(row.layer, kinds.Dropout):
                factor *= row.layer.p
            if row is not None and isinstance(row.layer, kinds.Conv | kinds.FullyConnected):
                factor = 1.0
            assert_close(found * factor, expected)
        softmax = document["layers"][-1]["layer_type"] == "softmax"
        assert len(theirs) == len(ours) + softmax
        if softmax:
            shares = Classifier(model).probabilities(pixels[None])[0]
            same_probabilities(shares, theirs[-1].ravel())
        again, repeated = referee.run(pixels, net=snapshot(model))
        assert again["layers"][0] == document["layers"][0]
        assert_close(repeated[-1], theirs[-1])


def weighted(plan, seed, channels):
    """A model of ``plan`` with random weights and a normalisation of its own."""
    random = np.random.default_rng(seed)
    weights = {}
    for name, shape in tensor_shapes(plan).items():
        values = random.normal(size=shape) / np.sqrt(max(1, np.prod(shape[1:])))
        weights[name] = (np.abs(values) if name.endswith("var") else values).astype(np.float32)
    figures = random.uniform(0.2, 0.8, (2, channels)) if seed % 2 else np.array([[0.5], [1.0]])
    mean, std = (np.broadcast_to(row, channels) for row in figures)
    shape = Preprocessing(*plan.input, mean=tuple(mean), std=tuple(std))
    classes = tuple(f"class {n}" for n in range(plan.classes))
    return Model(plan.architecture, classes, shape, weights, 1.0, {})


@shared
@given(exportable(), st.integers(0, 9))
def test_networks_of_ours(referee, plan, seed):
    model = weighted(plan, seed, plan.input.depth)
    pixels = picture(plan.input, seed)
    document = json.loads(json.dumps(snapshot(model)))
    loaded, theirs = referee.run(pixels, net=document)
    ours = activations(model, pixels)
    layers = [layer["layer_type"] for layer in loaded["layers"]]
    scores = theirs[-1] if layers[-1] == "svm" else theirs[-2]
    assert_close(scores, ours[-1])
    if not any(isinstance(row.layer, kinds.BatchNorm) for row in plan.rows):  # one for one, then
        first = len(theirs) - len([r for r in plan.rows if not isinstance(r.layer, kinds.Dropout)])
        first -= layers[-1] != "svm"
        behind = [values for row, values in zip(plan.rows, ours[1:], strict=True)
                  if not isinstance(row.layer, kinds.Dropout)]  # fmt: skip
        for found, expected in zip(theirs[first:], behind, strict=False):
            assert_close(found, expected)
    with tempfile.TemporaryDirectory() as folder:
        again = read_json(document, folder)
    assert again.classes == model.classes
    assert_close(activations(again, pixels)[-1], ours[-1])


def test_the_temperature_goes_along(referee):
    from convlens.notation import Architecture

    for text in ("INPUT 5x4x3 - CONV 4 - RELU - FC", "INPUT 5x4x3 - FC - RELU"):
        plan = Architecture(text).plan(classes=3)
        model = replace(weighted(plan, 1, 3), temperature=1.7)
        pixels = picture(plan.input, 3)
        _, theirs = referee.run(pixels, net=snapshot(model))
        expected = Classifier(model).probabilities(pixels[None])[0]
        same_probabilities(theirs[-1].ravel(), expected)
