"""Going on from a trained model with new classes."""

import numpy as np
import pytest

import convlens as cl
from tests.cli.conftest import QUICK, folder_of_shades

OTHERS = {"teal": (0, 130, 130), "wine": (110, 20, 50)}


@pytest.fixture
def base(convlens, shades, tmp_path):
    arguments = [
        "--net",
        "CONV 8 - BN - RELU - POOL 2x2 floor - FC 6 - RELU - FC",
        "--size",
        "10x12",
    ]
    status, _, err = convlens(
        "train", shades, *arguments, "--epochs", 5, "--out", "base.safetensors", "--quiet"
    )
    assert status == 0, err
    return tmp_path / "base.safetensors"


@pytest.fixture
def others(tmp_path):
    return folder_of_shades(tmp_path / "others", classes=OTHERS)


def test_a_new_head_for_new_classes_on_the_models_own_preprocessing(convlens, base, others):
    status, _, err = convlens(
        "train", others, "--from", base, "--epochs", 30, "--out", "new.safetensors"
    )
    assert status == 0, err
    old, new = cl.load(base), cl.load("new.safetensors")
    assert new.classes == ("teal", "wine")
    assert new.preprocessing == old.preprocessing
    assert new.training["base"] == "base.safetensors"
    assert new.training["test_accuracy"] == 1
    moved = np.abs(new.weights["conv1.weight"] - old.weights["conv1.weight"]).max()
    assert 0 < moved < np.abs(old.weights["conv1.weight"]).max()


@pytest.mark.parametrize(
    ("frozen", "still"), [("1", {"conv1", "bn1"}), ("all-but-head", {"conv1", "bn1", "fc1"})]
)
def test_frozen_layers_stay_to_the_bit(convlens, base, others, frozen, still):
    arguments = ["--from", base, "--freeze", frozen, "--epochs", 3, "--out", "new.safetensors"]
    assert convlens("train", others, *arguments)[0] == 0
    old, new = cl.load(base).weights, cl.load("new.safetensors").weights
    same = {name for name in old if old[name].shape == new[name].shape}
    unmoved = {name.split(".")[0] for name in same if np.array_equal(old[name], new[name])}
    assert unmoved == still


def test_what_cannot_be(convlens, base, others, tmp_path):
    def fails(*arguments, status=1):
        found, out, err = convlens("train", others, *arguments)
        assert (found, out) == (status, ""), err
        assert "Traceback" not in err
        return err

    assert "no model file" in fails("--from", "nowhere.safetensors")
    assert "leave none to learn" in fails("--from", base, "--freeze", 3)
    assert "leave one of the two out" in fails("--from", base, "--size", 64)
    fails("--from", base, "--net", QUICK, status=2)
    fails("--freeze", 1, status=2)
    fails("--from", base, "--freeze", "some", status=2)
