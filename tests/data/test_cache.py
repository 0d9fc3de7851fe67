from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import PIL
import pytest

from convlens.data import Tones, divide, load, open_source, start_loading
from convlens.data import cache as cache_module
from convlens.data import likeness as likeness_module
from convlens.data import loading as loading_module

SIZE = {"width": 7, "height": 5, "channels": 3}


@pytest.fixture(autouse=True)
def _every_load_counts(monkeypatch):
    monkeypatch.setattr(loading_module, "_FEW", 1)


@pytest.fixture
def photos(tree):
    folder = tree(*(f"{c}/{n:02}.png" for c in "ab" for n in range(20)))
    (folder / "a/05.png").write_text("text")
    return folder


@pytest.fixture
def decoded(monkeypatch):
    """Return the list of rows decoded in this process."""
    rows: list[int] = []
    plain = loading_module.decode_chunk

    def counted(reader, places, out, start, geometry):
        rows.append(start)
        return plain(reader, places, out, start, geometry)

    monkeypatch.setattr(loading_module, "decode_chunk", counted)
    return rows


def loaded(folder, seed=0, **options):
    source = open_source(folder)
    return load(source, divide(source, seed=seed), **(SIZE | {"workers": 1} | options))


def entries(folder) -> list[Path]:
    return sorted(Path(folder).glob("*"))


def by_name(dataset) -> dict[str, bytes]:
    parts = (dataset.train, dataset.validation, dataset.test)
    return {n: p.tobytes() for part in parts for n, p in zip(part.names, part.pixels, strict=True)}


def test_the_second_load_decodes_nothing_but_what_failed(photos, tmp_path, decoded):
    first = loaded(photos, cache=tmp_path / "cache")
    assert len(decoded) == 40
    decoded.clear()
    second = loaded(photos, cache=tmp_path / "cache")
    assert len(decoded) == 1
    assert second.skipped == first.skipped
    assert second.train.names == first.train.names
    assert np.array_equal(second.train.pixels, first.train.pixels)
    assert np.array_equal(second.test.pixels, first.test.pixels)


def test_another_split_uses_the_same_entry(photos, tmp_path, decoded):
    first = loaded(photos, cache=tmp_path / "cache")
    decoded.clear()
    second = loaded(photos, seed=1, cache=tmp_path / "cache")
    assert len(decoded) == 1
    assert first.train.names != second.train.names
    assert by_name(first) == by_name(second)


def test_a_changed_file_or_geometry_is_decoded_again(photos, tmp_path, decoded, encoded):
    loaded(photos, cache=tmp_path / "cache")
    for change in (
        lambda: loaded(photos, cache=tmp_path / "cache", fit="pad"),
        lambda: loaded(photos, cache=tmp_path / "cache", channels=1),
        lambda: loaded(photos, cache=tmp_path / "cache", tones=Tones((0, 4095))),
        lambda: loaded(photos, cache=tmp_path / "cache", tones=Tones(None, "black")),
    ):
        decoded.clear()
        change()
        assert len(decoded) == 40
    same_size = (photos / "a/01.png").read_bytes()[::-1]
    (photos / "a/01.png").write_bytes(same_size)
    decoded.clear()
    assert "a/01.png" in {s.file for s in loaded(photos, cache=tmp_path / "cache").skipped}
    assert len(decoded) == 40


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: data[:300] + bytes([data[300] ^ 1]) + data[301:],
        lambda data: b"\0" * len(data),
        lambda data: data + b"x",
        lambda data: data[:-16] + b"\xff" * 8 + data[-8:],
    ],
)
def test_a_damaged_entry_is_ignored_and_replaced(photos, tmp_path, decoded, damage):
    first = loaded(photos, cache=tmp_path / "cache")
    (entry,) = entries(tmp_path / "cache")
    good = entry.read_bytes()
    entry.write_bytes(damage(good))
    decoded.clear()
    assert by_name(loaded(photos, cache=tmp_path / "cache")) == by_name(first)
    assert len(decoded) == 40
    assert entry.read_bytes() == good


@pytest.mark.parametrize(
    ("where", "name", "value"), [(cache_module, "_VERSION", -1), (PIL, "__version__", "0")]
)
def test_what_another_version_kept_is_decoded_anew(
    photos, tmp_path, decoded, monkeypatch, where, name, value
):
    with monkeypatch.context() as before:
        before.setattr(where, name, value)
        first = loaded(photos, cache=tmp_path / "cache")
    decoded.clear()
    assert by_name(loaded(photos, cache=tmp_path / "cache")) == by_name(first)
    assert len(decoded) == 40
    decoded.clear()
    loaded(photos, cache=tmp_path / "cache")  # of this version now
    assert len(decoded) == 1


def test_numpy_reads_an_entry(photos, tmp_path):
    loaded(photos, cache=tmp_path / "cache")
    (entry,) = entries(tmp_path / "cache")
    assert np.load(entry, mmap_mode="r").shape == (40, 5, 7, 3)


@pytest.fixture
def compared(monkeypatch):
    """Return the list of how many pictures were compared, each time that any were."""
    counts: list[int] = []
    plain = likeness_module.likeness

    def counted(pixels):
        counts.append(len(pixels))
        return plain(pixels)

    monkeypatch.setattr(likeness_module, "likeness", counted)
    return counts


def alike(folder, cache, **options):
    options = SIZE | {"workers": 1, "cache": cache} | options
    return start_loading(open_source(folder), **options).result().groups()


def test_near_duplicates_are_looked_for_once(photos, tmp_path, compared):
    for name in ("a/03.png", "b/11.png"):
        (photos / name).write_bytes((photos / "b/12.png").read_bytes())
    first = alike(photos, tmp_path / "cache")
    second = alike(photos, tmp_path / "cache")
    assert compared == [40]
    assert first.alike == second.alike == 3
    assert np.array_equal(first.numbers, second.numbers)
    assert alike(photos, False).numbers.tolist() == first.numbers.tolist()
    assert alike(photos, tmp_path / "cache", width=8).alike == 3
    assert compared == [40, 40, 40]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:],
        lambda data: data + b"x",
    ],
)
def test_damaged_near_duplicates_are_looked_for_again(photos, tmp_path, compared, damage):
    loaded(photos, cache=tmp_path / "cache")
    (pixels,) = entries(tmp_path / "cache")
    first = alike(photos, tmp_path / "cache")
    (entry,) = set(entries(tmp_path / "cache")) - {pixels}
    good = entry.read_bytes()
    entry.write_bytes(damage(good))
    assert np.array_equal(alike(photos, tmp_path / "cache").numbers, first.numbers)
    assert compared == [40, 40]
    assert entry.read_bytes() == good


def test_near_duplicates_count_for_the_pictures_they_were_found_among(
    photos, tmp_path, compared, monkeypatch
):
    with monkeypatch.context() as before:
        before.setattr(loading_module, "decode_chunk", lambda *_: [(7, "no room")])
        alike(photos, tmp_path / "cache")  # as where memory was short for a moment
    alike(photos, tmp_path / "cache")
    assert compared == [40, 40]


def test_off_means_off(photos, tmp_path, monkeypatch):
    monkeypatch.setenv("CONVLENS_CACHE", str(tmp_path / "cache"))
    loaded(photos, cache=False)
    assert not (tmp_path / "cache").exists()
    loaded(photos)
    assert len(entries(tmp_path / "cache")) == 1


def test_a_folder_that_cannot_be_written_is_left_alone(photos, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    loaded(photos, cache=tmp_path / "file" / "cache")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache_module, "_write", full)
    loaded(photos, cache=tmp_path / "cache")
    assert entries(tmp_path / "cache") == []


def test_the_longest_unused_entries_make_room(photos, tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    loaded(photos, cache=folder)
    (oldest,) = entries(folder)
    os.utime(oldest, (1, 1))
    loaded(photos, cache=folder, width=8)
    monkeypatch.setattr(
        cache_module, "MOST_BYTES", sum(e.stat().st_size for e in entries(folder)) + 1500
    )
    loaded(photos, cache=folder, width=9)
    assert oldest not in entries(folder)
    assert len(entries(folder)) == 2
    monkeypatch.setattr(cache_module, "MOST_BYTES", 10)
    before = entries(folder)
    loaded(photos, cache=folder, width=10)
    assert entries(folder) == before


def test_abandoned_partial_files_are_removed(photos, tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / "old.partial").write_bytes(b"x")
    (folder / "ahead.partial").write_bytes(b"x")
    (folder / "new.partial").write_bytes(b"x")
    os.utime(folder / "old.partial", (1, 1))
    os.utime(folder / "ahead.partial", (4e9, 4e9))  # of a clock that went wrong meanwhile
    loaded(photos, cache=folder)
    assert [e.name for e in entries(folder) if e.suffix == ".partial"] == ["new.partial"]


@pytest.mark.usefixtures("homeless")
@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_without_a_home_there_is_no_cache(photos, monkeypatch, platform):
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(sys, "platform", platform)
        assert cache_module.cache_folder() is None
    assert len(loaded(photos).skipped) == 1


def test_the_platforms_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("CONVLENS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache_module.cache_folder() == tmp_path / "convlens"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_module.cache_folder() == Path.home() / "Library/Caches/convlens"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert cache_module.cache_folder() == tmp_path / "convlens"
