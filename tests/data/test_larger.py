"""Pictures that are too many for memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from convlens.data import canvas as canvas_module
from convlens.data import divide, load, open_source
from convlens.data import loading as loading_module
from convlens.data import memory as memory_module
from convlens.errors import DataError

SIZE = {"width": 7, "height": 5, "channels": 3}


@pytest.fixture
def photos(tree):
    folder = tree(*(f"{c}/{n:02}.png" for c in "ab" for n in range(20)))
    (folder / "a/05.png").write_text("text")
    return folder


@pytest.fixture
def little_memory(monkeypatch):
    monkeypatch.setattr(memory_module, "physical_memory", lambda: 1000)


def loaded(folder, **options):
    source = open_source(folder)
    return load(source, divide(source, seed=0), **(SIZE | {"cache": False} | options))


def same(one, other):
    return one.skipped == other.skipped and all(
        getattr(one, part).names == getattr(other, part).names
        and np.array_equal(getattr(one, part).pixels, getattr(other, part).pixels)
        for part in ("train", "validation", "test")
    )


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_holds_what_memory_would(photos, monkeypatch, workers, tmp_path):
    plain = loaded(photos)
    monkeypatch.setattr(memory_module, "physical_memory", lambda: 1000)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "large"))
    assert same(plain, loaded(photos, workers=workers))
    assert list((tmp_path / "large").iterdir()) == []


def test_it_lies_in_the_folder_of_the_cache(photos, little_memory, monkeypatch, tmp_path):
    made = []
    plain = canvas_module._file_on_disk
    monkeypatch.setattr(
        canvas_module, "_file_on_disk", lambda *given: made.append(given[1]) or plain(*given)
    )
    loaded(photos, cache=tmp_path / "cache")
    assert made == [tmp_path / "cache"]


def test_what_the_cache_has_is_mapped_not_read(photos, monkeypatch, tmp_path):
    monkeypatch.setattr(loading_module, "_FEW", 1)
    cache = tmp_path / "cache"
    plain = loaded(photos, cache=cache)
    (entry,) = cache.iterdir()
    before = entry.read_bytes()
    monkeypatch.setattr(memory_module, "physical_memory", lambda: 1000)
    again = loaded(photos, cache=cache)
    assert same(plain, again)
    assert isinstance(again.train.store, np.memmap)
    assert entry.read_bytes() == before


def test_a_part_of_what_is_mapped_comes_out_alike(photos, monkeypatch, tmp_path):
    monkeypatch.setattr(loading_module, "_FEW", 1)
    plain = loaded(photos, cache=tmp_path / "cache")
    monkeypatch.setattr(memory_module, "physical_memory", lambda: 1000)
    source = open_source(photos)
    chosen = np.array([3, 5, 30])
    part = loading_module.start_loading(source, **SIZE, only=chosen, cache=tmp_path / "cache")
    found = part.result().pictures(chosen)
    assert found.names == ("a/03.png", "b/10.png")
    every = {n: p for part in (plain.train, plain.validation, plain.test)
             for n, p in zip(part.names, part.pixels, strict=True)}  # fmt: skip
    assert all(np.array_equal(every[n], p) for n, p in zip(found.names, found.pixels, strict=True))


def test_a_disk_without_room_is_told_in_one_line(photos, little_memory, monkeypatch):
    monkeypatch.setattr(canvas_module, "_LEFT_FREE", 1 << 60)
    with pytest.raises(DataError, match="more than memory holds and than is free in") as caught:
        loaded(photos)
    assert "\n" not in caught.value.message
    assert "--size" in str(caught.value.hint)


def test_a_folder_that_takes_no_files_is_told_in_one_line(photos, little_memory, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="cannot hold them: "):
        loaded(photos, cache=tmp_path / "file")


MEASURED = """
import sys
from pathlib import Path
import numpy as np
from convlens.data import canvas, divide, memory, open_source, start_loading

def held():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(("RssAnon", "RssShmem")):
            yield int(line.split()[1]) * 1024

source = open_source(sys.argv[1])
memory.physical_memory = lambda: int(sys.argv[2])
before = sum(held())
options = dict(width=160, height=160, channels=3, cache=False, workers=1)
decoded = start_loading(source, **options).result()
dataset = decoded.dataset(divide(source, seed=0))
total = sum(int(block.pixels.sum()) for block in dataset.train.blocks(1 << 20))
print(sum(held()) - before, decoded.pixels.nbytes, total)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_memory_stays_free(tree):
    folder = tree(*(f"{c}/{n:03}.png" for c in "ab" for n in range(400)))

    def measured(limit):
        command = [sys.executable, "-c", MEASURED, str(folder), str(limit)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return [int(word) for word in done.stdout.split()]

    held, size, total = measured(1 << 40)
    assert held > size == 800 * 160 * 160 * 3
    in_file, _, same_total = measured(1 << 20)
    assert in_file < size / 4
    assert same_total == total


def test_a_container_s_limit_counts(monkeypatch, tmp_path):
    machine = memory_module.physical_memory()
    for content, expected in (("max\n", machine), ("1048576\n", 1 << 20), ("", machine)):
        (tmp_path / "memory.max").write_text(content)
        monkeypatch.setattr(memory_module, "_GROUP_LIMIT", tmp_path / "memory.max")
        assert memory_module.physical_memory() == expected
    monkeypatch.setattr(memory_module, "_GROUP_LIMIT", Path("/nowhere"))
    assert memory_module.physical_memory() == machine
