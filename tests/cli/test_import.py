"""``convlens import`` and ``convlens export``: exit status, one line of error, a hint."""

import json
import sys
from types import ModuleType

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from convlens.modelfile import read_model
from tests.cli.conftest import picture
from tests.importing.elsewhere import ResNet, randomised


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """A folder with the weights of a small-headed ResNet-18."""
    folder = tmp_path_factory.mktemp("states")
    network = randomised(ResNet((2, 2, 2, 2), False, classes=2))
    save_file(network.state_dict(), folder / "r18.safetensors")
    return folder


def test_a_state_dict_becomes_a_model_that_predicts(convlens, states, tmp_path):
    (tmp_path / "names.txt").write_text("ant\nbee\n")
    status, out, err = convlens("import", states / "r18.safetensors", "--classes", "names.txt",
                                "--size", "64", "--out", "mine.safetensors")  # fmt: skip
    assert (status, err) == (0, "")
    assert out == "11,177,538 parameters, 64x64x3, 2 classes\nmodel: mine.safetensors\n"
    p = read_model(tmp_path / "mine.safetensors").preprocessing
    assert (p.width, p.fit, p.mean) == (64, "crop", (0.485, 0.456, 0.406))
    picture((200, 30, 30)).save(tmp_path / "a.png")
    status, out, _ = convlens("predict", "mine.safetensors", "a.png", "--json")
    assert status == 0
    assert set(json.loads(out)["probabilities"]) == {"ant", "bee"}


def test_options_and_the_document(convlens, states, tmp_path):
    status, out, _ = convlens("import", states / "r18.safetensors", "--net", "resnet18", "--size",
                              "96x64", "--mean", "0.5", "--std", "0.1,0.2,0.3", "--fit", "pad",
                              "--json")  # fmt: skip
    assert status == 0
    document = json.loads(out)
    assert document["model"] == "r18.safetensors"
    assert document["classes"] == ["0", "1"]
    p = document["preprocessing"]
    assert (p["width"], p["height"], p["fit"]) == (96, 64, "pad")
    assert (p["mean"], p["std"]) == ([0.5] * 3, [0.1, 0.2, 0.3])
    assert convlens("import", "x", "--mean", "0.5,0.5")[0] == 2
    assert convlens("import")[0] == 2


def test_from_the_hub(convlens, states, tmp_path, monkeypatch):
    module = ModuleType("huggingface_hub")

    def hf_hub_download(repo_id, filename):
        if filename == "config.json":
            raise OSError("404")
        return str(states / filename)

    module.hf_hub_download = hf_hub_download
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    status, out, _ = convlens("import", "--hub", "some/bees", "r18.safetensors")
    assert status == 0
    assert out.endswith("model: bees.safetensors\n")
    assert read_model(tmp_path / "bees.safetensors").classes == ("0", "1")


def test_what_cannot_be_imported(convlens, states, tmp_path):
    torch.save({"a": torch.zeros(1)}, tmp_path / "a.pth")
    (tmp_path / "a.json").write_text('{"a": 1')
    (tmp_path / "b.json").write_text('{"layers": [{}, {}]}')
    save_file({"a.weight": torch.zeros(1)}, tmp_path / "a.safetensors")
    for arguments, message in (
        (["a.pth"], "pickle"),
        (["a.json"], "not JSON"),
        (["b.json"], "begins with its input"),
        (["b.json", "--net", "lenet5"], "says itself"),
        (["a.safetensors"], "no network known"),
        (["a.safetensors", "--net", "vgg16"], "does not hold the weights of vgg16"),
        (["a.safetensors", "--net", "nothing at all"], "CONV"),
        ([states / "r18.safetensors", "--net", "resnet34"], "--net resnet18"),
        ([states / "r18.safetensors", "--classes", "a.json"], "not JSON"),
        (["nothing.safetensors"], "there is no file"),
    ):
        status, out, err = convlens("import", *arguments)
        assert (status, out) == (1, ""), arguments
        assert err.startswith("error: "), err
        assert message in err
        assert "Traceback" not in err
    assert not list(tmp_path.glob("*-2.safetensors"))


@pytest.fixture
def trained(convlens):
    net = "INPUT - CONV 4@5x5 - BN - RELU - POOL 2x2 - FC"
    assert convlens("train", "digits", "--net", net, "--epochs", "1", "--quiet", "--out",
                    "d.safetensors")[0] == 0  # fmt: skip


def test_to_convnetjs_and_back(convlens, trained, tmp_path):
    status, out, err = convlens("export", "d.safetensors", "--to", "convnetjs")
    assert (status, out, err) == (0, "convnetjs: d.convnetjs.json\n", "")
    status, out, _ = convlens("import", "d.convnetjs.json", "--out", "back.safetensors")
    assert status == 0
    first, back = (read_model(tmp_path / f"{n}.safetensors") for n in ("d", "back"))
    assert back.classes == first.classes
    assert back.preprocessing.mean == (0.5,)
    picture((90, 90, 90), (30, 30)).save(tmp_path / "a.png")
    shares = []
    for name in ("d", "back"):
        _, out, _ = convlens("predict", f"{name}.safetensors", "a.png", "--json")
        shares.append([*json.loads(out)["probabilities"].values()])
    assert np.allclose(*shares, atol=1e-4)


def test_what_cannot_be_exported(convlens, digits_model):
    status, out, err = convlens("export", digits_model, "--to", "convnetjs", "--out", "x.json")
    assert (status, out) == (1, "")
    assert err == "error: gelu1: ConvNetJS has no GELU\n  train with RELU in place of GELU\n"
    assert convlens("export", digits_model)[0] == 2
    assert convlens("export", "nothing", "--to", "convnetjs")[0] == 1
