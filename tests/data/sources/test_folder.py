from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from convlens.data import divide, load, open_source, survey
from convlens.errors import DataError


def names(source) -> list[str]:
    return [item.name for item in source.items]


def test_the_first_level_is_the_class(tree):
    source = open_source(tree("dog/b.png", "cat/a.png", "cat/deeper/still/c.png"))
    assert (source.kind, source.name, source.classes) == ("folder", "photos", ("cat", "dog"))
    assert names(source) == ["cat/a.png", "cat/deeper/still/c.png", "dog/b.png"]
    assert source.labels.tolist() == [0, 0, 1]
    assert all(item.part is None and item.size for item in source.items)


@pytest.mark.parametrize(
    ("folders", "parts"),
    [
        (("train", "test"), {"train", "test"}),
        (("Train", "TEST"), {"train", "test"}),
        (("train", "val"), {"train", "validation"}),
        (("train", "valid", "test"), {"train", "validation", "test"}),
        (("train", "Validation"), {"train", "validation"}),
    ],
)
def test_parts_in_any_case(tree, folders, parts):
    source = open_source(tree(*(f"{f}/{c}/1.png" for f in folders for c in ("a", "b"))))
    assert source.classes == ("a", "b")
    assert {item.part for item in source.items} == parts


def test_a_class_missing_from_one_part_shifts_no_index(tree):
    source = open_source(tree("train/a/1.png", "train/c/1.png", "test/b/1.png", "test/c/1.png"))
    assert source.classes == ("a", "b", "c")
    assert {item.name: item.label for item in source.items} == {
        "train/a/1.png": 0,
        "train/c/1.png": 2,
        "test/b/1.png": 1,
        "test/c/1.png": 2,
    }


def test_a_train_beside_other_vehicles_is_a_class(tree):
    assert open_source(tree("train/1.png", "bus/1.png")).classes == ("bus", "train")


def test_a_single_wrapping_folder_is_looked_through(tree):
    source = open_source(tree("pets/cat/1.png", "pets/dog/1.png"))
    assert source.classes == ("cat", "dog")
    assert names(source) == ["cat/1.png", "dog/1.png"]
    only_train = open_source(tree("train/cat/1.png", "train/dog/1.png", root="only"))
    assert only_train.classes == ("cat", "dog")


def test_what_is_no_picture_is_left_out_silently(tree):
    folder = tree("a/1.png", "b/1.png", ".hidden/x.png", "__MACOSX/x.png", "a/.y.png")
    for name in ("a/notes.txt", "b/Thumbs.db", "labels.csv", "a/.DS_Store"):
        (folder / name).write_text("no picture")
    source = open_source(folder)
    assert names(source) == ["a/1.png", "b/1.png"]
    assert (source.skipped, source.warnings) == ((), ())


def test_text_that_is_called_a_picture_is_skipped_by_name(tree):
    folder = tree("a/1.png", "a/2.png", "a/4.png", "b/1.png", "b/2.png")
    (folder / "a/3.jpg").write_text("hello")
    source = open_source(folder)
    dataset = load(source, divide(source, seed=0, test=0), width=4, height=4, channels=3)
    assert [(s.file, s.reason) for s in dataset.skipped] == [("a/3.jpg", "not a picture (text)")]
    left = set(dataset.train.names) | set(dataset.validation.names)
    assert left == {"a/1.png", "a/2.png", "a/4.png", "b/1.png", "b/2.png"}
    assert list(dataset.train.names) == sorted(dataset.train.names)


def test_warnings_name_what_was_left_out(tree):
    folder = tree("a/1.png", "b/1.png", "loose.png")
    (folder / "empty").mkdir()
    warnings = open_source(folder).warnings
    assert warnings == (
        "1 picture lies in no class folder of photos: left out",
        "the class folder `empty` holds no pictures: left out",
    )
    with_parts = tree("train/a/1.png", "train/b/1.png", "test/a/1.png", "docs/x/1.png", root="p")
    assert "`docs` is no part" in open_source(with_parts).warnings[0]


def test_classes_without_any_picture_are_left_out(tree):
    folder = tree("a/1.png", "b/1.jpeg", "b/2", "c/1.png")
    (folder / "a/notes").write_text("hello")
    (folder / "c/1.png").write_text("hello")
    (folder / "b/1.jpeg").write_text("hello")
    source = open_source(folder)
    assert source.classes == ("a", "b")  # of b one file is a picture, by its content
    assert {item.name.split("/")[0]: item.label for item in source.items} == {"a": 0, "b": 1}
    assert source.warnings == (
        "the class folder `c` holds no picture that is read "
        "(c/1.png: not a picture (text)): left out",
    )
    for name in ("d", "e", "f", "0"):
        (folder / name).mkdir()
        (folder / name / "notes").write_text("hello")
    source = open_source(folder)
    assert source.classes == ("a", "b")
    assert "5 class folders hold no picture that is read" in source.warnings[0]
    assert source.warnings[0].endswith("`0`, `c`, `d`, …")


def test_a_folder_of_programs_is_no_collection(tree):
    folder = tree(root="source")
    for name in ("docs/logo.svg", "docs/LICENSE", "bin/run"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("<svg/>" if name.endswith("svg") else "hello")
    with pytest.raises(DataError, match="no pictures in source: bin/run: not a picture") as caught:
        open_source(folder)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ((), "no pictures in photos"),
        (("1.png", "2.png"), "in no class folder"),
    ],
)
def test_folders_without_classes(tree, paths, message):
    with pytest.raises(DataError, match=message) as caught:
        open_source(tree(*paths))
    assert caught.value.hint


def test_no_such_path(tmp_path):
    with pytest.raises(DataError, match="there is no folder or file"):
        open_source(tmp_path / "gone")
    with pytest.raises(DataError, match=r"cannot be read|there is no"):
        open_source("nul\0byte")


def test_a_single_picture_is_no_source(tree):
    with pytest.raises(DataError, match="single picture"):
        open_source(tree("a.png") / "a.png")


def test_links_are_followed_without_loops(tree, tmp_path):
    folder = tree("a/1.png", "b/1.png")
    elsewhere = tree("x/2.png", root="elsewhere")
    (folder / "a/loop").symlink_to(folder / "a", target_is_directory=True)
    (folder / "a/up").symlink_to(folder, target_is_directory=True)
    (folder / "c").symlink_to(elsewhere, target_is_directory=True)
    (folder / "b/2.png").symlink_to(elsewhere / "x/2.png")
    (folder / "b/3.png").symlink_to(tmp_path / "gone.png")
    source = open_source(folder)
    assert names(source) == ["a/1.png", "b/1.png", "b/2.png", "c/x/2.png"]
    assert [s.file for s in source.skipped] == ["b/3.png"]


def test_two_folders_that_link_to_each_other_end(tree):
    folder = tree("a/1.png", "b/1.png")
    for n in range(6):
        (folder / f"a/d{n}").mkdir()
    for n in range(6):
        for m in range(6):
            (folder / f"a/d{n}/l{m}").symlink_to(folder / f"a/d{m}", target_is_directory=True)
    assert len(open_source(folder)) == 2


def test_names_that_are_not_utf8(tmp_path, encoded):
    root = os.fsencode(tmp_path)
    try:
        for name in (b"caf\xe9", b"tea"):
            Path(os.fsdecode(root + b"/" + name)).mkdir()
            for n in (b"1\xff", b"2"):
                file = Path(os.fsdecode(root + b"/" + name + b"/" + n + b".png"))
                file.write_bytes(encoded())
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    source = open_source(tmp_path)
    assert source.classes == ("caf\\xe9", "tea")
    assert source.items[0].name == "caf\\xe9/1\\xff.png"
    dataset = load(source, divide(source, seed=0), width=4, height=4, channels=3, workers=2)
    assert not dataset.skipped
    assert " ".join(dataset.train.names).encode("utf-8")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_unreadable_files_and_folders_are_skipped_by_name(tree):
    folder = tree("a/1.png", "a/2.png", "b/1.png", "b/sub/1.png")
    (folder / "a/2.png").chmod(0)
    (folder / "b/sub").chmod(0)
    try:
        source = open_source(folder)
        dataset = load(source, divide(source, seed=0), width=4, height=4, channels=3)
    finally:
        (folder / "b/sub").chmod(0o755)
    assert {s.file: s.reason for s in dataset.skipped} == {
        "a/2.png": "permission denied",
        "b/sub": "permission denied",
    }


def test_the_folder_is_never_written_to(tree):
    folder = tree(*(f"{c}/{n}.png" for c in "ab" for n in range(8)))

    def state():
        digest = hashlib.sha256()
        for path in sorted(folder.rglob("*")):
            digest.update(f"{path}{path.stat().st_mtime_ns}".encode())
            digest.update(path.read_bytes() if path.is_file() else b"")
        return digest.hexdigest()

    before = state()
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    source = open_source(folder)
    survey(source)
    dataset = load(source, divide(source, seed=0), width=4, height=4, channels=3, workers=2)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert state() == before
    assert len(dataset.train) + len(dataset.validation) + len(dataset.test) == 16


def test_the_fingerprint_changes_with_names_labels_and_sizes(tree):
    folder = tree("a/1.png", "b/1.png")
    first = open_source(folder).fingerprint
    assert open_source(folder).fingerprint == first
    (folder / "a/1.png").rename(folder / "a/2.png")
    renamed = open_source(folder).fingerprint
    (folder / "a/2.png").write_bytes(b"longer" * 100)
    assert len({first, renamed, open_source(folder).fingerprint}) == 3


def test_survey(tree):
    source = open_source(tree("a/1.png", "a/2.png", "b/3.png", size=(30, 20)))
    seen = survey(source)
    assert (seen.width, seen.height, seen.channels, seen.aspect) == (30, 20, 3, 1.5)
    assert seen.uniform
    assert seen.size == np.median([item.size for item in source.items])
