"""OpenVINO and ONNX Runtime give torch's scores and probabilities, or are left alone."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings

from convlens.calibration import softmax
from convlens.data import Preprocessing
from convlens.network import runtimes
from convlens.network.arrays import ArrayPredictor
from convlens.network.predictor import Predictor
from convlens.network.runtimes import NARROW, ROUNDED, RUNTIMES, Batches, agrees, runtime_for
from convlens.notation import Architecture
from tests.network.test_arrays import weights_for
from tests.notation.strategies import architectures_on_inputs
from tests.same import VALUE, same_values

onnx_graph = pytest.importorskip("convlens.network.onnx_graph", reason="onnx is not installed")


def network(text, classes=4):
    plan = Architecture(text).plan(classes=classes)
    width, height, depth = plan.input
    told = Preprocessing(width, height, depth, mean=(0.4,) * depth, std=(0.3,) * depth)
    return plan, weights_for(plan), told


def pixels_for(plan, count):
    shape = (count, plan.input.height, plan.input.width, plan.input.depth)
    return np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)


def assert_same(found, expected):
    """The same scores, relative to the largest, and the same probabilities within 1e-4."""
    scale = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(found / scale, expected / scale, rtol=0, atol=1e-4)
    np.testing.assert_allclose(softmax(found), softmax(expected), rtol=0, atol=1e-4)


def held_to_torch(module, plan, weights, told, count=5):
    pytest.importorskip(module)
    graph = onnx_graph.graph_of(plan, weights, told)
    found = Batches(RUNTIMES[module](graph, 2), 2).scores(pixels_for(plan, count))
    assert_same(found, Predictor(plan, weights, told).scores(pixels_for(plan, count)))


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
            assert_same(found.scores(pixels_for(plan, 5)), expected)

    check()
    assert sum(taken) > 0.5 * len(taken)


@pytest.mark.parametrize(
    ("scores", "expected", "told", "same"),
    [
        ([10.0003, 10], [10, 10], {}, True),
        ([10.0009, 10], [10, 10], {}, False),
        ([10.0009, 10], [10, 10], {"temperature": 20}, True),
        ([10.0003, 10], [10, 10], {"temperature": 0.05}, False),
        ([10.0009, 10], [10, 10], {"tolerance": ROUNDED}, True),
        ([10.05, 10], [10, 10], {"tolerance": ROUNDED}, False),
        ([100.005, 0], [100, 0], {}, True),
        ([100.05, 0], [100, 0], {}, False),
        ([np.nan, 0], [100, 0], {}, False),
    ],
)
def test_probabilities_are_held_and_scores_where_those_hide_them(scores, expected, told, same):
    found, wanted = (np.array([values], np.float32) for values in (scores, expected))
    assert agrees(found, wanted, **told) is same


MODEL = "INPUT 8x8x1 - CONV 4 - RELU - FC"


@pytest.fixture
def engines(monkeypatch):
    """``engines(exact, narrow)`` stand in for the runtimes; returns which are asked."""
    asked = []

    def standing_in(kept, engines):
        def start_of(name):
            return lambda graph, batch: asked.append((kept, name)) or engines[name]

        monkeypatch.setattr(runtimes, kept, {name: start_of(name) for name in engines})

    def put(exact, narrow=()):
        standing_in("RUNTIMES", exact)
        standing_in("NARROW", dict(narrow))
        return asked

    return put


def broken(pixels):
    raise RuntimeError("no such instruction")


def test_the_fastest_that_is_there_and_right_is_taken(engines):
    model = network(MODEL)
    trusted = ArrayPredictor(*model)

    def wrong(pixels):
        return trusted.scores(pixels) * 1.01

    asked = engines(
        {"json": broken, "csv": wrong, "ast": trusted.scores, "absent": trusted.scores},
        {"ast": wrong},
    )
    found = runtime_for(*model)
    assert asked == [("RUNTIMES", name) for name in ("json", "csv", "ast")]
    pixels = pixels_for(model[0], 300)
    same_values(found.scores(pixels), trusted.scores(pixels))
    engines({"absent": trusted.scores})
    assert runtime_for(*model) is None


@pytest.mark.parametrize(
    ("error", "pause", "taken"),
    [(1e-3, 0.0, "narrow"), (1e-3, 0.1, "exact"), (0.1, 0.0, "exact"), (None, 0.0, "exact")],
    ids=["quicker", "slower", "too rough", "not there"],
)
def test_fast_takes_bf16_only_where_it_is_right_and_quicker(engines, error, pause, taken):
    model = network(MODEL)
    trusted = ArrayPredictor(*model)

    def exact(pixels):
        time.sleep(0.05)
        return trusted.scores(pixels)

    def narrow(pixels):
        time.sleep(pause)
        return trusted.scores(pixels) + np.float32([error, 0, 0, 0])

    engines({"json": exact}, {"json": broken if error is None else narrow})
    pixels = pixels_for(model[0], 5)
    off = np.abs(runtime_for(*model, fast=True).scores(pixels) - trusted.scores(pixels)).max()
    assert off == pytest.approx(error if taken == "narrow" else 0, abs=VALUE)
    same_values(runtime_for(*model).scores(pixels), trusted.scores(pixels))


def test_openvino_computes_in_bf16_where_the_processor_has_it():
    openvino = pytest.importorskip("openvino")
    model = network(EVERY_LAYER)
    start = NARROW["openvino"]
    graph = onnx_graph.graph_of(*model)
    if "BF16" not in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        with pytest.raises(RuntimeError, match="bf16"):
            start(graph, 2)
        return
    pixels = pixels_for(model[0], 2)
    found, expected = start(graph, 2)(pixels), ArrayPredictor(*model).scores(pixels)
    assert 0 < np.abs(found - expected).max() < 0.1 * np.abs(expected).max()


def test_what_onnx_has_not_is_left_to_torch():
    assert runtime_for(*network("INPUT 8x8x1 - CONV 4 - LRN n=4 - FC")) is None


MANY = """
import json, sys
import numpy as np
import convlens as cl
classifier = cl.Classifier.load(sys.argv[1], fast=len(sys.argv) > 2)
pixels = np.random.default_rng(0).integers(0, 256, (40_000, 8, 8, 1)).astype(np.uint8)
few = classifier.probabilities(pixels[:64])
many = classifier.probabilities(pixels)
modules = [m for m in ("torch", "openvino", "onnxruntime") if m in sys.modules]
print(json.dumps([modules, float(abs(many[:64] - few).max())]))
"""


@pytest.mark.parametrize(("how", "tolerance"), [((), 1e-4), (("fast",), 1e-2)])
def test_many_predictions_go_through_a_runtime_and_come_out_the_same(digits_model, how, tolerance):
    command = [sys.executable, "-c", MANY, str(digits_model), *how]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    modules, deviation = json.loads(done.stdout)
    assert modules == ["openvino"]
    assert deviation < tolerance
