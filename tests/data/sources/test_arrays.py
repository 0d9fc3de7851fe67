from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from convlens.data import divide, load, open_source, survey
from convlens.errors import DataError

GREY = np.random.default_rng(0).integers(0, 256, (12, 6, 8), dtype=np.uint8)
COLOUR = np.random.default_rng(1).integers(0, 256, (12, 6, 8, 3), dtype=np.uint8)
LABELS = np.arange(12) % 3


def whole(source, channels=1):
    dataset = load(source, divide(source, seed=0), width=8, height=6, channels=channels)
    parts = [part for part in (dataset.train, dataset.validation, dataset.test) if part]
    names = [name for part in parts for name in part.names]
    pixels = np.concatenate([part.pixels for part in parts])
    return pixels[np.argsort(names)]


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (GREY, GREY[..., None]),
        (GREY[..., None], GREY[..., None]),
        (GREY[:, None], GREY[..., None]),
        (GREY.astype(np.int64), GREY[..., None]),
        ((GREY / 255.0).astype(np.float32), GREY[..., None]),
        (GREY.tolist(), GREY[..., None]),
        (COLOUR, COLOUR),
        (COLOUR.transpose(0, 3, 1, 2), COLOUR),
        (list(COLOUR), COLOUR),
        ([Image.fromarray(picture) for picture in COLOUR], COLOUR),
        ([Image.fromarray(picture) for picture in GREY], GREY[..., None]),
    ],
)
def test_a_pair_in_any_layout(images, expected):
    source = open_source((images, LABELS))
    assert source.kind == "arrays"
    assert np.array_equal(whole(source, expected.shape[3]), expected)
    assert survey(source).channels == expected.shape[3]


def test_pictures_of_mixed_sizes():
    images = [np.full((n + 1, 2 * n + 1, 3), n, np.uint8) for n in range(12)]
    source = open_source((images, LABELS))
    pixels = whole(source, 3)
    assert [int(p[0, 0, 0]) for p in pixels] == list(range(12))


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ([10, 9, 2] * 4, ("2", "9", "10")),
        (["b", "a", "c"] * 4, ("a", "b", "c")),
        (np.array([b"b", b"a", b"c"] * 4), ("a", "b", "c")),
        (np.array([[0], [1], [2]] * 4), ("0", "1", "2")),
        ([True, False, False] * 4, ("0", "1")),
    ],
)
def test_labels(labels, classes):
    source = open_source((GREY, labels))
    assert source.classes == classes
    shown = [str(v) for v in np.asarray(labels).ravel().tolist()]
    if classes == ("2", "9", "10"):
        assert [source.classes[item.label] for item in source.items] == shown


@pytest.mark.parametrize("keys", [("x", "y"), ("images", "labels"), ("data", "target")])
def test_npz_without_parts(keys, tmp_path):
    np.savez(tmp_path / "set.npz", **{keys[0]: GREY, keys[1]: LABELS})
    source = open_source(tmp_path / "set.npz")
    assert (source.name, source.classes, len(source)) == ("set.npz", ("0", "1", "2"), 12)
    assert np.array_equal(whole(source), GREY[..., None])


@pytest.mark.parametrize("style", ["{stem}_{part}", "{part}_{stem}"])
def test_npz_with_parts(style, tmp_path):
    stems = ("x", "y") if style.startswith("{stem}") else ("images", "labels")
    arrays = {}
    for part, count in (("train", 6), ("val", 3), ("test", 3)):
        arrays[style.format(stem=stems[0], part=part)] = GREY[:count]
        arrays[style.format(stem=stems[1], part=part)] = LABELS[:count]
    np.savez_compressed(tmp_path / "set.npz", **arrays)
    division = divide(open_source(tmp_path / "set.npz"), seed=0)
    assert [len(p) for p in (division.train, division.validation, division.test)] == [6, 3, 3]


def test_named_classes_keep_their_order(tmp_path):
    np.savez(
        tmp_path / "set.npz", x=GREY, y=LABELS, classes=np.array(["zebra", "ape", "cat", "ox"])
    )
    source = open_source(tmp_path / "set.npz")
    assert source.classes == ("zebra", "ape", "cat", "ox")
    assert source.labels.tolist() == LABELS.tolist()


def test_a_dict_of_parts():
    data = {"train": (GREY, LABELS), "test": (GREY[:3], LABELS[:3])}
    source = open_source(data)
    assert [item.part for item in source.items] == ["train"] * 12 + ["test"] * 3


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((GREY, LABELS[:-1]), "12 pictures but 11 labels"),
        ((GREY, LABELS, 3), "3 values"),
        ((GREY[:0], []), "no pictures"),
        ((GREY, np.linspace(0, 1, 12)), "row 1 has the label 0.0909091, which names no class"),
        ((GREY, np.zeros((12, 3), int)), "none of 12 pictures has a label"),
        ((GREY, np.zeros((12, 3, 2), int)), "one per picture"),
        ((GREY, np.zeros(12, "M8[s]")), "name no classes"),
        ((GREY, None), "NoneType"),
        ((GREY, "cat"), "come as a str"),
        ((np.zeros((12, 5)), LABELS), "shape"),
        ((np.full((12, 4, 4), np.inf), LABELS), "NaN"),
        ((np.full((12, 4, 4), np.nan), LABELS), "NaN"),
        ((np.full((12, 4, 4), 1j), LABELS), "not pixels"),
        ((np.zeros((12, 4, 4, 2)), LABELS), "channels"),
        ((5, LABELS), "arrays"),
        ({"a": GREY}, "no pictures with labels"),
        ({"x": GREY, "y": LABELS, "x_test": GREY, "y_test": LABELS}, "without a part"),
        ({"x_test": GREY, "y_test": LABELS}, "no training part"),
        ({"x": GREY, "y": LABELS, "classes": ["a", "b"]}, "not among"),
        ({"x": GREY, "y": LABELS, "classes": ["a", "a", "b"]}, "twice"),
        ({"train": (GREY, LABELS), "test": (GREY[:3], ["a"] * 3)}, "numbers in one part"),
        (7, "int"),
        ("", "the path is empty"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(data, message):
    with pytest.raises(DataError, match=message) as caught:
        open_source(data)
    assert "\n" not in caught.value.message


def test_python_objects_are_not_unpickled(tmp_path):
    np.savez(tmp_path / "set.npz", x=np.array([{"a": 1}], dtype=object), y=LABELS[:1])
    with pytest.raises(DataError, match="Python objects"):
        open_source(tmp_path / "set.npz")


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04"])
def test_damaged_npz(content, tmp_path):
    (tmp_path / "set.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"set\.npz"):
        open_source(tmp_path / "set.npz")


def test_an_npz_that_unpacks_beyond_memory_is_refused(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "set.npz", x=np.zeros((100, 32, 32), np.uint8), y=np.zeros(100))
    monkeypatch.setattr("convlens.data.sources.given.physical_memory", lambda: 100_000)
    with pytest.raises(DataError, match="memory"):
        open_source(tmp_path / "set.npz")


def test_the_fingerprint_of_arrays_is_that_of_their_content():
    changed = GREY.copy()
    changed[3, 3, 3] ^= 1
    first = open_source((GREY, LABELS)).fingerprint
    assert open_source((GREY.copy(), LABELS)).fingerprint == first
    assert open_source((changed, LABELS)).fingerprint != first


def test_digits():
    from sklearn.datasets import load_digits

    source = open_source("digits")
    assert (source.kind, source.classes, len(source)) == ("digits", tuple("0123456789"), 1797)
    plain = load_digits()
    expected = np.rint(plain.images * (255 / 16)).astype(np.uint8)
    dataset = load(source, divide(source, seed=0), width=8, height=8, channels=1)
    assert [len(p) for p in (dataset.train, dataset.validation, dataset.test)] == [1258, 180, 359]
    assert np.array_equal(
        dataset.test.pixels[..., 0], expected[[int(n) for n in dataset.test.names]]
    )
    assert np.array_equal(dataset.test.labels, plain.target[[int(n) for n in dataset.test.names]])


def test_digits_load_neither_torch_nor_scikit_learn():
    code = (
        "import sys; from convlens.data import *; s = open_source('digits'); survey(s);"
        "load(s, divide(s, seed=0), width=8, height=8, channels=1);"
        "print([m for m in ('torch', 'sklearn', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
