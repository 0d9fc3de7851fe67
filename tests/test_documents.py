"""JSON and files from elsewhere, bounded; the fields of a model's document, typed and ranged."""

import json
import re
from pathlib import Path

import pytest

import convlens
from convlens.documents import MOST_DEPTH, UnfitError, cut, json_memory, parsed, read_regular, shown
from convlens.errors import ModelFileError
from convlens.modelfields import FIELDS, check, fact
from tests.test_modelfile import model

ROOM = 1 << 30


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("{", "ends too early"),
        ('{"a": 1, "b": 2, "a": 1}', "says 'a' twice"),
        ('[{"x": {"y": 1, "y": 1}}]', "says 'y' twice"),
        ("[" * (MOST_DEPTH + 1) + "]" * (MOST_DEPTH + 1), "over 64 brackets"),
        ("[" * 200_000, "over 64 brackets"),
        ("1" * 5000, "thousands of digits"),
        (b"\xff\xfe", "not text"),
    ],
)
def test_what_is_no_document(text, message):
    with pytest.raises(UnfitError, match=message):
        parsed(text, ROOM)


def test_documents_are_what_json_says_they_are():
    for value in ({"a": [1, -0.5, "é", None, True]}, [[[]]], "x", 0):
        assert parsed(json.dumps(value), ROOM) == value
    assert parsed("[" * MOST_DEPTH + "]" * MOST_DEPTH, ROOM) is not None
    assert parsed("\ufeff1".encode(), ROOM) == 1
    assert parsed("[Infinity]", ROOM) == [float("inf")]
    for word in ("NaN", "Infinity", "-Infinity"):
        with pytest.raises(UnfitError, match=f"holds {word}"):
            parsed(f"[{word}]", ROOM, finite=True)


@pytest.mark.parametrize("piece", ["[],", '{"":1},', "1,", '"a",', "-1.5e300,", '{"abc":[]},'])
def test_memory_is_told_before_it_is_taken(piece):
    import tracemalloc

    text = "[" + piece * 20_000 + "0]"
    tracemalloc.start()
    try:
        held = parsed(text, ROOM)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(held) == 20_001
    assert peak + len(text) < json_memory(text) < 20 * (peak + len(text))
    with pytest.raises(UnfitError, match="of memory to read, of 0 MB allowed") as caught:
        parsed(text, json_memory(text) - 1 if json_memory(text) < 1 << 20 else 1000)
    assert caught.value.needed == json_memory(text)


def test_only_regular_files_are_read(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"x" * 100)
    assert read_regular(path, 100) == b"x" * 100
    with pytest.raises(UnfitError, match="larger than 0 MB"):
        read_regular(path, 99)
    with pytest.raises(UnfitError, match="is a folder"):
        read_regular(tmp_path, 100)
    with pytest.raises(UnfitError, match="no such file"):
        read_regular(tmp_path / "b", 100)
    link = tmp_path / "link"
    link.symlink_to(path)
    assert len(read_regular(link, 100)) == 100
    if Path("/proc/self/status").exists():  # a regular file that says that it is empty
        assert read_regular(Path("/proc/self/status"), 1 << 16)


def test_what_a_message_repeats_is_one_short_line():
    assert shown("x" * 10**6) == "'" + "x" * 38 + "…"
    assert shown([1] * 5) == "a list of 5"
    assert shown({"a": 1}) == "an object"
    assert (shown(None), shown(True), shown(10**400)[:4]) == ("null", "true", "1000")
    assert shown("\x1b\n") == r"'\x1b\n'"
    assert "\n" not in cut("a\nb\x1b[0m")
    assert len(cut("é" * 10**6)) == 300


def document():
    made = model()
    return {
        "format": 2,
        "architecture": str(made.architecture),
        "classes": ["a", "b", "c"],
        "preprocessing": made.preprocessing.to_json(),
        "calibration": {"temperature": 1.0},
        "training": {
            "recipe": {"flip": True, "shift": 0.1}, "data": {"fingerprint": "0f"}, "seed": 1,
            "step": 5, "stopped": False, "test_accuracy": 0.5,
        },
    }  # fmt: skip


def put(held, path, value):
    *inside, last = path.split(".")
    for name in inside:
        held = held[name]
    held[last] = value


WRONG = {
    "object": ([], "x", 1, True),
    "list": ({}, "abc", 1, []),
    "text": (1, None, ["a"], {}, True),
    "whole": (1.0, "1", True, [1], -1, 10**400, float("nan"), -(10**400)),
    "number": ("1", True, [1], 10**400, float("nan"), float("inf"), -5000.5),
    "truth": (0, 1, "true", [True]),
}


@pytest.mark.parametrize("path", FIELDS)
def test_every_field_is_held_to_its_kind_and_named(path):
    check(document())
    for value in WRONG[FIELDS[path].kind]:
        if value is None and FIELDS[path].open:
            continue
        changed = document()
        put(changed, path, value)
        with pytest.raises(ModelFileError, match=re.escape(path)) as caught:
            check(changed)
        assert len(caught.value.message) < 200
    missing = document()
    put(missing, path, None)
    if FIELDS[path].open:
        check(missing)
    else:
        with pytest.raises(ModelFileError, match=re.escape(path)):
            check(missing)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("calibration.temperature", 1e-320),
        ("calibration.temperature", 0),
        ("preprocessing.std", [1e-320]),
        ("preprocessing.mean", [float("nan")]),
        ("preprocessing.mean", [None]),
        ("classes", ["a", 1]),
        ("training.seed", -1),
        ("training.test_accuracy", 1.01),
    ],
)
def test_ranges(path, value):
    changed = document()
    put(changed, path, value)
    with pytest.raises(ModelFileError, match=re.escape(path)):
        check(changed)


def test_facts_of_a_training_are_read_by_the_table():
    training = document()["training"]
    assert (fact(training, "recipe.flip"), fact(training, "data.fingerprint")) == (True, "0f")
    assert fact({}, "recipe.flip") is fact({"recipe": None}, "recipe.flip") is None
    with pytest.raises(KeyError):
        fact(training, "seconds")
    for wrong in ({"recipe": 3}, {"recipe": {"flip": "no"}}, {"recipe": []}):
        with pytest.raises(ModelFileError, match=r"training\.recipe"):
            fact(wrong, "recipe.flip")


def test_nobody_reads_a_training_past_the_table():
    for path in Path(convlens.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?:classifier|model|\))\.training(?:\.get\(|\[)", text), path
