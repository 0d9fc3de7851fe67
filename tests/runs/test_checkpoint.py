import random
import time

import numpy as np
import pytest

from convlens.errors import OutputError, RunError
from convlens.files import SCRATCH
from convlens.runs.checkpoint import Checkpoint, DamagedError, from_bytes, to_bytes
from convlens.runs.shelf import Shelf


def checkpoint(step=7, seed=0):
    values = np.random.default_rng(seed).normal(size=(40, 3, 5, 5)).astype(np.float32)
    tensors = {"weights.a": values, "steps": np.array(3, np.int64), "none": np.zeros((0, 2))}
    return Checkpoint(step, tensors, {"tally": {"loss": 0.1}, "text": "☃ \udcff"})


def test_what_is_written_is_read():
    found = from_bytes(to_bytes(checkpoint()))
    assert found.step == 7
    assert found.document == checkpoint().document
    for name, value in checkpoint().tensors.items():
        assert found.tensors[name].shape == value.shape
        assert found.tensors[name].dtype == value.dtype
        assert np.array_equal(found.tensors[name], value)


def test_every_prefix_is_refused_in_no_time():
    whole = bytes(to_bytes(checkpoint()))
    lengths = {*range(0, 700), *range(700, len(whole), 37), len(whole) - 1}
    slowest = 0.0
    for length in lengths:
        begun = time.monotonic()
        with pytest.raises(DamagedError):
            from_bytes(bytearray(whole[:length]))
        slowest = max(slowest, time.monotonic() - begun)
    print(
        f"{len(lengths):,} prefixes of {len(whole):,} bytes refused, the slowest in {slowest:.4f} s"
    )
    assert slowest < 1


def test_a_thousand_corruptions_are_refused_in_no_time():
    whole, chance = bytes(to_bytes(checkpoint())), random.Random(1)
    slowest = 0.0
    for number in range(1000):
        damaged = bytearray(whole)
        match number % 4:
            case 0:  # one bit
                damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
            case 1:  # in the header
                damaged[chance.randrange(600)] ^= chance.randrange(1, 256)
            case 2:  # a stretch of zeros, as a disk leaves
                begin = chance.randrange(len(whole) - 512)
                damaged[begin : begin + 512] = bytes(512)
            case _:  # bytes too many
                damaged += bytes(chance.randrange(1, 99))
        if damaged == whole:
            continue
        begun = time.monotonic()
        with pytest.raises(DamagedError):
            from_bytes(damaged)
        slowest = max(slowest, time.monotonic() - begun)
    print(f"1,000 corruptions refused, the slowest in {slowest:.4f} s")
    assert slowest < 1


def test_a_newer_format_is_refused(monkeypatch):
    monkeypatch.setattr("convlens.runs.checkpoint.FORMAT", 2)
    newer = to_bytes(checkpoint())
    monkeypatch.undo()
    with pytest.raises(RunError, match="format 2; this ConvLens reads up to 1"):
        from_bytes(newer)


def test_the_last_two_are_kept_and_the_one_before_stands_in(tmp_path):
    shelf = Shelf(tmp_path)
    for step in (5, 50, 1000, 1000, 20000):
        shelf.save(checkpoint(step, seed=step))
    paths = sorted(tmp_path.iterdir())
    assert [path.name for path in paths] == [
        "step-0000001000.safetensors",
        "step-0000020000.safetensors",
    ]
    content = bytearray(paths[1].read_bytes())
    content[-100] ^= 1
    paths[1].write_bytes(content)
    (tmp_path / f"{SCRATCH}x1").write_bytes(b"half")
    found, refused = shelf.latest()
    assert found.step == 1000
    assert refused == [f"{paths[1]} is refused: its checksum does not agree"]
    assert list(tmp_path.iterdir()) == [paths[0]]


def test_nothing_good_is_nothing(tmp_path):
    assert Shelf(tmp_path / "none").latest() == (None, [])
    (tmp_path / "step-0000000001.safetensors").mkdir()
    found, refused = Shelf(tmp_path).latest()
    assert found is None
    assert "cannot be read: is a directory" in refused[0]


def test_a_save_that_fails_leaves_the_last(tmp_path, monkeypatch):
    shelf = Shelf(tmp_path)
    shelf.save(checkpoint(1))

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="no space left"):
        shelf.save(checkpoint(2))
    assert shelf.latest()[0].step == 1
    assert len(list(tmp_path.iterdir())) == 1
