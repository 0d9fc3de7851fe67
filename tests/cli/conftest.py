import io
import json

import numpy as np
import pytest
from PIL import Image

from convlens.cli.main import run

QUICK = "INPUT - CONV 8 - RELU - POOL 2x2 floor - FC"


@pytest.fixture
def convlens(capsys, monkeypatch, tmp_path):
    """Runs a command in ``tmp_path``; gives its exit status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONVLENS_CACHE", str(tmp_path / "cache"))

    def call(*arguments):
        capsys.readouterr()
        status = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


def picture(shade, size=(12, 10), seed=0):
    """A noisy picture of one shade."""
    noise = np.random.default_rng(seed).integers(-30, 30, (size[1], size[0], 3))
    pixels = np.clip(np.array(shade) + noise, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels)


SHADES = {"blue": (30, 30, 200), "green": (30, 200, 30), "red": (200, 30, 30)}


def folder_of_shades(root, count=12, classes=SHADES):
    """``<class>/<n>.png`` of mixed sizes, easily told apart."""
    for label, shade in classes.items():
        (root / label).mkdir(parents=True)
        for number in range(count):
            size = (10 + number % 5, 10 + number % 3)
            picture(shade, size, number).save(root / label / f"{number}.png")
    return root


@pytest.fixture
def shades(tmp_path):
    return folder_of_shades(tmp_path / "shades")


def as_png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def last_json(out):
    return json.loads(out.strip().splitlines()[-1])
