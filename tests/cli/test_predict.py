import csv
import io
import json

import numpy as np
import pytest
from PIL import Image
from sklearn import metrics
from sklearn.datasets import load_digits

import convlens as cl
from tests.same import PROBABILITY


@pytest.fixture
def pictures(tmp_path):
    """Ten handwritten digits as files, and one that is no picture."""
    digits = load_digits()
    folder = tmp_path / "pictures"
    (folder / "deeper").mkdir(parents=True)
    for number in range(10):
        pixels = (digits.images[number] * 255 / 16).round().astype(np.uint8)
        place = folder / "deeper" if number % 2 else folder
        Image.fromarray(pixels).save(place / f"{number}.png")
    (folder / "notes.txt").write_text("no picture by its name")
    return folder


def test_text_names_the_likeliest_classes(convlens, digits_model, pictures):
    status, out, err = convlens("predict", digits_model, pictures / "0.png", "--top", 2)
    assert (status, err) == (0, "")
    assert out.count("%") == 2
    assert out.startswith(f"{pictures / '0.png'}: 0 ")


def test_a_folder_is_searched_and_json_has_a_line_for_each(convlens, digits_model, pictures):
    status, out, _ = convlens("predict", digits_model, pictures, "--json")
    assert status == 0
    lines = [json.loads(line) for line in out.splitlines()]
    assert len(lines) == 10
    right = 0
    for line in lines:
        assert line.keys() == {"image", "class", "probability", "probabilities"}
        assert list(line["probabilities"]) != []
        assert sum(line["probabilities"].values()) == pytest.approx(1)
        assert line["probability"] == max(line["probabilities"].values())
        right += line["image"].endswith(f"{line['class']}.png")
    assert right >= 8


def test_of_a_folder_only_pictures_are_taken(convlens, digits_model, pictures):
    for name in ("runs/1/lock", "notes", ".git/config", "__MACOSX/._0.png"):
        (pictures / name).parent.mkdir(parents=True, exist_ok=True)
        (pictures / name).write_text("no picture")
    (pictures / "0.png").rename(pictures / "unnamed")
    status, out, err = convlens("predict", digits_model, pictures, "--json")
    assert status == 0
    assert len(out.splitlines()) == 10
    assert "unnamed" in out
    assert err == "note: left out 3 files that are no pictures: notes, notes.txt, runs/1/lock\n"


def test_csv_is_a_table_with_every_class(convlens, digits_model, pictures):
    _, out, _ = convlens("predict", digits_model, pictures, "--csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == 10
    assert list(rows[0]) == ["image", "class", "probability", *map(str, range(10))]
    assert sum(float(rows[0][str(i)]) for i in range(10)) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("form", ["--json", "--csv", None])
def test_a_bad_picture_is_told_and_the_rest_is_answered(convlens, digits_model, pictures, form):
    (pictures / "5.jpg").write_text("hello")
    arguments = [form] if form else []
    status, out, err = convlens(
        "predict", digits_model, pictures, pictures / "gone.png", *arguments
    )
    assert status == 1
    assert "Traceback" not in err
    told = out if form == "--json" else err
    assert "5.jpg" in told
    assert "gone.png" in told
    if form == "--json":
        bad = [line for line in map(json.loads, out.splitlines()) if "error" in line]
        assert len(bad) == 2
        assert all(line.keys() == {"image", "error"} for line in bad)
        assert len(out.splitlines()) == 12


def test_models_that_are_none(convlens, tmp_path, pictures):
    (tmp_path / "text").write_text("hello")
    for model in ("nowhere.safetensors", "text"):
        status, out, err = convlens("predict", model, pictures)
        assert (status, out) == (1, "")
        assert model in err
        assert "Traceback" not in err
    (tmp_path / "none").mkdir()


def test_a_folder_in_the_models_place(convlens, pictures):
    for command in ("predict", "evaluate"):
        status, out, err = convlens(command, pictures, pictures)
        assert (status, out) == (1, "")
        assert "is a folder, not a model file" in err
        assert "it comes first" in err


def test_two_forms_at_once_are_wrong_usage(convlens, digits_model, pictures):
    status, out, err = convlens("predict", digits_model, pictures, "--json", "--csv")
    assert (status, out) == (2, "")
    assert "give one" in err


def test_an_array_with_transparency_is_a_picture(digits_model):
    classifier = cl.load(digits_model)
    assert classifier.predict(np.zeros((8, 8, 4))).class_name in classifier.classes


def test_an_empty_folder_is_said(convlens, digits_model, tmp_path):
    (tmp_path / "none").mkdir()
    status, _, err = convlens("predict", digits_model, "none")
    assert status == 1
    assert "no pictures in none" in err


def test_evaluate_judges_by_what_was_held_back(convlens, digits_model):
    status, out, err = convlens("evaluate", digits_model, "digits", "--json")
    assert status == 0
    assert "held back" in err
    found = json.loads(out)
    assert found.keys() >= {"accuracy", "log_loss", "n", "classes", "confusion"}
    assert found["n"] == 359
    assert found["accuracy"] == cl.load(digits_model).training["test_accuracy"]
    assert np.sum(found["confusion"]) == 359


def test_evaluate_agrees_with_scikit_learn(convlens, digits_model, pictures, tmp_path):
    labelled = tmp_path / "labelled"
    for number in range(10):
        (labelled / str(number)).mkdir(parents=True)
    digits = load_digits()
    labels = []
    for number in range(200):
        pixels = (digits.images[number] * 255 / 16).round().astype(np.uint8)
        label = digits.target[number] if number % 7 else (digits.target[number] + 1) % 10
        Image.fromarray(pixels).save(labelled / str(label) / f"{number:03}.png")
        labels.append(label)
    _, out, err = convlens("evaluate", digits_model, labelled, "--json")
    assert "all of its pictures" in err
    found = json.loads(out)
    classifier = cl.load(digits_model)
    files = sorted(labelled.rglob("*.png"), key=lambda p: p.name)
    predictions = list(classifier.predict_each(files))
    predicted = [int(p.class_name) for p in predictions]
    probabilities = [[p.probabilities[c] for c in classifier.classes] for p in predictions]
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(labels, predicted))
    expected = metrics.log_loss(labels, probabilities)
    assert found["log_loss"] == pytest.approx(expected, rel=PROBABILITY)
    assert found["confusion"] == metrics.confusion_matrix(labels, predicted).tolist()
    precision, recall, _, n = metrics.precision_recall_fscore_support(labels, predicted)
    for index, figures in enumerate(found["classes"].values()):
        assert figures["precision"] == pytest.approx(precision[index])
        assert figures["recall"] == pytest.approx(recall[index])
        assert figures["n"] == n[index]


def test_evaluate_shows_tables(convlens, digits_model):
    _, out, _ = convlens("evaluate", digits_model, "digits")
    assert "precision" in out
    assert "rows: true class" in out
    assert "accuracy" in out
    assert max(map(len, out.splitlines())) <= 80
    assert not [line for line in out.splitlines() if line != line.rstrip()]


def test_evaluate_says_what_it_left_out(convlens, digits_model, pictures, tmp_path):
    labelled = tmp_path / "labelled"
    for name in ("0", "1", "2"):
        (labelled / name).mkdir(parents=True)
    (pictures / "0.png").rename(labelled / "0" / "a.png")
    (pictures / "deeper" / "1.png").rename(labelled / "1" / "a.png")
    (pictures / "2.png").rename(labelled / "loose.png")
    status, out, err = convlens("evaluate", digits_model, labelled, "--json")
    assert status == 0
    assert "note: 1 picture lies in no class folder of labelled: left out" in err
    assert "note: the class folder `2` holds no pictures: left out" in err
    json.loads(out)


def test_evaluate_refuses_data_without_any_class_of_the_model(convlens, digits_model, shades):
    status, out, err = convlens("evaluate", digits_model, shades)
    assert (status, out) == (1, "")
    assert err.startswith("error: shades and the model have no class in common\n")
    assert "shades: `blue`, `green`, `red`; the model's classes: `0`, `1`" in err
