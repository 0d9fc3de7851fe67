"""A folder with one of every fault, and what was done to it."""

import numpy as np
import pytest
from PIL import Image

from tests.report.conftest import browser, opened  # noqa: F401 - fixtures

CLASSES = ("cat", "dog", "owl")


def scene(seed, size=(48, 40)):
    """A picture with soft shapes and even brightness."""
    coarse = np.random.default_rng(seed).integers(30, 226, (8, 8, 3), np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def make_faulty(root):
    """``train`` and ``test`` of three classes, 22 and 4 pictures each, with planted faults."""
    seed = 0
    for part, count in (("train", 22), ("test", 4)):
        for label in CLASSES:
            (root / part / label).mkdir(parents=True)
            for number in range(count):
                seed += 1
                scene(seed).save(root / part / label / f"{number:02}.png")
    train = root / "train"
    first = Image.open(train / "cat" / "00.png")
    first.resize((72, 60), Image.Resampling.BICUBIC).save(root / "test" / "cat" / "resized.png")
    second = Image.open(train / "cat" / "01.png")
    second.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(train / "dog" / "mirrored.png")
    (train / "owl" / "same.png").write_bytes((train / "owl" / "02.png").read_bytes())
    Image.new("RGB", (48, 40), (90, 90, 90)).save(train / "dog" / "blank.png")
    scene(900, (6, 6)).save(train / "dog" / "tiny.png")
    scene(901, (160, 20)).save(train / "owl" / "wide.png")
    (train / "owl" / "broken.png").write_bytes((train / "owl" / "03.png").read_bytes()[:200])
    (train / "owl" / "<b>note.png").write_text("not a picture")
    return root


@pytest.fixture(scope="session")
def faulty(tmp_path_factory):
    return make_faulty(tmp_path_factory.mktemp("faulty") / "animals")
