"""Prediction without torch gives torch's scores and probabilities."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from PIL import Image

from convlens.calibration import softmax
from convlens.data import Preprocessing
from convlens.modelfile import tensor_shapes
from convlens.network.arrays import ACTIVATIONS, ArrayPredictor
from convlens.network.build import ACTIVATIONS as MODULES
from convlens.network.predictor import Predictor
from tests.notation.strategies import architectures_on_inputs


def weights_for(plan, seed=0):
    random = np.random.default_rng(seed)

    def draw(name, shape):
        if name.endswith("running_var"):
            return random.uniform(0.5, 2, shape).astype(np.float32)
        inputs = int(np.prod(shape[1:])) if len(shape) > 1 else 4
        return (random.normal(size=shape) / inputs**0.5).astype(np.float32)

    return {name: draw(name, shape) for name, shape in tensor_shapes(plan).items()}


@settings(max_examples=150, deadline=None)
@given(architectures_on_inputs())
def test_any_network_scores_as_in_torch(case):
    architecture, volume, classes = case
    if volume.depth not in (1, 3):
        volume = volume._replace(depth=3 if volume.depth > 1 else 1)
        try:
            architecture = architecture.with_input(None)
            plan = architecture.plan(volume, classes)
        except Exception:
            return
    plan = architecture.plan(volume, classes)
    weights = weights_for(plan)
    depth = volume.depth
    preprocessing = Preprocessing(
        volume.width, volume.height, depth, mean=(0.4,) * depth, std=(0.3,) * depth
    )
    shape = (3, volume.height, volume.width, depth)
    pixels = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    expected = Predictor(plan, weights, preprocessing).scores(pixels)
    found = ArrayPredictor(plan, weights, preprocessing).scores(pixels)
    scale = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(found / scale, expected / scale, atol=2e-4)
    np.testing.assert_allclose(softmax(found), softmax(expected), rtol=0, atol=1e-4)


@pytest.mark.parametrize("kind", sorted(MODULES))
def test_activations_are_torchs(kind):
    x = np.linspace(-12, 12, 4001, dtype=np.float32)
    expected = MODULES[kind]()(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(ACTIVATIONS[kind](x), expected, rtol=1e-6, atol=2e-6)


COLD = """
import json, sys, time
from convlens.cli.main import run
status = run(["predict", sys.argv[1], sys.argv[2], "--json"])
print(json.dumps([status, "torch" in sys.modules, time.process_time()]), file=sys.stderr)
"""


def test_a_lone_prediction_needs_no_torch(digits_model, tmp_path):
    Image.fromarray(np.full((8, 8), 128, np.uint8)).save(tmp_path / "one.png")
    command = [sys.executable, "-c", COLD, str(digits_model), str(tmp_path / "one.png")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    status, loaded, seconds = json.loads(done.stderr)
    assert (status, loaded) == (0, False)
    assert seconds < 1
    assert sum(json.loads(done.stdout)["probabilities"].values()) == pytest.approx(1)
