"""OpenVINO and ONNX Runtime give torch's scores, or are left alone."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings

from convlens.data import Preprocessing
from convlens.network import runtimes
from convlens.network.arrays import ArrayPredictor
from convlens.network.predictor import Predictor
from convlens.network.runtimes import RUNTIMES, Batches, runtime_for
from convlens.notation import Architecture
from tests.network.test_arrays import weights_for
from tests.notation.strategies import architectures_on_inputs

onnx_graph = pytest.importorskip("convlens.network.onnx_graph", reason="onnx is not installed")


def network(text, classes=4):
    plan = Architecture(text).plan(classes=classes)
    width, height, depth = plan.input
    told = Preprocessing(width, height, depth, mean=(0.4,) * depth, std=(0.3,) * depth)
    return plan, weights_for(plan), told


def pixels_for(plan, count):
    shape = (count, plan.input.height, plan.input.width, plan.input.depth)
    return np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)


def held_to_torch(module, plan, weights, told, count=5):
    pytest.importorskip(module)
    graph = onnx_graph.graph_of(plan, weights, told)
    found = Batches(RUNTIMES[module](graph, 2), 2).scores(pixels_for(plan, count))
    expected = Predictor(plan, weights, told).scores(pixels_for(plan, count))
    scale = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(found / scale, expected / scale, atol=1e-4)


EVERY_LAYER = """INPUT 15x11x3 - CONV 6@5x3/2 same - LEAKY - CONV 8@3x3 dilate 2 groups 2 nobias
- BN - POOL 3x2/2 avg pad 1 floor - RES[CONV 8 - ELU]
- CAT[CONV 4@1x1 - GELU | POOL 3x3/1 same | SILU] - MAXOUT 2 - LRN - POOL 2x2/1 l2 pad 1 - TANH
- RES[CONV 6/2 | CONV 6@1x1/2] - RELU6 - DROPOUT 0.3 - FC 7 nobias - SIGMOID - CONV 5@1x1 - RELU
- FC - SOFTMAX"""


@pytest.mark.parametrize("module", sorted(RUNTIMES))
@pytest.mark.parametrize(
    "text",
    [
        EVERY_LAYER,
        "INPUT 9x9x1 - CONV 4 - POOL 2x2 ceil - GLOBALPOOL max - FC",
        "INPUT 9x9x1 - GLOBALPOOL avg - FC - SVM",
    ],
)
def test_every_kind_of_layer_scores_as_in_torch(module, text):
    held_to_torch(module, *network(text))


@pytest.mark.parametrize("module", sorted(RUNTIMES))
def test_any_network_that_a_runtime_takes_scores_as_in_torch(module, monkeypatch):
    pytest.importorskip(module)
    monkeypatch.setattr(runtimes, "RUNTIMES", {module: RUNTIMES[module]})
    taken = []

    @settings(max_examples=40, deadline=None)
    @given(architectures_on_inputs())
    def check(case):
        architecture, volume, classes = case
        if volume.depth not in (1, 3):
            return
        plan = architecture.plan(volume, classes)
        told = Preprocessing(*volume, mean=(0.4,) * volume.depth, std=(0.3,) * volume.depth)
        weights = weights_for(plan)
        found = runtime_for(plan, weights, told)
        taken.append(found is not None)
        if found is not None:
            expected = Predictor(plan, weights, told).scores(pixels_for(plan, 5))
            scale = max(1.0, float(np.abs(expected).max()))
            actual = found.scores(pixels_for(plan, 5))
            np.testing.assert_allclose(actual / scale, expected / scale, atol=1e-3)

    check()
    assert sum(taken) > 0.5 * len(taken)


def test_the_fastest_that_is_there_and_right_is_taken(monkeypatch):
    model = network("INPUT 8x8x1 - CONV 4 - RELU - FC")
    trusted = ArrayPredictor(*model)
    asked = []

    def starting(name, scores):
        def start(graph, batch):
            asked.append(name)
            return scores

        return start

    def broken(pixels):
        raise RuntimeError("no such instruction")

    def wrong(pixels):
        return trusted.scores(pixels) * 1.01

    engines = {"json": broken, "csv": wrong, "ast": trusted.scores, "absent": trusted.scores}
    monkeypatch.setattr(
        runtimes, "RUNTIMES", {name: starting(name, scores) for name, scores in engines.items()}
    )
    found = runtime_for(*model)
    assert asked == ["json", "csv", "ast"]
    pixels = pixels_for(model[0], 300)
    np.testing.assert_allclose(found.scores(pixels), trusted.scores(pixels), rtol=1e-5)
    monkeypatch.setattr(runtimes, "RUNTIMES", {"absent": starting("absent", trusted.scores)})
    assert runtime_for(*model) is None


def test_what_onnx_has_not_is_left_to_torch():
    assert runtime_for(*network("INPUT 8x8x1 - CONV 4 - LRN n=4 - FC")) is None


MANY = """
import json, sys
import numpy as np
import convlens as cl
classifier = cl.load(sys.argv[1])
pixels = np.random.default_rng(0).integers(0, 256, (40_000, 8, 8, 1)).astype(np.uint8)
few = classifier.probabilities(pixels[:64])
many = classifier.probabilities(pixels)
modules = [m for m in ("torch", "openvino", "onnxruntime") if m in sys.modules]
print(json.dumps([modules, float(abs(many[:64] - few).max())]))
"""


def test_many_predictions_go_through_a_runtime_and_come_out_the_same(digits_model):
    command = [sys.executable, "-c", MANY, str(digits_model)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    modules, deviation = json.loads(done.stdout)
    assert modules == ["openvino"]
    assert deviation < 1e-4
