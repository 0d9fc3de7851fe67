"""No engine takes more memory for a picture than is said beforehand, and little less is said."""

import json
import subprocess
import sys

import numpy as np
import pytest

from convlens.data import Preprocessing
from convlens.errors import ModelFileError, SettingsError
from convlens.network import arrays
from convlens.network.arrays import ArrayPredictor
from convlens.network.footprint import SCRATCH, check_prediction, looking_memory, prediction_memory
from convlens.notation import Architecture
from convlens.notation.zoo import ZOO
from tests.network.test_arrays import weights_for

NETS = {
    "plain": "INPUT 640x640x3 - CONV 16@3x3 - RELU - POOL - GLOBALPOOL - FC 3",
    "branches": "INPUT 384x384x3 - CONV 16 - BN - GELU - RES[CONV 16 - SILU - CONV 16] - "
    "CAT[CONV 8 | CONV 8@5x5 groups 2] - GLOBALPOOL - FC 3",
    "norms": "INPUT 384x384x3 - CONV 16 - LRN - POOL 3x3/1 l2 same - POOL 3x3/2 avg same - "
    "MAXOUT 2 - GLOBALPOOL - FC 3",
    "windows": "INPUT 128x128x3 - CONV 8@31x31 - CONV 2@3x3 dilate 30 - GLOBALPOOL - FC 3",
}

MEASURE = """
import json, sys
import numpy as np
from convlens.data import Preprocessing
from convlens.modelfile import tensor_shapes
from convlens.notation import Architecture

def memory(what):
    line = next(one for one in open("/proc/self/status") if one.startswith(what))
    return int(line.split()[1]) << 10

engine, nets = sys.argv[1], json.loads(sys.argv[2])
if engine == "torch":
    from convlens.network.predictor import Predictor as Engine
else:
    from convlens.network.arrays import ArrayPredictor as Engine
found = {}
for name, text in {"warm": "INPUT 8x8x3 - CONV - GELU - POOL - FC 2", **nets}.items():
    plan = Architecture(text).plan()
    shapes = tensor_shapes(plan)
    weights = {tensor: np.full(shape, 0.01, np.float32) for tensor, shape in shapes.items()}
    width, height, depth = plan.input
    pixels = np.full((1, height, width, depth), 7, np.uint8)
    before = memory("VmRSS")
    open("/proc/self/clear_refs", "w").write("5")
    Engine(plan, weights, Preprocessing(width, height, depth)).scores(pixels)
    found[name] = memory("VmHWM") - before
print(json.dumps(found))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is read from /proc")
@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_a_prediction_takes_what_is_said(engine):
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, engine, json.dumps(NETS)], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    said = {name: prediction_memory(Architecture(text).plan()) for name, text in NETS.items()}
    for name, most in said.items():
        assert measured[name] <= most, (name, measured[name] / most)
    volumes = sum(said.values()) - len(said) * SCRATCH
    assert sum(measured.values()) > volumes / 5


def test_padding_counts_and_so_do_branches_within_branches():
    small = prediction_memory(Architecture("INPUT 8x8x1 - POOL 3x3/1 same - FC 2").plan())
    padded = Architecture("INPUT 8x8x1 - POOL 20001x20001/1 same - FC 2").plan()
    assert prediction_memory(padded) > small + 4 * 20_000**2
    one = Architecture("INPUT 256x256x3 - CAT[RELU | RELU] - GLOBALPOOL - FC 2").plan()
    eight = Architecture("INPUT 256x256x3 - [CAT[RELU | RELU]]*8 - GLOBALPOOL - FC 2").plan()
    assert prediction_memory(eight) > 256 * 256 * 3 * 256 * 4 > 20 * prediction_memory(one) / 8


def test_all_of_the_zoo_may_be_used_where_the_memory_is_small(monkeypatch):
    monkeypatch.delenv("CONVLENS_MAX_MEMORY", raising=False)
    monkeypatch.setattr("convlens.data.memory.physical_memory", lambda: 4 << 30)
    for entry in ZOO:
        check_prediction(entry.architecture.plan(entry.input, entry.classes), entry.name)


def test_a_refusal_says_how_much_and_how_to_raise_it(monkeypatch):
    plan = Architecture("INPUT 4096x4096x3 - CONV 127@1x1 - GLOBALPOOL - FC 2").plan()
    monkeypatch.setenv("CONVLENS_MAX_MEMORY", "4G")
    with pytest.raises(ModelFileError, match=r"m: a .* up to 16\.\d GB .* 4\.0 GB are") as caught:
        check_prediction(plan, "m")
    assert caught.value.hint == "if you trust it, allow as much: CONVLENS_MAX_MEMORY=17G"
    monkeypatch.setenv("CONVLENS_MAX_MEMORY", "17G")
    check_prediction(plan, "m")
    assert looking_memory(plan) > prediction_memory(plan)


@pytest.mark.parametrize("wrong", ["4", "x", "-1G", "0G", "1e9", "infinity", "G", "9" * 20 + "G"])
def test_what_is_no_size_is_said(wrong, monkeypatch):
    monkeypatch.setenv("CONVLENS_MAX_MEMORY", wrong)
    plan = Architecture("INPUT 8x8x1 - FC 2").plan()
    with pytest.raises(SettingsError, match="CONVLENS_MAX_MEMORY is") as caught:
        check_prediction(plan, "m")
    assert "12G" in caught.value.hint


@pytest.mark.parametrize("net", NETS)
def test_pieces_give_what_the_whole_gives(net, monkeypatch):
    text = NETS[net].partition(" - ")[2].replace("dilate 30", "dilate 3").replace("31x31", "5x5")
    plan = Architecture(f"INPUT 24x20x3 - {text}").plan()
    weights, p = weights_for(plan), Preprocessing(24, 20, 3)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 20, 24, 3)).astype(np.uint8)
    whole = ArrayPredictor(plan, weights, p).scores(pixels)
    for piece in (1, 100, 3000):
        monkeypatch.setattr(arrays, "PIECE", piece)
        found = ArrayPredictor(plan, weights, p).scores(pixels)
        np.testing.assert_allclose(found, whole, rtol=1e-4, atol=1e-5)
