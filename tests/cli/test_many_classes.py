"""What commands say of more classes than anybody reads."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

from convlens import classifier
from convlens.cli.tables import MOST_FIGURES, WORST
from convlens.evaluation.metrics import MOST_TABLED
from convlens.modelfile import write_model
from tests.test_modelfile import model

COUNT = 1_200
NAMES = tuple(f"species {n:04}" for n in range(COUNT))


@pytest.fixture
def there(tmp_path):
    """A network that has learned nothing, and pictures of some of its classes."""
    path = tmp_path / "many.safetensors"
    write_model(model(classes=NAMES), path)
    random = np.random.default_rng(0)
    folder = tmp_path / "photos"
    for number in range(0, COUNT, 100):
        place = folder / NAMES[number]
        place.mkdir(parents=True)
        pixels = random.integers(0, 255, (8, 8)).astype(np.uint8)
        Image.fromarray(pixels).save(place / f"{number}.png")
    return path, folder


def test_evaluation_tells_what_came_up(convlens, there):
    assert COUNT > MOST_TABLED
    status, out, _ = convlens("evaluate", *there, "--json", "--quiet")
    assert status == 0
    found = json.loads(out)
    assert found["confusion"] is None
    assert [true for true, _, _ in found["confused"]] == list(range(0, COUNT, 100))
    assert sum(times for _, _, times in found["confused"]) == found["n"] == 12
    assert len(out) < 150_000
    out = convlens("evaluate", *there, "--quiet")[1]
    assert "commonest mistakes" in out


def test_a_table_of_thousands_of_rows_is_cut(convlens, there, monkeypatch):
    monkeypatch.setattr("convlens.cli.tables.MOST_FIGURES", 5)
    out = convlens("evaluate", *there, "--quiet")[1]
    assert f"the {WORST} of " in out
    assert "classes that did worst" in out
    assert MOST_FIGURES >= 1_000  # ImageNet's classes are all listed


@pytest.mark.parametrize("block", [1, 7, 1 << 22])
def test_predictions_are_the_same_however_few_are_held(convlens, there, block, monkeypatch):
    path, folder = there
    files = sorted(folder.rglob("*.png"))
    monkeypatch.setattr(classifier, "BLOCK_VALUES", block * COUNT)
    status, out, _ = convlens("predict", path, *files, "--csv")
    assert status == 0
    header, *rows = csv.reader(io.StringIO(out))
    assert header == ["image", "class", "probability", *NAMES]
    assert [row[0] for row in rows] == [str(file) for file in files]
    for row in rows:
        shares = np.array(row[3:], float)
        assert shares.sum() == pytest.approx(1, abs=1e-3)
        assert NAMES[shares.argmax()] == row[1]
