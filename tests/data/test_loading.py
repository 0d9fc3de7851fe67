from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convlens.data import Pictures, divide, load, open_source, start_loading, survey
from convlens.data import canvas as canvas_module
from convlens.data import crew as crew_module
from convlens.data import loading as loading_module
from convlens.data import memory as memory_module
from convlens.data.loading import default_workers
from convlens.errors import DataError, SettingsError

SIZE = {"width": 7, "height": 5, "channels": 3}


@pytest.fixture
def photos(tree):
    """Return a folder of 60 pictures, three of them no pictures at all."""
    folder = tree(*(f"{c}/{n:02}.png" for c in "abc" for n in range(20)))
    (folder / "a/05.png").write_text("text")
    (folder / "b/07.png").write_bytes(b"")
    (folder / "c/19.png").write_bytes((folder / "c/18.png").read_bytes()[:90])
    return folder


def loaded(folder, **options):
    source = open_source(folder)
    return load(source, divide(source, seed=0), **(SIZE | {"cache": False} | options))


def assert_same(one, other):
    assert (one.classes, one.skipped, one.fingerprint) == (
        other.classes,
        other.skipped,
        other.fingerprint,
    )
    for part in ("train", "validation", "test"):
        a, b = getattr(one, part), getattr(other, part)
        assert a.names == b.names
        assert np.array_equal(a.labels, b.labels)
        assert np.array_equal(a.pixels, b.pixels)


def test_several_processes_give_what_one_gives(photos, monkeypatch):
    monkeypatch.setattr(crew_module, "CHUNK_PICTURES", 4)
    alone = loaded(photos, workers=1)
    assert [s.file for s in alone.skipped] == ["a/05.png", "b/07.png", "c/19.png"]
    assert [s.reason for s in alone.skipped[:2]] == ["not a picture (text)", "empty file"]
    assert_same(alone, loaded(photos, workers=3))


def test_without_shared_memory_pixels_are_sent(photos, monkeypatch):
    monkeypatch.setattr(crew_module, "CHUNK_PICTURES", 4)
    monkeypatch.setattr(canvas_module, "_anonymous_file", lambda size: None)
    assert_same(loaded(photos, workers=1), loaded(photos, workers=3))


def test_without_processes_it_decodes_here(photos, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert_same(loaded(photos, workers=1), loaded(photos, workers=3))


def test_one_processor_decodes_here(photos, monkeypatch):
    expected = loaded(photos, workers=3)
    monkeypatch.setattr(loading_module, "_FEW", 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    monkeypatch.setattr(loading_module, "Crew", None)
    assert default_workers() == 1
    assert_same(loaded(photos, workers=None), expected)


def test_pixels_are_those_of_plain_pillow(photos):
    dataset = loaded(photos, width=8, height=6)
    for part in (dataset.train, dataset.validation, dataset.test):
        for pixels, label, name in zip(part.pixels, part.labels, part.names, strict=True):
            assert np.array_equal(pixels, np.asarray(Image.open(photos / name)))
            assert dataset.classes[label] == name[0]
    assert dataset.train.pixels.flags.c_contiguous
    assert dataset.train.pixels.flags.writeable


def test_progress_comes_to_the_caller(photos):
    for workers in (1, 2):
        told: list[tuple[int, int]] = []
        loaded(
            photos,
            workers=workers,
            progress=lambda done, total, told=told: told.append((done, total)),
        )
        assert told[-1] == (60, 60)
        assert told == sorted(told)


def test_loading_goes_on_in_the_background(photos):
    source = open_source(photos)
    with start_loading(source, **SIZE, workers=2, cache=False) as loading:
        first = loading.result()
        assert loading.result() is first
    assert_same(first.dataset(divide(source, seed=0)), loaded(photos))


def workers_alive() -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = (entry / "stat").read_text().rpartition(")")[2].split()
                if (
                    int(status[1]) == os.getpid()
                    and b"convlens.data.worker" in (entry / "cmdline").read_bytes()
                ):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")


@linux
def test_no_process_outlives_its_loading(photos, monkeypatch):
    source = open_source(photos)
    start_loading(source, **SIZE, workers=2, cache=False).close()
    assert workers_alive() == []
    start_loading(source, **SIZE, workers=2, cache=False)  # and never asked for
    gc.collect()
    assert workers_alive() == []
    loaded(photos, workers=2)
    assert workers_alive() == []


@linux
def test_an_interruption_ends_the_processes(photos):
    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loaded(photos, workers=2, progress=interrupt)
    assert workers_alive() == []


SLOW = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may ignore it
from convlens.data import divide, open_source, start_loading
source = open_source(sys.argv[1])
options = dict(width=7, height=5, channels=3, workers=2, cache=False)
loading = start_loading(source, **options)
while not loading._crew._helpers: time.sleep(0.01)
print(*[h._process.pid for h in loading._crew._helpers], flush=True)
{then}
"""


def ended(pid: int) -> bool:
    for _ in range(100):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


@linux
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_processes_end_with_their_parent(photos, sent):
    code = SLOW.format(then="time.sleep(60)")
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(photos)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert pids
    parent.send_signal(sent)
    _, errors = parent.communicate(timeout=20)
    assert errors.count(b"Traceback") <= (sent == signal.SIGINT)
    assert all(map(ended, pids))


@linux
def test_a_process_that_dies_is_replaced(photos, monkeypatch):
    monkeypatch.setattr(crew_module, "CHUNK_PICTURES", 4)
    killed: list[int] = []
    receive = crew_module.Helper.receive

    def receive_and_kill(self, chunk):
        if len(killed) < 2:
            killed.append(self._process.pid)
            self._process.kill()
            self._process.wait()
            raise crew_module.Lost
        return receive(self, chunk)

    monkeypatch.setattr(crew_module.Helper, "receive", receive_and_kill)
    dataset = loaded(photos, workers=2)
    assert len(killed) == 2
    monkeypatch.undo()
    assert_same(dataset, loaded(photos, workers=1))


def test_a_picture_that_ends_its_process_is_skipped_by_name(photos, monkeypatch):
    receive = crew_module.Helper.receive

    def receive_or_die(self, chunk):
        if any(str(place).endswith("b/03.png") for place in chunk):
            self._process.kill()
            raise crew_module.Lost
        return receive(self, chunk)

    monkeypatch.setattr(crew_module, "CHUNK_PICTURES", 8)
    monkeypatch.setattr(crew_module.Helper, "receive", receive_or_die)
    dataset = loaded(photos, workers=2)
    assert ("b/03.png", "ends the process that decodes it") in [
        (s.file, s.reason) for s in dataset.skipped
    ]
    assert len(dataset.skipped) == 4


def test_processes_that_keep_dying_are_given_up(photos, monkeypatch):
    def die(self, chunk):
        raise crew_module.Lost

    monkeypatch.setattr(crew_module.Helper, "receive", die)
    monkeypatch.setattr(crew_module, "_MOST_LOSSES", 2)
    with pytest.raises(DataError, match="could not be decoded"):
        loaded(photos, workers=2)


def test_nothing_left_to_train_on(tree):
    folder = tree("a/1.png", "a/2.png", "b/1.png", "b/2.png")
    for file in folder.rglob("*.png"):
        file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(DataError, match=r"no training picture in photos can be decoded: a/1\.png"):
        loaded(folder)


def test_a_class_that_decoding_emptied_is_told(tree):
    folder = tree("a/1.png", "b/1.png", "b/2.png", "b/3.png")
    (folder / "a/1.png").write_bytes((folder / "a/1.png").read_bytes()[:40])
    assert "no training picture is left of: a" in loaded(folder).warnings


def test_more_than_memory_holds_is_refused(photos, monkeypatch):
    monkeypatch.setattr(memory_module, "physical_memory", lambda: 1000)
    monkeypatch.setattr(canvas_module, "_LEFT_FREE", 1 << 60)
    with pytest.raises(DataError, match="more than memory holds and than is free in"):
        loaded(photos)


def test_impossible_sizes_are_refused(photos):
    with pytest.raises(SettingsError):
        loaded(photos, width=0)


def test_taking_pictures():
    pixels = np.arange(24, dtype=np.uint8).reshape(4, 2, 3, 1)
    pictures = Pictures(pixels, np.array([0, 1, 0, 1]), ("a", "b", "c", "d"))
    taken = pictures.take([3, 0])
    assert taken.names == ("d", "a")
    assert taken.labels.tolist() == [1, 0]
    assert np.array_equal(taken.pixels, pixels[[3, 0]])
    with pytest.raises(ValueError, match="labels"):
        Pictures(pixels, np.array([0]), ("a", "b", "c", "d"))


def test_statistics_of_the_training_pictures(photos):
    dataset = loaded(photos)
    told = dataset.preprocessing()
    values = dataset.train.pixels.reshape(-1, 3) / 255
    assert np.allclose(told.mean, values.mean(axis=0))
    assert np.allclose(told.std, values.std(axis=0))
    assert told.geometry == dataset.geometry


def test_a_survey_tells_grey_pictures_saved_in_colour(tmp_path):
    for name in ("a/1.jpg", "b/2.jpg"):
        (tmp_path / name).parent.mkdir()
        levels = np.random.default_rng(0).integers(0, 256, (20, 30), dtype=np.uint8)
        Image.fromarray(levels).convert("RGB").save(tmp_path / name)
    assert survey(open_source(tmp_path)).channels == 1
    (tmp_path / "b/3.jpg").write_text("text")
    Image.new("RGB", (300, 200), "red").save(tmp_path / "b/4.jpg")
    seen = survey(open_source(tmp_path))
    assert (seen.channels, seen.largest, seen.uniform) == (3, (300, 200), False)
    assert [s.file for s in seen.skipped] == ["b/3.jpg"]


def test_a_survey_sees_pictures_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in "ab":
        (tmp_path / name).mkdir()
        Image.new("RGB", (30, 20)).save(tmp_path / name / "1.jpg", exif=exif)
    seen = survey(open_source(tmp_path))
    assert (seen.width, seen.height) == (20, 30)


def test_no_torch_is_loaded(photos):
    code = (
        "import sys; from convlens.data import *; s = open_source(sys.argv[1]); survey(s);"
        "load(s, divide(s, seed=0), width=8, height=8, channels=1, workers=2);"
        "print([m for m in ('torch', 'sklearn', 'scipy') if m in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(photos)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.data
@pytest.mark.parametrize(("name", "size"), [("cifar10", (32, 32, 3)), ("mnist", (28, 28, 1))])
def test_real_pictures_equal_plain_pillow(real_pictures, name, size):
    source = open_source(real_pictures / name)
    division = divide(source, seed=0)
    assert [len(p) for p in (division.validation, division.test)] == [5_000, 10_000]
    part = {"width": size[0], "height": size[1], "channels": size[2]}
    some = replace(
        division,
        train=division.train[::50],
        validation=division.validation[::50],
        test=division.test[::25],
    )
    dataset = load(source, some, **part, cache=False)
    assert not dataset.skipped
    assert len(dataset.test) == 400
    for index in range(0, len(dataset.test), 10):
        plain = np.asarray(Image.open(real_pictures / name / dataset.test.names[index]))
        assert np.array_equal(dataset.test.pixels[index], plain.reshape(size[1], size[0], size[2]))


@pytest.mark.data
def test_real_photographs_are_close_to_plain_pillow(real_pictures):
    source = open_source(real_pictures / "trashnet")
    dataset = load(source, divide(source, seed=0), width=96, height=72, channels=3, cache=False)
    assert not dataset.skipped
    for index in range(0, len(dataset.test), 40):
        image = Image.open(real_pictures / "trashnet" / dataset.test.names[index])
        plain = np.asarray(image.resize((96, 72), Image.Resampling.BILINEAR)).astype(float)
        assert np.abs(dataset.test.pixels[index] - plain).mean() < 4
