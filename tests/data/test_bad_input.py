"""What people's folders hold: each has its one line, and the rest goes on."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from convlens.data import divide, load, open_source
from convlens.data.sources import folder as folder_module
from convlens.errors import DataError


def loaded(folder: Path):
    source = open_source(folder)
    return load(source, divide(source, seed=0, test=0), width=4, height=4, channels=3)


def skipped(folder: Path) -> dict[str, str]:
    return {one.file: one.reason for one in loaded(folder).skipped}


def test_one_class(tree):
    with pytest.raises(DataError) as caught:
        loaded(tree("a/1.png", "a/2.png"))
    assert caught.value.message == "there is only one class, `a`, in photos"


def test_an_empty_class(tree):
    folder = tree("a/1.png", "b/1.png")
    (folder / "c").mkdir()
    assert open_source(folder).warnings == ("the class folder `c` holds no pictures: left out",)


def test_one_picture_in_a_class(tree):
    source = open_source(tree("a/1.png", "a/2.png", "b/1.png"))
    assert "the class `b` holds one picture only" in divide(source, seed=0).warnings


def test_truncated_and_corrupt_pictures_are_left_out_by_name(tree, encoded):
    folder = tree(*(f"{c}/{n}.png" for c in "ab" for n in range(4)))
    photo = encoded(3, (300, 200), "JPEG")
    (folder / "a/half.jpg").write_bytes(photo[: len(photo) // 2])
    (folder / "a/torn.png").write_bytes(encoded(1, (60, 60))[:-400] + bytes(400))
    (folder / "b/none.png").write_bytes(b"")
    (folder / "b/page.jpg").write_text("<!DOCTYPE html><html>")
    told = skipped(folder)
    assert told.pop("a/torn.png").startswith(("damaged", "truncated"))
    assert told == {
        "a/half.jpg": "truncated",
        "b/none.png": "empty file",
        "b/page.jpg": "not a picture (HTML)",
    }


def test_unreadable_files_and_folders(tree, monkeypatch):
    folder = tree(*(f"{c}/{n}.png" for c in "ab" for n in range(4)), "b/locked/9.png")
    stat, scandir = os.stat, os.scandir

    def refusing(path: str, *rest, **more):
        if str(path).endswith("a/0.png"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return stat(path, *rest, **more)

    def closed(path: str):
        if str(path).endswith("locked"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(folder_module.os, "scandir", closed)
    source = open_source(folder)
    monkeypatch.setattr(os, "stat", refusing)
    division = divide(source, seed=0, test=0)
    dataset = load(source, division, width=4, height=4, channels=3, workers=1)
    assert {one.file: one.reason for one in dataset.skipped} == {
        "a/0.png": "permission denied",
        "b/locked": "permission denied",
    }


def test_names_in_any_script_deep_trees_and_endings_in_any_case(tree):
    deep = "/".join("d" * 9 for _ in range(40))
    source = open_source(tree("кошка/1.PNG", f"犬/{deep}/2.Png", "مرحبا/3.png", "e\u0301/4.png"))
    assert source.classes == ("é", "кошка", "مرحبا", "犬")
    assert not source.skipped


def test_a_class_missing_from_the_test_part(tree):
    paths = [f"train/{c}/{n}.png" for c in "abc" for n in range(3)]
    source = open_source(tree(*paths, "test/a/9.png", "test/c/9.png"))
    dataset = load(source, divide(source, seed=0), width=4, height=4, channels=3)
    assert dataset.classes == ("a", "b", "c")
    assert dataset.test is not None
    assert dict(zip(dataset.test.names, dataset.test.labels.tolist(), strict=True)) == {
        "test/a/9.png": 0,
        "test/c/9.png": 2,
    }
