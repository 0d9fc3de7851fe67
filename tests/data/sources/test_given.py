"""What a Python program gives to train on, beside pairs of arrays."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, IterableDataset, TensorDataset, random_split

from convlens.data import divide, load, open_source, survey
from convlens.data.pixels import as_bytes_of_pixels
from convlens.errors import DataError

PICTURES = np.random.default_rng(0).integers(0, 256, (6, 6, 8, 3), dtype=np.uint8)
FLOATS = torch.from_numpy(PICTURES).permute(0, 3, 1, 2).float().div(255)
LABELS = [0, 1] * 3


def classes_of(source):
    return [source.classes[item.label] for item in source.items]


def pixels_of(source):
    """The pictures as training decodes them, by the one range that is found for them."""
    tones = survey(source).tones
    return np.stack([as_bytes_of_pixels(item.place, tones) for item in source.items])


class Plain:
    """A data set of the least: a length, and pairs by number."""

    classes = ("ape", "bee")

    def __init__(self, convert=Image.fromarray):
        self.convert = convert

    def __len__(self):
        return len(PICTURES)

    def __getitem__(self, number):
        return self.convert(PICTURES[number]), LABELS[number]


def test_parts_are_folders_of_class_folders(tree):
    folder = tree(
        "train/a/1.png", "train/b/2.png", "train/b/3.png", "later/b/4.png", "later/a/5.png"
    )
    parts = {"train": str(folder / "train"), "test": folder / "later"}
    source = open_source(parts)
    assert (source.kind, source.name, source.classes) == ("folder", "train, later", ("a", "b"))
    assert [(item.name, item.part) for item in source.items] == [
        ("test/a/5.png", "test"),
        ("test/b/4.png", "test"),
        ("train/a/1.png", "train"),
        ("train/b/2.png", "train"),
        ("train/b/3.png", "train"),
    ]
    assert classes_of(source) == ["a", "b", "a", "b", "b"]
    dataset = load(source, divide(source, seed=0, validation=0.4), width=8, height=6, channels=3)
    assert len(dataset.test) == 2


def test_classes_of_folders_are_those_of_all_parts_in_one_spelling(tree):
    tree("a/1.png", "10/2.png", "9/3.png", root="one")
    other = tree("A/1.png", "c/2.png", root="other")
    source = open_source({"val": other, "train": other.parent / "one"})
    assert source.classes == ("10", "9", "a", "c")
    assert source.warnings == ("the class `A` is taken for `a`",)
    numbers = {
        "train": tree("2/1.png", "10/2.png", root="n"),
        "test": tree("9/1.png", "2/2.png", root="m"),
    }
    assert open_source(numbers).classes == ("2", "9", "10")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (lambda f: {"test": f}, "there is no training part"),
        (lambda f: {"train": f, "apple": f}, "`apple` is no part like train"),
        (lambda f: {"train": f, "val": f, "dev": f}, "there are two validation parts"),
        (lambda f: {"train": f, "test": (PICTURES, LABELS)}, "the test part is no path"),
        (lambda f: {"train": f.parent / "parted"}, "given as the train part, has parts itself"),
        (lambda f: {"train": f / "gone"}, "there is no folder"),
        (lambda f: {"train": [1, 2, 3]}, "3 values are not a pair"),
        (lambda f: {"train": {"cat": [], "x": []}}, "no pictures with labels among its keys"),
        (lambda f: {"cat": f, "dog": f}, "no pictures with labels among its keys: cat, dog"),
        (lambda f: {"cat": PICTURES, "labels": PICTURES}, "among its keys: cat, labels"),
    ],
)
def test_parts_that_do_not_go_together_are_refused(data, message, tree):
    tree("train/a/1.png", "test/a/1.png", "train/b/1.png", "test/b/2.png", root="parted")
    folder = tree("a/1.png", "b/2.png", root="one")
    with pytest.raises(DataError, match=message) as caught:
        open_source(data(folder))
    assert "\n" not in caught.value.message


def test_classes_with_a_list_of_pictures_each(tree):
    folder = tree("a.png", "b.png", "c.png")
    paths = [folder / name for name in ("a.png", "b.png", "c.png")]
    source = open_source({"dog": paths[:1], "cat": [*paths[1:], folder / "gone.png"], "ox": []})
    assert (source.classes, classes_of(source)) == (("cat", "dog"), ["dog", "cat", "cat"])
    assert [item.name.split()[0] for item in source.items] == [
        "dog/000000",
        "cat/000000",
        "cat/000001",
    ]
    assert [s.file for s in source.skipped] == [str(folder / "gone.png")]
    assert source.warnings == ("the class `ox` has no pictures: left out",)
    arrays = open_source({"train": {7: PICTURES, 10: list(PICTURES)}, "test": {10: PICTURES[:1]}})
    assert arrays.classes == ("7", "10")
    assert [item.part for item in arrays.items].count("test") == 1
    assert arrays.items[-1].name == "test/10/000000"


def test_parts_are_lists_of_paths(tree):
    folder = tree("a.png", "b.png")
    pair = ([str(folder / "a.png"), str(folder / "b.png")], ["x", "y"])
    source = open_source({"train": pair, "val": pair, "classes": ["y", "x"]})
    assert (source.kind, source.classes, len(source)) == ("files", ("y", "x"), 4)


@pytest.mark.parametrize(
    "images",
    [
        FLOATS,
        FLOATS.bfloat16().float().requires_grad_(),
        torch.from_numpy(PICTURES).permute(0, 3, 1, 2),
        torch.from_numpy(PICTURES),
        list(FLOATS),
    ],
    ids=["floats", "gradient", "bytes", "channels last", "list"],
)
def test_tensors_are_the_pictures_that_they_hold(images):
    source = open_source((images, torch.tensor(LABELS)))
    assert source.labels.tolist() == LABELS
    levels = 2 if isinstance(images, torch.Tensor) and images.requires_grad else 0
    assert np.abs(pixels_of(source).astype(int) - PICTURES).max() <= levels


def test_channels_of_a_tensor_come_first_where_both_would_fit():
    narrow = torch.from_numpy(PICTURES[:, :, :3]).permute(0, 3, 1, 2)  # (6, 3, 6, 3)
    assert np.array_equal(pixels_of(open_source((narrow, LABELS))), PICTURES[:, :, :3])


def test_tensors_without_values_are_refused():
    with pytest.raises(DataError, match="no values can be read from a Tensor"):
        open_source((torch.zeros(6, 3, 8, 8, device="meta"), LABELS))


def test_normalised_tensors_are_taken_by_their_range_and_it_is_said():
    source = open_source((torch.linspace(-1, 1, 6 * 64).reshape(6, 1, 8, 8), LABELS))
    assert survey(source).notes == ("greys from -1 to 1 become 0 to 255",)
    pixels = pixels_of(source)
    assert (pixels.min(), pixels.max()) == (0, 255)


def test_floats_of_a_list_have_one_scale_whatever_their_sizes():
    dark = np.zeros((3, 4))
    dark[0, 0] = 1.0  # of 255, as the other picture says
    light = np.full((5, 4), 200.0)
    first, second = open_source(([dark, light], LABELS[:2])).items
    assert (first.place.max(), second.place.max()) == (1, 200)
    small = open_source(([dark, light / 255], LABELS[:2]))
    tones = survey(small).tones
    bytes_of = [as_bytes_of_pixels(item.place, tones).max() for item in small.items]
    assert bytes_of == [255, 200]


@pytest.mark.parametrize(
    "data",
    [
        Plain(),
        Plain(np.asarray),
        Plain(lambda p: torch.from_numpy(p).permute(2, 0, 1) / 255),
    ],
)
def test_a_data_set_is_read_by_its_items(data):
    source = open_source(data)
    assert (source.name, source.classes) == ("Plain", ("ape", "bee"))
    assert source.labels.tolist() == LABELS
    assert np.array_equal(pixels_of(source), PICTURES)


def test_data_sets_of_torch_and_their_subsets():
    whole = TensorDataset(FLOATS, torch.tensor(LABELS))
    assert np.array_equal(pixels_of(open_source(whole)), PICTURES)
    train, test = random_split(Plain(), [4, 2], torch.Generator().manual_seed(0))
    source = open_source({"train": train, "test": test})
    assert source.classes == ("ape", "bee")
    expected = [*train.indices, *test.indices]
    assert np.array_equal(pixels_of(source), PICTURES[expected])
    assert source.labels.tolist() == [LABELS[number] for number in expected]


class Endless(IterableDataset):
    def __iter__(self):
        yield from ()


class Broken(Plain):
    def __getitem__(self, number):
        return super().__getitem__(number) if number < 2 else 1 / 0


class Columns(Plain):
    def __getitem__(self, number):
        return {"image": PICTURES[number], "label": 1}


@pytest.mark.parametrize(
    ("data", "message", "hint"),
    [
        (DataLoader(Plain()), "cannot be read from a DataLoader", ".dataset"),
        (Endless(), "cannot be read from a Endless", "a length and items by number"),
        (Broken(), r"Broken: item 2 cannot be read \(ZeroDivisionError", None),
        (Columns(), r"item 0 is no pair \(image, label\), but dict", "(images, labels)"),
        (PICTURES, "cannot be read from a ndarray", "a pair (images, labels)"),
        (FLOATS, "cannot be read from a Tensor", "a pair (images, labels)"),
        (7, "cannot be read from a int", "data frame"),
    ],
)
def test_data_that_cannot_be_read_so_is_refused_with_how_to(data, message, hint):
    with pytest.raises(DataError, match=message) as caught:
        open_source(data)
    assert hint is None or hint in caught.value.hint


def test_a_data_set_larger_than_a_quarter_of_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr("convlens.data.sources.given.physical_memory", lambda: 16 * 144)
    open_source((PICTURES, LABELS))
    with pytest.raises(DataError, match="Plain do not fit into a quarter of the memory") as caught:
        open_source(Plain(np.asarray))
    assert "paths" in caught.value.hint


@pytest.fixture
def frame(tree):
    pd = pytest.importorskip("pandas")
    folder = tree("a.png", "b.png", "c.png", "d.png")
    files = [str(folder / f"{name}.png") for name in "abcd"]
    return pd.DataFrame(
        {
            "x": range(6),
            "Image Path": [*files, None, "gone.png"],
            "Label": ["u", "v", "u", None, "u", "v"],
            "split": ["train", "Train", "test", "train", "test", "val"],
        },
        index=list("pqrstu"),
    )


def test_a_data_frame_is_read_by_its_columns(frame):
    source = open_source(frame)
    assert (source.kind, source.name, source.classes) == ("files", "the table", ("u", "v"))
    files = frame["Image Path"].tolist()
    assert [(item.name, item.place) for item in source.items] == [
        (f"train/000000 {files[0]}", files[0]),
        (f"train/000001 {files[1]}", files[1]),
        (f"test/000002 {files[2]}", files[2]),
    ]
    assert [(s.file, s.reason) for s in source.skipped] == [
        (f"row 3 ({files[3]})", "has no label"),
        ("row 4", "holds no picture"),
        ("gone.png", "no such file or directory"),
    ]
    assert source.warnings == ("1 of 6 pictures has no label: left out (row 3)",)
    columns = frame.drop(columns="x").to_dict("list")
    assert [i.name for i in open_source(columns).items] == [i.name for i in source.items]
    parts = {"train": frame[:2].drop(columns="split"), "test": frame[2:3]}
    assert [item.part for item in open_source(parts).items] == ["train", "train", "test"]


def test_paths_of_a_frame_count_from_the_working_folder(frame, monkeypatch):
    from pathlib import Path

    place = Path(frame["Image Path"].iloc[0]).parent
    monkeypatch.chdir(place)
    plain = frame.iloc[:2].assign(file=["a.png", "b.png"])[["file", "Label"]]
    assert [item.place for item in open_source(plain).items] == [
        str(place / "a.png"),
        str(place / "b.png"),
    ]


def test_frames_that_lack_something_are_refused_by_name(frame):
    for column, message in [
        ("Image Path", "no column for the pictures; its columns: `x`, `Label`, `split`"),
        ("Label", "no column for the labels"),
    ]:
        with pytest.raises(DataError, match=message):
            open_source(frame.drop(columns=column))
    for value, message in [
        ("third", "row 1 of the table is in the unknown part `third`"),
        (None, r"some pictures a part and others none \(row 1\)"),
    ]:
        frame.loc["q", "split"] = value
        with pytest.raises(DataError, match=message):
            open_source(frame)
    with pytest.raises(DataError, match="no training part"):
        open_source(frame.assign(split="test"))


def test_frames_hold_pictures_as_the_hub_does(encoded):
    pd = pytest.importorskip("pandas")
    cells = [{"bytes": encoded(n), "path": f"{n}.png"} for n in range(4)]
    source = open_source(pd.DataFrame({"image": cells, "label": [0, 1, 0, 1]}))
    assert [item.place for item in source.items] == [cell["bytes"] for cell in cells]


def test_files_in_memory_or_opened_are_read(encoded, tmp_path):
    (tmp_path / "f.png").write_bytes(encoded(4))
    written = io.BytesIO()
    written.write(encoded(3))  # and left at its end
    with (tmp_path / "f.png").open("rb") as file:
        held = [encoded(0), bytearray(encoded(1)), memoryview(encoded(2)), written, file]
        source = open_source((held, ["a", "b", "a", "b", "a"]))
    assert [item.place for item in source.items] == [encoded(n) for n in range(5)]
    dataset = load(source, divide(source, seed=0, test=0), width=8, height=6, channels=3)
    assert dataset.skipped == ()
    changed = open_source(([encoded(9), *held[1:4]], ["a", "b", "a", "b"]))
    assert changed.items[0].stamp != source.items[0].stamp
    same = open_source((held[:4], ["a", "b", "a", "b"]))
    assert changed.fingerprint != same.fingerprint


def test_bytes_that_are_no_picture_are_skipped_and_text_files_refused(encoded, tmp_path):
    held = [encoded(0), b"hello there", b"", encoded(1), encoded(2)]
    source = open_source((held, [0, 1, 0, 1, 0]))
    assert [(s.file, s.reason) for s in source.skipped] == [("row 2", "empty")]
    dataset = load(source, divide(source, seed=0, test=0), width=8, height=6, channels=3)
    assert [s.file for s in dataset.skipped] == ["000001", "row 2"]
    (tmp_path / "f.png").write_bytes(encoded(0))
    with (tmp_path / "f.png").open() as file, pytest.raises(DataError, match=r"row 1: .* as text"):
        open_source(([encoded(0), file], [0, 1]))


def test_opened_images_that_are_cut_short_are_skipped_by_name(encoded, tmp_path):
    path = tmp_path / "half.png"
    path.write_bytes(encoded(0)[:-40])
    with Image.open(path) as half:
        source = open_source(([half, PICTURES[0], PICTURES[1]], [0, 1, 0]))
    assert [(s.file, s.reason) for s in source.skipped] == [(str(path), "truncated")]


def test_more_bytes_than_a_quarter_of_the_memory_are_refused(encoded, monkeypatch):
    monkeypatch.setattr("convlens.data.sources.paths.physical_memory", lambda: 1000)
    with pytest.raises(DataError, match="do not fit into a quarter of the memory"):
        open_source(([encoded(n) for n in range(4)], LABELS[:4]))


def test_neither_torch_nor_pandas_is_imported_for_what_is_neither():
    code = (
        "import sys, numpy as np; from convlens.data import open_source;"
        "x = np.zeros((4, 4, 4));"
        "open_source({'a': list(x), 'b': x}); open_source((x, [1, None, 2, 1]));"
        "print([m for m in ('torch', 'pandas', 'polars') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
