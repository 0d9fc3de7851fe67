import time
from itertools import chain

import numpy as np
import pytest
from PIL import Image

from convlens.data import crew as crew_module
from convlens.data import decode
from convlens.data import stream as streaming
from convlens.data.preprocessing import Geometry
from convlens.data.stream import decoded

GEOMETRY = Geometry(6, 5, 3, "stretch")


@pytest.fixture
def files(tmp_path):
    random = np.random.default_rng(0)
    paths = []
    for number in range(30):
        path = tmp_path / f"{number}.png"
        Image.fromarray(random.integers(0, 256, (7, 9, 3)).astype(np.uint8)).save(path)
        paths.append(path)
    paths[4].write_text("no picture")
    paths[29].unlink()
    return paths


@pytest.fixture
def begun(monkeypatch):
    """The blocks that are on their way, in order."""
    found = []

    class Told(streaming._Ahead):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            found.append(self)

    monkeypatch.setattr(streaming, "_Ahead", Told)
    return found


@pytest.mark.parametrize("workers", [1, 2])
def test_every_picture_comes_once_in_order_as_decode_gives_it(files, monkeypatch, workers):
    monkeypatch.setattr(streaming, "FEW", 10)
    monkeypatch.setattr(streaming, "SMALLEST", 3)
    monkeypatch.setattr(streaming, "LARGEST", 8)
    blocks = list(decoded(files, GEOMETRY, workers=workers))
    assert [len(block.paths) for block in blocks] == [3, 8, 8, 8, 3]
    assert list(chain.from_iterable(block.paths for block in blocks)) == files
    faults = []
    for block in blocks:
        for row, path in enumerate(block.paths):
            if row in block.faults:
                faults.append(block.faults[row])
                continue
            expected = decode(path, width=6, height=5, channels=3)
            assert (block.pixels[row] == expected).all()
    assert [fault.split(" cannot be read: ")[0] for fault in faults] == [
        str(files[4]),
        str(files[29]),
    ]


def test_the_next_block_of_a_few_large_files_is_decoded_meanwhile(files, begun, monkeypatch):
    monkeypatch.setattr(streaming, "LIGHT", sum(path.stat().st_size for path in files[:29]))
    monkeypatch.setattr(streaming, "SMALLEST", 16)
    monkeypatch.setattr(streaming, "LARGEST", 16)
    monkeypatch.setattr(crew_module, "CHUNK_BYTES", 1)
    blocks = decoded(files, GEOMETRY, workers=2)
    first = next(blocks)
    _, second = begun
    deadline = time.monotonic() + 60
    while second.crew.running and time.monotonic() < deadline:
        time.sleep(0.01)  # for what is done with the first
    assert second.crew.done == len(files) - len(first.paths)
    assert [len(one.crew._threads) for one in begun] == [2, 2]  # a chunk for each
    assert len(next(blocks).faults) == 1


def test_light_files_start_no_process(files, monkeypatch):
    monkeypatch.setattr(streaming, "Crew", None)
    assert sum(len(block.paths) for block in decoded(files, GEOMETRY, workers=2)) == 30


def test_no_pictures_are_no_blocks():
    assert list(decoded([], GEOMETRY)) == []


def test_processes_end_with_the_iterator(files, begun, monkeypatch):
    monkeypatch.setattr(streaming, "FEW", 10)
    monkeypatch.setattr(streaming, "SMALLEST", 3)
    monkeypatch.setattr(streaming, "LARGEST", 8)
    blocks = decoded(files, GEOMETRY, workers=2)
    next(blocks)
    blocks.close()
    assert len(begun) == 2
    assert not any(one.crew.running for one in begun)
