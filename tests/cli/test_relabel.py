import json
import os
import shutil

import pytest
from safetensors import safe_open

import convlens as cl


@pytest.fixture
def model(digits_model, tmp_path):
    return shutil.copy(digits_model, tmp_path / "m.safetensors")


def held(path):
    """Tensors to the byte, and the document, by another reader than ours."""
    with safe_open(path, framework="numpy") as file:
        tensors = {name: file.get_tensor(name).tobytes() for name in file.keys()}  # noqa: SIM118
        return tensors, json.loads(file.metadata()["convlens"])


def test_the_file_itself_is_changed_in_its_names_alone(convlens, model):
    tensors, document = held(model)
    status, out, err = convlens("relabel", model, "0=zero", "1=2", "2=1")
    assert (status, err) == (0, "")
    assert out == f"0 is now zero\n1 is now 2\n2 is now 1\nmodel: {model}\n"
    again, told = held(model)
    assert again == tensors
    assert told["classes"] == ["zero", "2", "1", *"3456789"]
    assert told["training"].pop("renamed") == [{"0": "zero", "1": "2", "2": "1"}]
    assert told | {"classes": None} == document | {"classes": None}


def test_json_and_another_file(convlens, model, tmp_path):
    before = model.read_bytes()
    status, out, _ = convlens("relabel", model, "9=n=1", "--json", "--out", "new/n.safetensors")
    assert status == 0
    classes = [*"012345678", "n=1"]
    assert json.loads(out) == {
        "model": "new/n.safetensors", "renamed": {"9": "n=1"}, "classes": classes,
    }  # fmt: skip
    assert model.read_bytes() == before
    assert list(cl.load(tmp_path / "new" / "n.safetensors").classes) == classes
    status, out, _ = convlens("relabel", "new/n.safetensors", "n=1=nine", "--json")
    assert json.loads(out)["renamed"] == {"n=1": "nine"}


def test_refusals_change_nothing(convlens, model, tmp_path):
    before = model.read_bytes()
    (tmp_path / "mine.txt").write_text("mine")
    for arguments, told in [
        (["O=zero"], "the model has no class `O`"),
        (["0=1"], "another class is called `1` already"),
        (["0=x", "1=x"], "`0` and `1` cannot both be called `x`"),
        (["0=x", "0=y"], "`0` is renamed twice"),
        (["0="], "the name of a class cannot be empty"),
        (["0=x", "--out", "mine.txt"], "mine.txt exists and is not a model of ConvLens"),
    ]:
        status, out, err = convlens("relabel", model, *arguments)
        assert (status, out) == (1, "")
        assert err.startswith(f"error: {told}")
        assert len(err.splitlines()) == 2
    status, _, err = convlens("relabel", model, "zero")
    assert status == 2
    assert "'zero' is not old=new" in err
    assert model.read_bytes() == before
    assert (tmp_path / "mine.txt").read_text() == "mine"
    status, _, err = convlens("relabel", tmp_path / "mine.txt", "a=b")
    assert status == 1
    assert "mine.txt" in err


@pytest.mark.skipif(os.name == "nt", reason="wants links and permissions of POSIX")
def test_a_link_stays_a_link_and_permissions_stay(convlens, model, tmp_path):
    model.chmod(0o600)
    link = tmp_path / "link.safetensors"
    link.symlink_to(model)
    assert convlens("relabel", link, "0=zero")[0] == 0
    assert link.is_symlink()
    assert cl.load(model).classes[0] == "zero"
    assert model.stat().st_mode & 0o777 == 0o600
