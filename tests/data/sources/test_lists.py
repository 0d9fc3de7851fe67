from __future__ import annotations

import io
import tarfile

import numpy as np
import pytest
from PIL import Image

from convlens.data import divide, load, open_source, survey
from convlens.data.sources import tars
from convlens.errors import DataError


def test_a_list_of_paths(tree):
    folder = tree("a.png", "b.png", "deep/c.png")
    paths = [folder / "a.png", str(folder / "deep/c.png"), folder / "gone.png", folder / "b.png"]
    source = open_source((paths, ["x", "y", "x", "y"]))
    assert source.classes == ("x", "y")
    assert source.labels.tolist() == [0, 1, 1]
    assert [(s.file, s.reason) for s in source.skipped] == [
        (str(folder / "gone.png"), "no such file or directory")
    ]
    assert survey(source).channels == 3
    dataset = load(source, divide(source, seed=0, test=0), width=4, height=4, channels=3)
    assert len(dataset.train) + len(dataset.validation) == 3


@pytest.mark.parametrize("kind", [str, object])
def test_columns_of_a_table_in_memory(tree, kind):
    folder = tree("a.png", "b.png", "c.png")
    paths = np.array([str(folder / name) for name in ("a.png", "b.png", "c.png")], kind)
    source = open_source((paths, np.array(["x", "y", "x"], kind)))
    assert source.classes == ("x", "y")
    assert [item.place for item in source.items] == paths.tolist()


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (["a.png"], [0, 1], "has 1 picture but 2 labels"),
        (["gone.png", "nul\0.png"], [0, 1], "none of 2 pictures can be used: gone.png: no such"),
        (["a.png", np.zeros((4, 4))], [0, 1], "row 1 is an array or image, row 0 a file"),
    ],
)
def test_lists_that_do_not_fit(images, labels, message):
    with pytest.raises(DataError, match=message) as caught:
        open_source((images, labels))
    assert "\n" not in caught.value.message


def test_opened_pictures_are_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    Image.fromarray(np.arange(24, dtype=np.uint8).reshape(4, 6)).save(buffer, "PNG", exif=exif)
    source = open_source(([Image.open(buffer)] * 2, [0, 1]))
    pixels = source.items[0].place[..., 0]
    assert np.array_equal(pixels, np.arange(24).reshape(4, 6)[::-1].T)


def test_zstandard_is_read_or_refused_by_name(tree, tmp_path, monkeypatch):
    plain = tmp_path / "photos.tar"
    with tarfile.open(plain, "w") as packed:
        packed.add(tree("a/1.png", "b/2.png"), "photos")
    path = tmp_path / "photos.tar.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd")
    with monkeypatch.context() as patch:

        def missing(name: str) -> None:
            raise ImportError(name)

        patch.setattr(tars, "import_module", missing)
        with pytest.raises(DataError, match=r"photos\.tar\.zst is packed by Zstandard") as caught:
            open_source(path)
        assert "pip install zstandard" in caught.value.hint
    zstandard = pytest.importorskip("zstandard")
    path.write_bytes(zstandard.compress(plain.read_bytes()))
    assert open_source(path).classes == ("a", "b")
