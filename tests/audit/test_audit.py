"""Every fault that is planted is found and told of; what is sound is left alone."""

import hashlib
import json

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from convlens.audit import audit
from convlens.audit.clues import findings_of
from convlens.data import open_source
from convlens.errors import DataError
from tests.audit.conftest import scene


@pytest.fixture(scope="module")
def found(faulty):
    return audit(open_source(faulty), labels=False, cache=False)


def files(found, kind):
    return [{p.file for p in case.pictures} for case in found.of(kind).cases]


def digest(root):
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    told = [(str(p), p.stat().st_mtime_ns, hashlib.sha256(p.read_bytes()).digest()) for p in paths]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def test_copies_are_told_by_where_they_lie(found):
    assert files(found, "copies-across-parts") == [{"test/cat/resized.png", "train/cat/00.png"}]
    across = found.of("copies-across-classes")
    assert [p.label for p in across.cases[0].pictures] == ["cat", "dog"]
    assert across.cases[0].reason == "mirrored, of different classes"
    assert files(found, "copies") == [{"train/owl/02.png", "train/owl/same.png"}]
    assert found.of("copies").cases[0].reason == "equal to the pixel"


def test_odd_pictures_are_told_with_the_reason(found):
    assert files(found, "blank") == [{"train/dog/blank.png"}]
    assert files(found, "tiny") == [{"train/dog/tiny.png"}]
    assert files(found, "shape") == [{"train/owl/wide.png"}]
    assert found.of("shape").cases[0].reason == "160x20 pixels"
    assert found.of("outlying") is None


def test_unreadable_files_are_told_with_the_reason(found):
    reasons = {case.pictures[0].file: case.reason for case in found.of("unreadable").cases}
    assert reasons == {
        "train/owl/broken.png": "truncated",
        "train/owl/<b>note.png": "not a picture (text)",
    }


def test_counts_and_order(found):
    assert found.pictures == 84
    assert [one.parts for one in found.classes] == [
        {"train": 22, "test": 5},
        {"train": 25, "test": 4},
        {"train": 24, "test": 4},
    ]
    assert found.sizes.least == (6, 6)
    assert found.sizes.median == (48, 40)
    weights = [finding.weight for finding in found.findings]
    assert weights == sorted(weights, key=["serious", "look", "note"].index)
    assert found.findings[0].kind == "copies-across-parts"
    assert found.unchecked == "not asked for"
    told = json.loads(json.dumps(found.to_json()))
    assert told["findings"][0]["cases"][0]["pictures"][0]["file"]


def test_the_folder_is_only_read(faulty):
    before = digest(faulty)
    audit(open_source(faulty), labels=False)
    assert digest(faulty) == before


def some_digits(count=None):
    digits = load_digits()
    return (digits.images[:count] * 15.9).astype(np.uint8), digits.target[:count].copy()


def test_swapped_labels_come_first():
    pixels, labels = some_digits()
    random = np.random.default_rng(0)
    swapped = random.choice(len(labels), 18, replace=False)
    labels[swapped] = (labels[swapped] + random.integers(1, 10, 18)) % 10
    found = audit(open_source((pixels, labels)))
    names = [item.name for item in open_source((pixels, labels)).items]
    first = set(found.suspicion[: len(labels) // 25])
    assert sum(names[index] in first for index in swapped) >= 16
    assert found.accuracy > 0.9
    doubted = {case.pictures[0].file for case in found.of("labels").cases}
    assert sum(names[index] in doubted for index in swapped) >= 12


def test_the_same_pictures_are_suspected_again():
    first, again = (audit(open_source(some_digits(120))) for _ in range(2))
    assert len(first.suspicion) == 120
    assert first.suspicion == again.suspicion
    assert first.accuracy == again.accuracy


def test_uneven_and_absent_classes(tmp_path):
    for label, count in (("many", 44), ("few", 4)):
        (tmp_path / "train" / label).mkdir(parents=True)
        for number in range(count):
            scene(100 * count + number).save(tmp_path / "train" / label / f"{number}.png")
    (tmp_path / "test" / "many").mkdir(parents=True)
    scene(1).save(tmp_path / "test" / "many" / "0.png")
    found = audit(open_source(tmp_path), cache=False)
    assert found.of("imbalance").weight == "serious"
    assert "few" in found.of("few").line
    assert found.of("absent").line == "1 class has no picture in the test part: few"
    assert "too few" in found.unchecked


@pytest.mark.parametrize("different", [1, 2, 3])
def test_copies_of_a_few_pictures_leave_nothing_to_learn_from(different):
    shades = np.random.default_rng(0).integers(0, 256, (different, 16, 16), dtype=np.uint8)
    pixels = shades[np.arange(60) % different]
    found = audit(open_source((pixels, np.arange(60) // 30)))
    assert f"copies of {different} picture" in found.unchecked
    assert found.of("copies-across-classes").weight == "serious"


@pytest.mark.parametrize("what", ["file size", "shape", "border colour"])
def test_a_clue_that_gives_the_class_away_is_found(tmp_path, what):
    for number in range(80):
        label, given_away = ("a", "b")[number % 2], number % 2
        size = (50, 40) if given_away and what == "shape" else (48, 40)
        image = scene(number, size)
        if given_away and what == "border colour":
            framed = Image.new("RGB", size, (220, 30, 30))
            framed.paste(image.resize((40, 32)), (4, 4))
            image = framed
        (tmp_path / label).mkdir(exist_ok=True)
        path = tmp_path / label / f"{number}.{'bmp' if what == 'shape' else 'jpg'}"
        image.save(path, quality=95 if given_away and what == "file size" else 60)
    found = audit(open_source(tmp_path), labels=False, cache=False)
    told = {clue.what: clue for clue in found.clues}
    assert told[what].accuracy > 0.95
    assert told[what].chance == 0.5
    lines = [finding.line for finding in found.findings if finding.kind == "clue"]
    assert any(f"the {what} alone" in line for line in lines)
    assert found.of("clue").weight == "serious"


def test_no_clue_where_there_is_none(found):
    assert len(found.clues) == 3
    assert findings_of(list(found.clues)) == []


def test_nothing_readable_is_one_line(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "0.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(DataError, match="none of 1 sampled"):
        audit(open_source(tmp_path))
