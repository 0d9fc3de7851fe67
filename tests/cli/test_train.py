import csv
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import convlens as cl
from convlens import pipeline
from convlens.pipeline import Settings, saving
from convlens.training.loop import Run
from tests.cli.conftest import QUICK, SHADES, folder_of_shades, picture

CONTRACT = {
    "model",
    "architecture",
    "classes",
    "parameters",
    "epochs",
    "seconds",
    "images_per_second",
    "train_accuracy",
    "validation_accuracy",
    "test_accuracy",
    "skipped",
}


def test_a_folder_of_mixed_sizes_trains_with_no_options(convlens, shades, tmp_path):
    status, out, err = convlens("train", shades, "--epochs", 10)
    assert status == 0, err
    assert "accuracy: train" in out
    assert "model: shades.safetensors" in out
    assert "3 classes" in err
    classifier = cl.load(tmp_path / "shades.safetensors")
    assert classifier.classes == ("blue", "green", "red")
    assert classifier.predict(picture(SHADES["red"])).class_name == "red"
    assert classifier.training["test_accuracy"] > 0.9


def test_json_is_one_document_with_what_the_contract_names(convlens, shades):
    status, out, _ = convlens("train", shades, "--net", QUICK, "--epochs", 2, "--json", "--quiet")
    assert status == 0
    result = json.loads(out)
    assert result.keys() >= CONTRACT
    assert result["classes"] == ["blue", "green", "red"]
    assert result["epochs"] == 2
    assert result["skipped"] == []
    assert 0 <= result["test_accuracy"] <= 1
    plan = cl.Architecture(result["architecture"]).plan(classes=3)
    assert result["parameters"] == plan.parameters


def test_quiet_says_nothing_on_stderr(convlens, shades):
    _, _, err = convlens("train", shades, "--net", QUICK, "--epochs", 1, "--quiet")
    assert err == ""


def test_the_same_seed_gives_the_same_weights_to_the_bit(convlens, shades, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        arguments = ["--epochs", 2, "--seed", seed, "--out", f"{name}.safetensors", "--quiet"]
        assert convlens("train", shades, *arguments)[0] == 0
    a, b, c = (cl.load(tmp_path / f"{name}.safetensors").weights for name in "abc")
    assert all(np.array_equal(a[k], b[k]) for k in a)
    assert any(not np.array_equal(a[k], c[k]) for k in a)


def test_the_folder_is_not_touched(convlens, shades):
    before = {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in shades.rglob("*") if p.is_file()}
    convlens("train", shades, "--net", QUICK, "--epochs", 1, "--quiet")
    assert before == {
        p: (p.stat().st_mtime_ns, p.read_bytes()) for p in shades.rglob("*") if p.is_file()
    }


def test_train_and_test_folders_zips_and_arrays_train_too(convlens, tmp_path):
    folder_of_shades(tmp_path / "parts" / "train")
    folder_of_shades(tmp_path / "parts" / "test", count=4)
    with zipfile.ZipFile(tmp_path / "parts.zip", "w") as file:
        for path in (tmp_path / "parts").rglob("*.png"):
            file.write(path, path.relative_to(tmp_path))
    random = np.random.default_rng(0)
    x = np.concatenate([random.integers(0, 90, (40, 9, 9)), random.integers(150, 255, (40, 9, 9))])
    np.savez(tmp_path / "arrays.npz", x=x.astype(np.uint8), y=np.repeat([0, 1], 40))
    for data, tested in (("parts", 12), ("parts.zip", 12), ("arrays.npz", 16)):
        status, out, err = convlens(
            "train", data, "--net", QUICK, "--epochs", 15, "--json", "--out", "m.safetensors"
        )
        assert status == 0, err
        assert json.loads(out)["test_accuracy"] > 0.8
        assert f"{tested} test pictures" in err


def test_options_reach_the_model(convlens, shades, tmp_path):
    arguments = ["--size", "16x8", "--batch", 4, "--lr", 0.5, "--epochs", 1, "--seed", 7]
    status, _, _ = convlens("train", shades, "--net", QUICK, *arguments, "--quiet")
    assert status == 0
    classifier = cl.load(tmp_path / "shades.safetensors")
    assert (classifier.preprocessing.width, classifier.preprocessing.height) == (16, 8)
    assert classifier.training["batch"] == 4
    assert classifier.training["seed"] == 7
    assert classifier.training["recipe"]["filters_rate"] == 0.05
    assert classifier.training["data"]["train"] == 25


def test_an_earlier_model_is_not_written_over_unless_asked(convlens, shades, tmp_path):
    for _ in range(2):
        convlens("train", shades, "--net", QUICK, "--epochs", 1, "--quiet")
    assert (tmp_path / "shades.safetensors").exists()
    assert (tmp_path / "shades-2.safetensors").exists()


def test_unreadable_files_are_named_and_the_rest_trains(convlens, shades):
    (shades / "red" / "text.jpg").write_text("not a picture")
    whole = (shades / "red" / "0.png").read_bytes()
    (shades / "red" / "half.png").write_bytes(whole[: len(whole) // 2])
    Image.new("1", (20_000, 20_000)).save(shades / "blue" / "huge.png")
    Image.new("RGB", (1, 1)).save(shades / "blue" / "dot.png")
    status, out, err = convlens(
        "train", shades, "--net", QUICK, "--size", 12, "--epochs", 1, "--json"
    )
    assert status == 0, err
    skipped = {one["file"]: one["reason"] for one in json.loads(out)["skipped"]}
    assert skipped.keys() == {"red/text.jpg", "red/half.png", "blue/huge.png"}
    assert all(skipped.values())


@pytest.fixture
def broken(shades):
    """The shades with 14 files that are no pictures; their names and reasons, as a table reads."""
    names = [
        "a, b.png",
        'with "quotes".png',
        "ü.png",
        *(f"{number:02}.jpg" for number in range(11)),
    ]
    for name in names:
        (shades / "red" / f"bad {name}").write_text("not a picture")
    return {f"red/bad {name}": "not a picture (text)" for name in names}


def table_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["file", "reason"]
    return dict(rows)


def test_all_that_is_skipped_is_kept_by_name(convlens, shades, broken, tmp_path):
    command = ["train", "shades", "--net", QUICK, "--epochs", 1]
    status, out, err = convlens(*command)
    assert status == 0
    whole = tmp_path / "runs/shades/skipped.csv"
    assert table_of(whole) == broken
    assert "; … all in runs/shades/skipped.csv)\n" in err
    assert "… and 4 more files skipped: runs/shades/skipped.csv names all\n" in out
    result = json.loads((tmp_path / "runs/shades/result.json").read_text(encoding="utf-8"))
    assert {one["file"]: one["reason"] for one in result["skipped"]} == broken
    told = json.loads(convlens("evaluate", "shades.safetensors", shades, "--json", "--quiet")[1])
    assert {one["file"]: one["reason"] for one in told["skipped"]} == broken
    told = json.loads(convlens(*command, "--folds", 2, "--json", "--quiet")[1])
    assert {one["file"]: one["reason"] for one in told["skipped"]} == broken
    for name in broken:
        (shades / name).unlink()
    again = ["--fresh", "--out", "shades.safetensors", "--quiet"]
    assert convlens(*command, *again)[0] == 0
    assert not whole.exists()


def test_what_was_skipped_comes_back_with_a_folder_that_vanished(
    convlens, shades, broken, tmp_path, monkeypatch
):
    monkeypatch.setattr(saving, "SHARE", 1e9)
    monkeypatch.setattr(saving, "EVERY", 0.0)
    step, folder = Run._step, tmp_path / "runs" / "shades"

    def vanishing(self):
        done = step(self)
        if done.step == 3:
            shutil.rmtree(folder)
        return done

    monkeypatch.setattr(Run, "_step", vanishing)
    assert convlens("train", shades, "--net", QUICK, "--epochs", 5, "--quiet")[0] == 0
    assert table_of(folder / "skipped.csv") == broken


def test_the_best_epoch_is_what_is_saved(shades, monkeypatch):
    seen = []
    classifier = cl.train(shades, QUICK, epochs=8, listen=seen.append)
    looks = [e for e in seen if type(e).__name__ == "EpochDone"]
    best = max(looks, key=lambda e: (e.validation_accuracy, -e.validation_loss))
    assert classifier.training["best_epoch"] == best.epochs
    assert [e.best for e in looks].count(True) >= 1


def bad(convlens, *arguments, status=1):
    """Run what must fail: one line, a hint, the right status, nothing on stdout."""
    found, out, err = convlens(*arguments)
    assert found == status, err
    assert out == ""
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) <= 6
    return err


def test_data_that_cannot_be_trained_on(convlens, tmp_path):
    assert "nowhere" in bad(convlens, "train", "nowhere")
    (tmp_path / "empty").mkdir()
    assert "there are no pictures in" in bad(convlens, "train", "empty")
    folder_of_shades(tmp_path / "one", classes={"cats": (9, 9, 9)})
    assert "only one class, `cats`" in bad(convlens, "train", "one")


def test_a_class_with_one_picture_is_said(convlens, shades):
    (shades / "rare").mkdir()
    picture((99, 99, 99)).save(shades / "rare" / "only.png")
    status, _, err = convlens("train", shades, "--net", QUICK, "--epochs", 1)
    assert status == 0
    assert "`rare` holds one picture only" in err


def test_without_a_validation_part_nothing_stands_in_its_place(convlens, tmp_path):
    folder_of_shades(tmp_path / "few", count=1)
    status, out, err = convlens("train", "few", "--net", QUICK, "--epochs", 1, "--json")
    assert status == 0, err
    result = json.loads(out)
    assert result["validation_accuracy"] is None
    assert result["test_accuracy"] is None
    assert "too few pictures to hold back a validation part" in err
    assert "validation" not in convlens("train", "few", "--net", QUICK, "--epochs", 1, "--quiet")[1]


def test_networks_that_do_not_read_or_fit(convlens, shades):
    err = bad(convlens, "train", shades, "--net", "INPUT - CNOV - FC")
    assert "^^^^" in err
    assert "CONV" in err
    deep = "INPUT 32x32x3 - " + "POOL - " * 8 + "FC"
    err = bad(convlens, "train", shades, "--net", deep)
    assert "pool6" in err
    assert "1x1x3" in err
    err = bad(convlens, "train", "digits", "--net", "INPUT - CONV - RELU - POOL - FC 7")
    assert "10" in err
    assert "FC 10" in err or "try" in err
    assert "32x32x1" in bad(convlens, "train", shades, "--net", "INPUT 32x32x1 - FC", "--size", 16)


def test_a_place_that_cannot_be_written_is_said_before_training(convlens, shades, tmp_path):
    (tmp_path / "file").write_text("mine")
    begun = time.monotonic()
    assert "cannot write" in bad(convlens, "train", shades, "--out", "file/model.safetensors")
    assert "not a model of ConvLens" in bad(convlens, "train", shades, "--out", "file")
    assert "is a folder" in bad(convlens, "train", shades, "--out", tmp_path)
    assert time.monotonic() - begun < 5
    assert (tmp_path / "file").read_text() == "mine"


def test_wrong_usage_exits_2(convlens, shades):
    for arguments in (
        ["--epochs", "2", "--budget", "1m"],
        ["--budget", "soon"],
        ["--size", "0x9"],
        ["--epochs", "0"],
        ["--device", "tpu"],
        ["--nope"],
    ):
        status, out, err = convlens("train", shades, *arguments)
        assert (status, out) == (2, "")
        assert "Error" in err
    assert convlens("train")[0] == 2
    assert convlens("tarin", shades)[0] == 2


@pytest.mark.parametrize("already", ["finished", "stopped"])
def test_a_stopped_run_does_not_replace_a_finished_model(already, tmp_path):
    stopped = {"stop": lambda: True}
    settings = Settings("digits", net=QUICK, out=tmp_path / "m.safetensors", epochs=2)
    pipeline.train(settings, **({} if already == "finished" else stopped))
    before = (tmp_path / "m.safetensors").read_bytes()
    outcome = pipeline.train(replace(settings, seed=1), **stopped)
    assert outcome.learned.stopped
    replaced = (tmp_path / "m.safetensors").read_bytes() != before
    assert replaced == (already == "stopped")
    name = "m.safetensors" if already == "stopped" else "m-unfinished.safetensors"
    assert outcome.path == tmp_path / name
    assert cl.load(outcome.path).training["stopped"]


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_learned(shades, tmp_path):
    command = [sys.executable, "-m", "convlens", "train", str(shades), "--epochs", "90000"]
    process = subprocess.Popen(
        [*command, "--net", QUICK, "--out", "kept.safetensors"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "CONVLENS_CACHE": str(tmp_path / "cache")},
    )
    for line in process.stderr:
        if line.startswith("epoch"):
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "(interrupted)" in out
    assert cl.load(tmp_path / "kept.safetensors").classes == ("blue", "green", "red")


def test_ctrl_c_before_training_ends_at_once(convlens, monkeypatch):
    def interrupted(*_):
        signal.raise_signal(signal.SIGINT)

    preparing = importlib.import_module("convlens.pipeline.prepare")
    monkeypatch.setattr(preparing, "open_source", interrupted)
    status, out, err = convlens("train", "digits")
    assert (status, out, err.strip()) == (130, "", "interrupted")


@pytest.mark.slow
def test_a_budget_is_kept_for_the_whole_command(tmp_path):
    command = [sys.executable, "-m", "convlens", "train", "digits", "--budget", "12s", "--json"]
    for _ in range(3):  # not the 10 % that are promised, and again: machines of tests are busy
        begun = time.monotonic()
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False
        )
        seconds = time.monotonic() - begun
        assert done.returncode == 0, done.stderr
        accuracy = json.loads(done.stdout)["test_accuracy"]
        if held := 8 < seconds < 16 and accuracy > 0.95:
            break
    assert held, (seconds, accuracy)


def test_recipe_is_shown_and_changed(convlens, shades, tmp_path):
    changes = ["--recipe", "flip=no,zoom=0.1", "--recipe", "filters_rate=0.2", "--lr", 0.5]
    status, out, _ = convlens("train", shades, *changes, "--recipe", "show")
    assert status == 0
    assert "filters_rate      0.1 " in out
    assert "flip              no " in out
    assert not list(tmp_path.glob("*.safetensors"))
    _, shown, _ = convlens("train", shades, *changes, "--recipe", "show", "--json")
    status, _, _ = convlens("train", shades, "--net", QUICK, "--epochs", 1, "--quiet", *changes)
    assert status == 0
    used = cl.load(tmp_path / "shades.safetensors").training["recipe"]
    assert used == json.loads(shown)
    assert (used["flip"], used["zoom"], used["filters_rate"]) == (False, 0.1, 0.1)


def test_a_recipe_that_does_not_read_is_wrong_usage(convlens, shades):
    status, _, err = convlens("train", shades, "--recipe", "bacth=64")
    assert status == 2
    assert "a recipe has no `bacth`; did you mean batch?" in err
    status, _, err = convlens("train", shades, "--recipe", "batch=4", "--batch", 8)
    assert (status, "batch is given beside the recipe's" in err) == (1, True)


def test_a_target_ends_training_once_it_is_reached(convlens, shades):
    arguments = ["--net", QUICK, "--target", "90%", "--json", "--out", "m.safetensors"]
    status, out, err = convlens("train", shades, *arguments)
    found = json.loads(out)
    assert status == 0, err
    assert found["target_reached"] is True
    assert found["validation_accuracy"] >= 0.9
    looks = [line for line in err.splitlines() if line.startswith("epoch")]
    assert len(looks) == found["epochs"] == found["best_epoch"]


def test_a_target_out_of_reach_ends_where_nothing_more_is_gained(convlens, tmp_path):
    random = np.random.default_rng(0)
    noise = random.integers(0, 255, (60, 8, 8)).astype(np.uint8)
    np.savez(tmp_path / "noise.npz", x=noise, y=np.arange(60) % 3)
    arguments = ["noise.npz", "--net", QUICK, "--target", "100%", "--quiet"]
    status, out, _ = convlens("train", *arguments)
    assert status == 0
    assert "the target of 100 % was not reached: it stopped improving at" in out
    assert "--budget" not in out
    status, out, _ = convlens("train", "noise.npz", "--target", "100%", "--quiet")
    assert "was not reached" in out
    assert "a budget such as --budget 30m chooses a larger network" in out
    status, out, _ = convlens("train", *arguments, "--epochs", 2)
    assert "the target of 100 % was not reached: the epochs were over at" in out
    for wrong in ("0%", "101%", "much", "2"):
        assert convlens("train", *arguments[:-3], "--target", wrong)[0] == 2
