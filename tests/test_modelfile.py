import contextlib
import json
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from convlens.data import Preprocessing
from convlens.errors import ModelFileError, OutputError
from convlens.modelfile import KEY, Model, is_model, read_model, tensor_shapes, write_model
from convlens.notation import Architecture

TEXT = "INPUT 8x8x1 - CONV 4 - BN - RELU - RES[CONV 4] - CAT[CONV 2 | POOL 3x3/1 same] - POOL - FC"


def model(text=TEXT, classes=("a", "b", "ü<b>")):
    architecture = Architecture(text)
    plan = architecture.plan(classes=len(classes))
    random = np.random.default_rng(0)
    weights = {
        name: random.random(shape, np.float32) - (0.4 if name.endswith("weight") else 0.0)
        for name, shape in tensor_shapes(plan).items()
    }
    preprocessing = Preprocessing(8, 8, 1, mean=(0.25,), std=(0.5,))
    return Model(architecture, classes, preprocessing, weights, 0.75, {"seed": 3})


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "m.safetensors"
    write_model(model(), path)
    return path


def rewritten(path, change=lambda document: None, tensors=lambda weights: None):
    """The file with its document and its tensors changed."""
    weights = load_file(path)
    with safe_open(path, framework="numpy") as file:
        document = json.loads(file.metadata()[KEY])
    change(document)
    tensors(weights)
    save_file(weights, path, metadata={KEY: json.dumps(document)})


def test_what_is_written_is_read_again(written):
    first, again = model(), read_model(written)
    assert again.architecture == first.architecture
    assert again.classes == first.classes
    assert again.preprocessing == first.preprocessing
    assert (again.temperature, again.training) == (0.75, {"seed": 3})
    assert again.weights.keys() == first.weights.keys()
    assert all(np.array_equal(again.weights[k], v) for k, v in first.weights.items())


def test_any_safetensors_reader_opens_it(written):
    assert "res1.body.conv2.weight" in load_file(written)
    assert is_model(written)


@pytest.mark.parametrize("share", [0, 0.001, 0.2, 0.9, 0.9999])
def test_truncated_files_are_refused(written, share):
    content = written.read_bytes()
    written.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelFileError, match="not a whole safetensors file"):
        read_model(written)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_a_changed_byte_is_refused_or_harmless(tmp_path, place, byte):
    path = tmp_path / "m.safetensors"
    write_model(model(), path)
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] = byte
    path.write_bytes(content)
    with contextlib.suppress(ModelFileError):
        read_model(path)


def test_files_of_others_are_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"w": np.zeros(3, np.float32)}, path)
    with pytest.raises(ModelFileError, match="not one of ConvLens"):
        read_model(path)
    assert not is_model(path)
    (tmp_path / "text.safetensors").write_text("hello")
    with pytest.raises(ModelFileError, match="not a whole safetensors file"):
        read_model(tmp_path / "text.safetensors")
    with pytest.raises(ModelFileError, match="no model file"):
        read_model(tmp_path / "nowhere.safetensors")


def test_a_header_that_claims_a_lot_is_refused_at_once(tmp_path):
    path = tmp_path / "bomb.safetensors"
    path.write_bytes(struct.pack("<Q", 1 << 60) + b"{}")
    with pytest.raises(ModelFileError):
        read_model(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(format=4), "format 4; this ConvLens reads up to 3"),
        (lambda d: d.update(format="x"), "format 'x'"),
        (lambda d: d.pop("classes"), "lacks 'classes'"),
        (lambda d: d.update(architecture="INPUT - CNOV"), "CNOV"),
        (lambda d: d.update(architecture=7), "7"),
        (lambda d: d.update(classes=["a", "b"]), "fc1"),
        (lambda d: d.update(classes=["a", "a", "b"]), "twice"),
        (lambda d: d["calibration"].update(temperature=-1), "temperature"),
        (lambda d: d["preprocessing"].update(width=9), "INPUT"),
        (lambda d: d["preprocessing"].pop("mean"), "mean"),
    ],
)
def test_documents_that_do_not_hold_together_are_refused(written, change, message):
    rewritten(written, change)
    with pytest.raises(ModelFileError, match=message) as caught:
        read_model(written)
    assert str(written) in caught.value.message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("bn1.bias"), "lacks bn1.bias"),
        (lambda w: w.update(more=np.zeros(2, np.float32)), "has more too many"),
        (lambda w: w.update({"bn1.bias": np.zeros(5, np.float32)}), r"bn1.bias is F32 \(5,\)"),
        (lambda w: w.update({"bn1.bias": np.zeros(4, np.float64)}), "bn1.bias is F64"),
        (lambda w: w["bn1.bias"].fill(np.nan), "bn1.bias holds values that are not numbers"),
    ],
)
def test_tensors_that_do_not_belong_are_refused(written, change, message):
    rewritten(written, tensors=change)
    with pytest.raises(ModelFileError, match=message):
        read_model(written)


def test_a_file_is_replaced_whole_or_not_at_all(written, monkeypatch):
    before = written.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="no space left on device"):
        write_model(model(), written)
    assert written.read_bytes() == before
    assert [p.name for p in written.parent.iterdir()] == [written.name]
