"""Data whose classes are not quite the model's."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image
from sklearn import metrics
from sklearn.datasets import load_digits

import convlens as cl


def lay(root, labels, names=str, count=120):
    """Handwritten digits of some labels in folders called ``names(label)``, by file name."""
    digits = load_digits()
    told = {}
    for number in range(count):
        label = int(digits.target[number])
        if label in labels:
            folder = root / names(label)
            folder.mkdir(parents=True, exist_ok=True)
            pixels = (digits.images[number] * 255 / 16).round().astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{number:03}.png")
            told[folder / f"{number:03}.png"] = label
    return told


def test_a_further_class_is_left_out_and_counted(convlens, digits_model, tmp_path):
    root = tmp_path / "some"
    told = lay(root, (1, 4, 7))
    strange = lay(root, (8, 9), lambda label: f"letter {label}")
    status, out, err = convlens("evaluate", digits_model, root, "--json")
    assert status == 0
    found = json.loads(out)
    counts = {f"letter {n}": sum(label == n for label in strange.values()) for n in (8, 9)}
    assert found["left_out"] == counts
    assert found["n"] == len(told) == sum(map(sum, found["confusion"]))
    shown = ", ".join(f"`{name}` ({n})" for name, n in counts.items())
    count = sum(counts.values())
    assert (
        f"note: left out {count} pictures of classes that the model does not have: {shown}" in err
    )
    classifier = cl.load(digits_model)
    predicted = [int(one.class_name) for one in classifier.predict_each(told)]
    labels = list(told.values())
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(labels, predicted))
    recalls = metrics.recall_score(labels, predicted, labels=[1, 4, 7], average=None)
    assert [found["classes"][n]["recall"] for n in "147"] == pytest.approx(list(recalls))
    assert found["classes"]["0"] == {"precision": None, "recall": None, "n": 0}
    assert found["balanced_accuracy"] == pytest.approx(recalls.mean())


def test_strict_refuses_a_further_class(convlens, digits_model, tmp_path):
    lay(tmp_path / "some", (1, 2))
    assert convlens("evaluate", digits_model, "some", "--strict")[0] == 0
    n = len(lay(tmp_path / "some", (3,), lambda label: "x"))
    status, out, err = convlens("evaluate", digits_model, "some", "--strict")
    assert (status, out) == (1, "")
    assert err.splitlines() == [
        f"error: some has {n} pictures of a class that the model does not have: `x` ({n})",
        "  without --strict they are left out; the model's classes: "
        + ", ".join(f"`{n}`" for n in range(10)),
    ]


def test_only_the_test_part_counts_also_among_what_is_left_out(convlens, digits_model, tmp_path):
    lay(tmp_path / "d" / "train", (1, 2))
    lay(tmp_path / "d" / "train", (3,), lambda label: "x")
    n = len(lay(tmp_path / "d" / "test", (1, 2), count=60))
    found = json.loads(convlens("evaluate", digits_model, "d", "--json")[1])
    assert (found["n"], found["left_out"], found["which"]) == (n, {}, "its test part")
    lay(tmp_path / "d" / "test", (3,), lambda label: "x", count=60)
    shutil.rmtree(tmp_path / "d" / "test" / "1")
    shutil.rmtree(tmp_path / "d" / "test" / "2")
    status, _, err = convlens("evaluate", digits_model, "d", "--json")
    assert status == 1
    assert err.startswith("error: d and the model have no class in common\n  d: `x`; the model")


def test_one_class_alone(convlens, digits_model, tmp_path):
    told = lay(tmp_path / "one", (5,))
    found = json.loads(convlens("evaluate", digits_model, "one", "--json")[1])
    predicted = [one.class_name for one in cl.load(digits_model).predict_each(told)]
    assert found["n"] == len(told)
    assert found["accuracy"] == found["balanced_accuracy"] == found["classes"]["5"]["recall"]
    assert found["accuracy"] == predicted.count("5") / len(told)
    status, out, _ = convlens("evaluate", digits_model, "one")
    assert status == 0
    assert "accuracy" in out


def test_case_and_white_space_are_overlooked(convlens, digits_model, tmp_path):
    named = tmp_path / "named.safetensors"
    cl.load(digits_model).relabelled({"1": "one", "2": "Two"}).save(named)
    lay(tmp_path / "d", (1,), lambda label: "One")
    lay(tmp_path / "d", (2,), lambda label: "t wo")
    status, out, err = convlens("evaluate", named, "d", "--json")
    assert status == 0
    found = json.loads(out)
    assert found["respelled"] == {"One": "one", "t wo": "Two"}
    assert found["left_out"] == {}
    assert found["accuracy"] > 0.5
    assert "note: case and white space aside, took `One` for `one`, `t wo` for `Two`" in err


def test_a_page_says_what_was_left_out(convlens, digits_model, tmp_path):
    lay(tmp_path / "d", (1, 2))
    n = len(lay(tmp_path / "d", (3,), lambda label: "x"))
    status, _, err = convlens("look", digits_model, "--data", "d", "--out", "page.html")
    assert status == 0
    line = f"eft out {n} pictures of a class that the model does not have: `x` ({n})"
    assert f"note: l{line}" in err
    assert f"L{line}." in (tmp_path / "page.html").read_text()
