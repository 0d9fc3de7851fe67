from __future__ import annotations

import gzip
import struct
import tarfile

import numpy as np
import pytest

from convlens.data import divide, load, open_source
from convlens.errors import DataError

RANDOM = np.random.default_rng(0)


def idx(array: np.ndarray) -> bytes:
    return b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) \
        + array.astype(np.uint8).tobytes()  # fmt: skip


def mnist(folder, *, packed=False, joint="-"):
    folder.mkdir(exist_ok=True)
    made = {}
    for part, count in (("train", 20), ("t10k", 6)):
        images = RANDOM.integers(0, 256, (count, 5, 4), dtype=np.uint8)
        labels = np.arange(count, dtype=np.uint8) % 3
        made[part] = images, labels
        for name, array in (("images", images), ("labels", labels)):
            content = idx(array)
            file = folder / f"{part}-{name}{joint}idx{array.ndim}-ubyte{'.gz' * packed}"
            file.write_bytes(gzip.compress(content) if packed else content)
    return made


def cifar(folder):
    folder.mkdir(exist_ok=True)
    made = []
    for name in ("data_batch_1", "data_batch_2", "test_batch"):
        labels = RANDOM.integers(0, 3, 7, dtype=np.uint8)
        planes = RANDOM.integers(0, 256, (7, 3, 32, 32), dtype=np.uint8)
        rows = [bytes([label]) + planes[n].tobytes() for n, label in enumerate(labels)]
        (folder / f"{name}.bin").write_bytes(b"".join(rows))
        made.append((planes.transpose(0, 2, 3, 1), labels))
    (folder / "batches.meta.txt").write_text("airplane\nbird\ncat\n\n")
    return made


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("joint", ["-", "."])
def test_a_folder_of_mnist(tmp_path, packed, joint):
    made = mnist(tmp_path / "mnist", packed=packed, joint=joint)
    source = open_source(tmp_path / "mnist")
    assert (source.kind, source.classes) == ("arrays", ("0", "1", "2"))
    for part, told in (("train", "train"), ("t10k", "test")):
        items = [item for item in source.items if item.part == told]
        assert np.array_equal(np.stack([i.place for i in items])[..., 0], made[part][0])
        assert [i.label for i in items] == made[part][1].tolist()
    assert len(divide(source, seed=0).test) == 6


def test_a_pair_by_one_of_its_names(tmp_path):
    made = mnist(tmp_path / "mnist")
    source = open_source(tmp_path / "mnist/t10k-images-idx3-ubyte")
    assert len(source) == 6
    assert {item.part for item in source.items} == {None}
    assert source.labels.tolist() == made["t10k"][1].tolist()


@pytest.mark.parametrize("packed", [False, True])
def test_cifars_binary_batches(tmp_path, packed):
    made = cifar(tmp_path / "cifar-10-batches-bin")
    path = tmp_path / "cifar-10-batches-bin"
    if packed:
        path = tmp_path / "cifar-10-binary.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            archive.add(tmp_path / "cifar-10-batches-bin", "cifar-10-batches-bin")
    source = open_source(path)
    assert source.classes == ("airplane", "bird", "cat")
    train = [item for item in source.items if item.part == "train"]
    assert np.array_equal(
        np.stack([i.place for i in train]), np.concatenate([p for p, _ in made[:2]])
    )
    assert [i.label for i in train] == np.concatenate([labels for _, labels in made[:2]]).tolist()
    dataset = load(source, divide(source, seed=0), width=32, height=32, channels=3)
    assert np.array_equal(dataset.test.pixels, made[2][0])


def test_cifar_100_by_its_fine_labels(tmp_path):
    for name, count in (("train", 8), ("test", 4)):
        rows = [bytes([9, n % 2]) + bytes(3072) for n in range(count)]
        (tmp_path / f"{name}.bin").write_bytes(b"".join(rows))
    (tmp_path / "fine_label_names.txt").write_text("apple\nbee\n")
    source = open_source(tmp_path)
    assert source.classes == ("apple", "bee")
    assert source.labels.tolist() == [0, 1] * 6


def damage(folder, file, change):
    path = folder / file
    path.write_bytes(change(path.read_bytes()))


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("train-images-idx3-ubyte", lambda b: b[:-1], "bytes, where its header says"),
        ("train-images-idx3-ubyte", lambda b: b + b"0", "bytes, where its header says"),
        ("train-images-idx3-ubyte", lambda b: b"hello", "is not an IDX file of bytes"),
        ("train-images-idx3-ubyte", lambda b: b[:9], "its header says 3 axes"),
        ("train-images-idx3-ubyte", lambda b: b[:4] + b"\xff" * 12 + b[16:], "where its header"),
        ("train-images-idx3-ubyte", lambda b: gzip.compress(b)[:-30], "is truncated"),
        ("train-images-idx3-ubyte", lambda b: b"\x1f\x8bnonsense", "is damaged"),
        ("t10k-labels-idx1-ubyte", lambda b: idx(np.zeros(5)), "6 pictures but 5 labels"),
    ],
)
def test_damaged_idx(tmp_path, file, change, message):
    mnist(tmp_path / "mnist")
    damage(tmp_path / "mnist", file, change)
    with pytest.raises(DataError, match=message) as caught:
        open_source(tmp_path / "mnist")
    assert "\n" not in caught.value.message


def test_images_without_labels(tmp_path):
    mnist(tmp_path / "mnist")
    (tmp_path / "mnist/t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="no labels to t10k-images-idx3-ubyte") as caught:
        open_source(tmp_path / "mnist")
    assert caught.value.hint


def test_damaged_batches(tmp_path):
    cifar(tmp_path / "cifar")
    damage(tmp_path / "cifar", "data_batch_2.bin", lambda b: b[:-5])
    with pytest.raises(DataError, match=r"data_batch_2\.bin is damaged.*records of 3,073"):
        open_source(tmp_path / "cifar")


def test_pickled_batches_are_refused_with_what_to_download(tmp_path):
    for name in ("data_batch_1", "test_batch", "batches.meta"):
        (tmp_path / name).write_bytes(b"\x80\x04never unpickled.")
    with pytest.raises(DataError, match="Python pickles, which are not read") as caught:
        open_source(tmp_path)
    assert "cifar-10-binary.tar.gz" in caught.value.hint
