import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import balanced_accuracy_score

import convlens as cl
from convlens import pipeline
from convlens.data import memory as memory_module
from convlens.pipeline import FoldDone, Settings
from tests.cli.conftest import QUICK, folder_of_shades

QUICKLY = ["--net", QUICK, "--epochs", 2, "--quiet"]


def patterned(seed, shade):
    """A picture like no other, in a shade: blocks of light and dark."""
    blocks = np.random.default_rng(seed).integers(-90, 90, (6, 6, 1)).repeat(4, 0).repeat(4, 1)
    return Image.fromarray(np.clip(np.array(shade) + blocks, 0, 255).astype(np.uint8))


SHADES = {"blue": (60, 60, 200), "red": (200, 60, 60)}


@pytest.fixture
def patients(tmp_path):
    """``<class>/p<n>_<m>.png``, ten patients of each class with four pictures each."""
    root = tmp_path / "patients"
    for place, (label, shade) in enumerate(SHADES.items()):
        (root / label).mkdir(parents=True)
        for number in range(40):
            name = f"p{place}{number // 4}_{number % 4}.png"
            patterned(100 * place + number, shade).save(root / label / name)
    return root


def test_evaluate_names_the_pictures_that_were_trained_on(convlens, patients, tmp_path):
    assert convlens("train", patients, *QUICKLY, "--out", "m.safetensors")[0] == 0
    model = cl.load("m.safetensors")
    assert [len(model.model.seen[part]) for part in ("train", "validation")] == [56, 8]
    mixed = tmp_path / "mixed"
    shutil.copytree(patients, mixed)
    for label, shade in SHADES.items():
        for number in range(5):
            patterned(1000 + number + 10 * (label == "red"), shade).save(
                mixed / label / f"{number}.png"
            )
    # the same pixels under another name, in another format
    first = sorted((mixed / "red").glob("p*.png"))[0]
    Image.open(first).save(mixed / "red" / "again.bmp")
    status, out, err = convlens("evaluate", "m.safetensors", mixed)
    assert status == 0
    assert "of these pictures were trained on (" in err
    assert "8 of these pictures chose the model's weights (" in err
    assert "on those it had not seen: " in out
    status, out, _ = convlens("evaluate", "m.safetensors", mixed, "--json", "--quiet")
    told = json.loads(out)
    assert told["n"] == 91
    assert len(told["trained_on"]) in (56, 57)
    assert ("red/again.bmp" in told["trained_on"]) == (len(told["trained_on"]) == 57)
    seen = {*told["trained_on"], *told["chosen_by"]}
    assert told["unseen"]["n"] == 91 - len(seen)
    assert not {f"{label}/{n}.png" for label in SHADES for n in range(5)} & seen


def test_on_its_own_data_a_model_is_judged_by_what_was_held_back(convlens, patients):
    assert convlens("train", patients, *QUICKLY, "--out", "m.safetensors")[0] == 0
    status, out, err = convlens("evaluate", "m.safetensors", patients, "--json")
    assert status == 0
    told = json.loads(out)
    assert (told["n"], told["trained_on"], told["unseen"]) == (16, [], None)
    assert told["accuracy"] == cl.load("m.safetensors").training["test_accuracy"]
    assert "the part that was held back in training" in err


def test_a_model_written_before_hashes_were_is_judged_by_names(convlens, patients):
    assert convlens("train", patients, *QUICKLY, "--out", "m.safetensors")[0] == 0
    classifier = cl.load("m.safetensors")
    cl.Classifier(replace(classifier.model, seen={})).save("old.safetensors")
    told = [
        json.loads(convlens("evaluate", f"{name}.safetensors", patients, "--json", "--quiet")[1])
        for name in ("m", "old")
    ]
    assert told[0] == told[1]


def test_pictures_of_a_group_stay_together(convlens, patients):
    arguments = [*QUICKLY, "--group-by", r"(p\d+)_", "--seed", 3, "--out", "m.safetensors"]
    assert convlens("train", patients, *arguments)[0] == 0
    training = cl.load("m.safetensors").training
    assert training["data"]["group_by"] == r"(p\d+)_"
    assert "20 groups by their names" in training["data"]["division"]
    other = patients.with_name("other")
    shutil.copytree(patients, other)
    patterned(999, SHADES["red"]).save(other / "red" / "new.png")
    told = json.loads(convlens("evaluate", "m.safetensors", other, "--json", "--quiet")[1])
    sides = [{name[:-6] for name in told[key]} for key in ("trained_on", "chosen_by")]
    assert sides[0]
    assert sides[1]
    assert not sides[0] & sides[1]
    counts = {len(told["trained_on"]) % 4, len(told["chosen_by"]) % 4}
    assert counts == {0}


@pytest.mark.filterwarnings("ignore::convlens.ConvLensWarning")  # little is learned here
def test_the_same_in_python(patients):
    plain = cl.train(patients, QUICK, epochs=1, seed=3)
    grouped = cl.train(patients, QUICK, epochs=1, seed=3, group_by=r"(p\d+)_", balance="weight")
    assert plain.training["data"]["group_by"] is None
    assert grouped.training["balance"] == "weight"
    assert not np.array_equal(plain.model.seen["train"], grouped.model.seen["train"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--group-by", "("], "is not a regular expression"),
        (["--group-by", "nowhere"], "matches no picture's path"),
        (["--group-by", "(p)"], "puts every picture in one group"),
        (["--folds", "90"], "90 folds cannot be made of"),
    ],
)
def test_what_cannot_be_divided_is_one_line(convlens, patients, arguments, message):
    status, out, err = convlens("train", patients, *QUICKLY, *arguments)
    assert (status, out) == (1, "")
    assert message in err.splitlines()[0]
    assert len(err.strip().splitlines()) == 2  # and its hint


@pytest.mark.parametrize("more", [["--out", "m.safetensors"], ["--fresh"], ["--resume", "runs/x"]])
def test_folds_go_with_nothing_that_keeps(convlens, patients, more):
    status, _, err = convlens("train", patients, "--folds", 3, *more)
    assert status == 2
    assert f"{more[0]} does not go with it" in err


def test_folds_give_mean_and_interval_and_no_model(convlens, patients, tmp_path):
    arguments = ["train", patients, *QUICKLY, "--folds", 4, "--group-by", r"(p\d+)_"]
    status, out, _ = convlens(*arguments)
    assert status == 0
    assert "mean accuracy" in out
    assert "95 % interval" in out
    told = json.loads(convlens(*arguments, "--json")[1])
    assert len(told["folds"]) == 4
    assert sum(one["n"] for one in told["folds"]) == 80
    mean = np.mean([one["accuracy"] for one in told["folds"]])
    assert told["accuracy"] == pytest.approx(mean)
    low, high = told["accuracy_interval"]
    inner = told["accuracy_interval_uncorrected"]
    assert 0 <= low <= inner[0] <= mean <= inner[1] <= high <= 1
    assert not list(tmp_path.glob("*.safetensors"))
    assert not (tmp_path / "runs").exists()


def test_folds_end_early_when_told_to(patients):
    told = []
    found = pipeline.cross_validate(
        Settings(data=patients, net=QUICK, epochs=1),
        4,
        told.append,
        lambda: any(isinstance(event, FoldDone) for event in told),
    )
    assert found.stopped
    assert len(found.folds) == 1
    assert found.to_json()["accuracy_interval"] is None


def test_a_budget_is_for_all_folds(patients):
    found = pipeline.cross_validate(Settings(data=patients, net=QUICK, budget=3.0), 5)
    assert len(found.folds) == 5
    assert found.seconds < 12  # 15 at least, if each had three seconds of its own


@pytest.fixture
def uneven(tmp_path):
    root = folder_of_shades(tmp_path / "uneven", count=60, classes=SHADES)
    for number in range(15, 60):
        (root / "red" / f"{number}.png").unlink()
    return root


@pytest.mark.parametrize("balance", ["weight", "resample"])
def test_balanced_accuracy_is_told_and_what_was_balanced(convlens, uneven, balance, tmp_path):
    arguments = ["--net", QUICK, "--epochs", 3, "--balance", balance, "--out", "m.safetensors"]
    status, out, _ = convlens("train", uneven, *arguments)
    assert status == 0
    assert "balanced accuracy, the mean over classes: validation" in out
    training = cl.load("m.safetensors").training
    assert training["balance"] == balance
    told = json.loads(convlens("evaluate", "m.safetensors", uneven, "--json", "--quiet")[1])
    confusion = np.array(told["confusion"])
    truth, said = (axis.repeat(confusion.ravel()) for axis in np.indices((2, 2)).reshape(2, -1))
    assert told["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(truth, said))
    assert training["test_balanced_accuracy"] == pytest.approx(told["balanced_accuracy"])
    assert ", balanced " in convlens("evaluate", "m.safetensors", uneven)[1]


@pytest.mark.parametrize("balance", ["weight", "resample"])
def test_a_balanced_run_goes_on_to_the_same_weights(uneven, tmp_path, balance):
    def trained(epochs, name):
        settings = Settings(
            data=uneven, net=QUICK, epochs=4, balance=balance, batch=16, group_by=r"/(\d)",
            out=tmp_path / f"{name}.safetensors",
        )  # fmt: skip
        count = 0

        def stop():
            return epochs < 4 and count >= epochs * 3

        def listen(event):
            nonlocal count
            count += type(event).__name__ == "StepDone"

        pipeline.train(settings, listen, stop, keep=pipeline.Keep(tmp_path / name))

    trained(4, "whole")
    trained(2, "parts")
    trained(4, "parts")
    whole, parts = (cl.load(tmp_path / f"{name}.safetensors") for name in ("whole", "parts"))
    assert whole.weights.keys() == parts.weights.keys()
    assert all(np.array_equal(whole.weights[k], parts.weights[k]) for k in whole.weights)
    assert not parts.training["stopped"]


def test_a_run_with_other_settings_is_not_gone_on_with(convlens, uneven):
    arguments = ["train", uneven, *QUICKLY, "--out", "m.safetensors"]
    assert convlens(*arguments)[0] == 0
    status, _, err = convlens("train", "--resume", "runs/m", "--epochs", 4, "--balance", "weight")
    assert status == 1
    assert "balance was left out, is weight" in err


@pytest.mark.parametrize("cache", [True, False])
def test_pictures_larger_than_memory_train_from_a_file_to_the_same_weights(
    convlens, patients, monkeypatch, tmp_path, cache
):
    more = [] if cache else ["--no-cache"]
    monkeypatch.setenv("TMPDIR", str(tmp_path / "large"))
    (tmp_path / "large").mkdir()
    arguments = ["train", patients, *QUICKLY, "--balance", "resample", *more]
    assert convlens(*arguments, "--out", "memory.safetensors")[0] == 0
    monkeypatch.setattr(memory_module, "physical_memory", lambda: 1000)
    assert convlens(*arguments, "--out", "file.safetensors")[0] == 0
    one, other = cl.load("memory.safetensors").weights, cl.load("file.safetensors").weights
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert not list((tmp_path / "large").iterdir())  # nothing is left behind


def test_test_pictures_that_were_trained_on_are_told(convlens, tmp_path):
    for part, count in (("train", 12), ("test", 4)):
        for place, (label, shade) in enumerate(SHADES.items()):
            (tmp_path / "data" / part / label).mkdir(parents=True)
            for number in range(count):
                seed = 100 * place + number + 50 * (part == "test" and number > 1)
                path = tmp_path / "data" / part / label / f"{number}.png"
                patterned(seed, shade).save(path)
    status, _, err = convlens("train", "data", "--net", QUICK, "--epochs", 1, "--seed", 1)
    assert status == 0
    assert "of the test part that are near duplicates of training pictures: " in err
