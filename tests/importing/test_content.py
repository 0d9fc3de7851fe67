import pickle
import subprocess
import sys
import zipfile

import pytest
import torch
from safetensors.torch import load_file

from convlens.errors import ModelFileError
from convlens.importing import kind_of


class Bomb:
    def __reduce__(self):
        return (exec, ("raise SystemExit('it went off')",))


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("name", ["x.pt", "x.safetensors"])
def test_pickles_are_refused_unopened_whatever_their_name(tmp_path, protocol, name):
    path = tmp_path / name
    path.write_bytes(pickle.dumps(Bomb(), protocol))
    with pytest.raises(ModelFileError, match="is a pickle") as caught:
        kind_of(path)
    assert "weights_only=True" in caught.value.hint


def test_what_torch_saves_is_a_pickle(tmp_path):
    path = tmp_path / "state.safetensors"
    torch.save({"a": torch.zeros(2)}, path)
    assert zipfile.is_zipfile(path)
    with pytest.raises(ModelFileError, match=r"zip archive, as torch\.save writes"):
        kind_of(path)
    torch.save({"a": torch.zeros(2)}, path, _use_new_zipfile_serialization=False)
    with pytest.raises(ModelFileError, match="pickle"):
        kind_of(path)
    path = tmp_path / "old.pth"
    path.write_bytes(pickle.dumps({"a": 1}, 0))
    with pytest.raises(ModelFileError, match="by its name a pickle"):
        kind_of(path)


def test_the_way_to_convert_works(tmp_path):
    torch.save({"a": torch.ones(2)}, tmp_path / "IN")
    with pytest.raises(ModelFileError) as caught:
        kind_of(tmp_path / "IN")
    code = caught.value.hint.partition('-c "')[2].rstrip('"')
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert torch.equal(load_file(tmp_path / "OUT.safetensors")["a"], torch.ones(2))
    assert kind_of(tmp_path / "OUT.safetensors") == "safetensors"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"hello", "neither a safetensors file nor JSON"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"GGUF\0\0", "GGUF"),
        (b"\xff" * 8 + b"{", "neither"),
    ],
)
def test_anything_else_is_refused(tmp_path, content, message):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=message):
        kind_of(path)


def test_json_missing_files_and_folders(tmp_path):
    path = tmp_path / "net.json"
    path.write_bytes(b'\xef\xbb\xbf {"layers": []}')
    assert kind_of(path) == "json"
    with pytest.raises(ModelFileError, match="there is no file"):
        kind_of(tmp_path / "nothing")
    with pytest.raises(ModelFileError, match="cannot be read: is a directory"):
        kind_of(tmp_path)
