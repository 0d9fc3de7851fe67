"""The hub's own library stands aside here: what it would fetch lies in a folder."""

import json
import sys
from types import ModuleType

import pytest

from convlens.errors import ModelFileError, SettingsError
from convlens.importing import Options, fetch


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A folder that stands for every repository; what is asked of it is noted in ``asked``."""
    module = ModuleType("huggingface_hub")
    module.asked = []

    def hf_hub_download(repo_id, filename):
        module.asked.append((repo_id, filename))
        if not (tmp_path / filename).exists():
            raise OSError(f"404: {filename}\nmore")
        return str(tmp_path / filename)

    module.hf_hub_download = hf_hub_download
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    return tmp_path, module.asked


def test_the_file_and_what_is_said_of_its_pictures(shelf):
    folder, asked = shelf
    (folder / "model.safetensors").write_bytes(b"x")
    figures = {"input_size": [3, 200, 100], "mean": [0.5, 0.4, 0.3], "std": [1, 1, 1]}
    (folder / "config.json").write_text(json.dumps({"pretrained_cfg": figures}))
    fetched = fetch("timm/some")
    assert fetched.path == folder / "model.safetensors"
    assert fetched.options == Options((100, 200), (0.5, 0.4, 0.3), (1.0, 1.0, 1.0))
    assert asked == [("timm/some", "model.safetensors"), ("timm/some", "config.json")]
    mine = Options(mean=(0.1,)).or_else(fetched.options)
    assert (mine.size, mine.mean) == ((100, 200), (0.1,))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"pretrained_cfg": {"input_size": 3}}'])
def test_a_configuration_of_another_kind_is_passed_over(shelf, content):
    folder, _ = shelf
    (folder / "weights.safetensors").write_bytes(b"x")
    (folder / "config.json").write_text(content)
    assert fetch("some/where", "weights.safetensors").options == Options()
    (folder / "config.json").unlink()
    assert fetch("some/where", "weights.safetensors").options == Options()


def test_what_the_hub_does_not_give(shelf):
    with pytest.raises(ModelFileError, match=r"cannot be fetched: 404: model.safetensors\n"):
        fetch("no/such")
    with pytest.raises(ModelFileError, match="not a safetensors file"):
        fetch("no/such", "pytorch_model.bin")
    assert ("no/such", "pytorch_model.bin") not in shelf[1]


def test_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(SettingsError, match="huggingface_hub") as caught:
        fetch("timm/some")
    assert "pip install" in caught.value.hint
