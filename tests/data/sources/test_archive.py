from __future__ import annotations

import contextlib
import io
import os
import tarfile
import zipfile

import numpy as np
import pytest

from convlens.data import divide, load, open_source, survey
from convlens.errors import DataError

PATHS = [f"{c}/{n}.png" for c in ("cat", "dog") for n in range(6)]


def zipped(path, folder, prefix="", method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as packed:
        for file in sorted(folder.rglob("*")):
            packed.write(file, prefix + file.relative_to(folder).as_posix())
    return path


def tarred(path, folder, prefix="", mode="w"):
    with tarfile.open(path, mode) as packed:
        for file in sorted(folder.rglob("*")):
            name = prefix + file.relative_to(folder).as_posix()
            packed.add(file, name, recursive=False)
    return path


def loaded(data, **options):
    source = open_source(data)
    options = {"width": 5, "height": 4, "channels": 3, "cache": False} | options
    return load(source, divide(source, seed=1), **options)


def pack(kind, target, folder, prefix=""):
    if kind.startswith("zip"):
        method = {
            "zip": zipfile.ZIP_DEFLATED,
            "zip-stored": zipfile.ZIP_STORED,
            "zip-bz2": zipfile.ZIP_BZIP2,
            "zip-lzma": zipfile.ZIP_LZMA,
        }[kind]
        return zipped(target / "photos.zip", folder, prefix, method)
    ending = kind.partition(".")[2]
    packing = {"": "w", "gz": "w:gz", "tgz": "w:gz", "xz": "w:xz", "bz2": "w:bz2"}[ending]
    return tarred(target / f"photos.{kind}", folder, prefix, packing)


KINDS = ["zip", "zip-stored", "zip-bz2", "zip-lzma", "tar", "tar.gz", "tar.xz", "tar.bz2"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("prefix", ["", "./", "wrapped/"])
def test_an_archive_gives_what_its_folder_gives(kind, prefix, tree, tmp_path):
    folder = tree(*PATHS)
    archive = pack(kind, tmp_path, folder, prefix)
    source, plain = open_source(archive), open_source(folder)
    assert source.kind == "archive"
    assert source.classes == plain.classes
    assert [i.name for i in source.items] == [i.name for i in plain.items]
    assert [i.size for i in source.items] == [i.size for i in plain.items]
    ours, theirs = loaded(archive), loaded(folder)
    assert ours.train.names == theirs.train.names
    assert np.array_equal(ours.train.pixels, theirs.train.pixels)
    assert np.array_equal(ours.test.pixels, theirs.test.pixels)
    assert survey(source).width == 8


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_several_processes_read_one_archive(kind, tree, tmp_path):
    archive = pack(kind, tmp_path, tree(*PATHS))
    alone, together = loaded(archive, workers=1), loaded(archive, workers=3)
    assert np.array_equal(alone.train.pixels, together.train.pixels)
    assert not together.skipped


def test_parts_inside_an_archive(tree, tmp_path):
    folder = tree("train/a/1.png", "train/b/1.png", "test/a/1.png")
    source = open_source(pack("zip", tmp_path, folder, "data/"))
    assert [item.part for item in source.items] == ["test", "train", "train"]


def test_names_are_labels_only(tmp_path, encoded):
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for name in ("../../a/1.png", "/etc/c/2.png", "a/3.png", "b/4.png", "__MACOSX/a/5.png"):
            packed.writestr(name, encoded())
    source = open_source(path)
    assert {item.name for item in source.items} == {"etc/c/2.png", "a/3.png", "b/4.png"}
    assert sorted(tmp_path.iterdir()) == [path]


def test_backslashes_of_careless_tools(tmp_path, encoded):
    path = tmp_path / "windows.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for name in ("a/1.png", "b/1.png"):
            info = zipfile.ZipInfo(name)
            info.filename = name.replace("/", "\\")
            packed.writestr(info, encoded())
    assert open_source(path).classes == ("a", "b")


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.xz", "tar.bz2"])
def test_half_an_archive_is_called_damaged(kind, tmp_path, tree):
    path = pack(kind, tmp_path, tree(*PATHS))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match="is damaged") as caught:
        open_source(path)
    assert "again" in caught.value.hint
    (tmp_path / "notes.zip").write_text("no archive")
    with pytest.raises(DataError, match="not a zip or tar archive"):
        open_source(tmp_path / "notes.zip")


def test_damaged_members_are_skipped_by_name(tmp_path, tree):
    path = pack("zip", tmp_path, tree(*PATHS))
    with zipfile.ZipFile(path) as packed:
        info = packed.getinfo("cat/3.png")
    content = bytearray(path.read_bytes())
    middle = info.header_offset + 30 + len(info.filename) + info.compress_size // 2
    content[middle : middle + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    dataset = loaded(path)
    assert [s.file for s in dataset.skipped] == ["cat/3.png"]
    assert "damaged" in dataset.skipped[0].reason


def test_a_member_that_unpacks_to_more_than_it_says_is_skipped(tmp_path, tree):
    path = tmp_path / "bomb.zip"
    zipped(path, tree(*PATHS))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("cat/bomb.png", bytes(50_000_000))
    content = path.read_bytes()
    told = (50_000_000).to_bytes(4, "little")
    path.write_bytes(content.replace(told, (1000).to_bytes(4, "little")))
    dataset = loaded(path)
    assert [s.file for s in dataset.skipped] == ["cat/bomb.png"]


def test_members_over_the_limit_are_skipped_unread(tmp_path, tree, monkeypatch):
    monkeypatch.setattr("convlens.data.sources.contents.LARGEST_FILE", 1000)
    folder = tree(*PATHS)
    (folder / "cat/big.png").write_bytes(bytes(2000))
    for kind in ("zip", "tar", "tar.xz"):
        source = open_source(pack(kind, tmp_path, folder))
        assert [s.file for s in source.skipped] == ["cat/big.png"]
        assert "too large" in source.skipped[0].reason


def test_a_compressed_archive_that_unpacks_to_absurdly_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("convlens.data.sources.tars._ALWAYS_ALLOWED", 1 << 20)
    path = tmp_path / "bomb.tar.gz"
    with tarfile.open(path, "w:gz") as packed:
        info = tarfile.TarInfo("a/1.txt")
        info.size = 50 << 20
        packed.addfile(info, io.BytesIO(bytes(info.size)))
    with pytest.raises(DataError, match="times its size"):
        open_source(path)


def test_a_compressed_archive_beyond_memory_is_refused(tmp_path, tree, monkeypatch):
    monkeypatch.setattr("convlens.data.sources.contents.physical_memory", lambda: 4000)
    with pytest.raises(DataError, match="do not fit into memory") as caught:
        open_source(pack("tar.gz", tmp_path, tree(*PATHS)))
    assert ".zip" in caught.value.hint


def test_encrypted_members_are_skipped(tmp_path, tree):
    path = zipped(tmp_path / "locked.zip", tree("a/1.png", "b/1.png", "b/2.png"))
    content = bytearray(path.read_bytes())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 8] |= 1
    path.write_bytes(content)
    source = open_source(path)
    assert [(s.file, s.reason) for s in source.skipped] == [("b/2.png", "encrypted")]


def test_links_in_a_tar(tmp_path, tree):
    folder = tree("a/1.png", "b/1.png")
    os.link(folder / "a/1.png", folder / "b/2.png")
    (folder / "b/3.png").symlink_to(folder / "a/1.png")
    for mode, name in (("w", "x.tar"), ("w:gz", "x.tar.gz")):
        path = tarred(tmp_path / name, folder, mode=mode)
        source = open_source(path)
        assert [i.name for i in source.items] == ["a/1.png", "b/1.png", "b/2.png"]
        assert [s.file for s in source.skipped] == ["b/3.png"]


def test_names_in_a_tar_that_are_not_utf8(tmp_path, encoded):
    path = tmp_path / "odd.tar"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT, errors="surrogateescape") as packed:
        for name in (os.fsdecode(b"caf\xe9/1.png"), "tea/1.png"):
            info = tarfile.TarInfo(name)
            info.size = len(encoded())
            packed.addfile(info, io.BytesIO(encoded()))
    assert open_source(path).classes == ("caf\\xe9", "tea")


@pytest.mark.parametrize("kind", KINDS)
def test_classes_without_any_picture_are_left_out(kind, tmp_path, tree):
    folder = tree(*PATHS)
    (folder / "zzz").mkdir()
    (folder / "zzz/LICENSE").write_text("hello")
    without = open_source(pack(kind, tmp_path, tree(*PATHS, root="other")))
    source = open_source(pack(kind, tmp_path, folder))
    assert source.classes == without.classes
    assert "`zzz` holds no picture" in source.warnings[-1]


@pytest.mark.parametrize("kind", KINDS)
def test_cut_archives_are_refused_or_read_as_far_as_they_go(kind, tmp_path, tree):
    path = pack(kind, tmp_path, tree(*PATHS))
    content = path.read_bytes()
    for share in (0.3, 0.7):
        path.write_bytes(content[: int(len(content) * share)])
        with contextlib.suppress(DataError):
            source = open_source(path)
            assert kind == "tar"  # each of its members is whole by itself
            assert len(source) < len(PATHS)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8bnonsense", b"PK\x03\x04nothing"])
def test_what_is_no_archive(content, tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"file\.bin") as caught:
        open_source(path)
    assert caught.value.hint
