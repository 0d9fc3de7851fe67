"""Nothing of the user's is written over, nothing hangs, and wrong values are said to be wrong."""

import os

import numpy as np
import pytest

import convlens as cl
from convlens.cli.main import run

MINE = "something of mine"


@pytest.mark.parametrize(
    "command",
    [
        ["export", "MODEL", "--to", "convnetjs", "--out", "mine.json"],
        ["net", "lenet5", "--svg", "mine.svg"],
        ["import", "snapshot.json", "--out", "mine.txt"],
        ["train", "digits", "--epochs", "1", "--out", "mine.safetensors"],
    ],
)
def test_files_of_others_are_not_written_over(command, snapshot_of, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    model, _ = snapshot_of
    mine = tmp_path / command[-1]
    mine.write_text(MINE)
    status = run([str(model) if word == "MODEL" else word for word in command])
    assert status == 1
    assert "exists and is not" in capsys.readouterr().err
    assert mine.read_text() == MINE


@pytest.fixture
def snapshot_of(tmp_path, monkeypatch):
    """A tiny model, and the same as ConvNetJS' JSON beside it."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "tiny.safetensors"
    cl.train("digits", "CONV 4 - RELU - POOL - FC", epochs=1, out=path)
    assert run(["export", str(path), "--to", "convnetjs", "--out", "snapshot.json"]) == 0
    return path, tmp_path / "snapshot.json"


def test_what_is_ours_may_be_replaced(snapshot_of, tmp_path):
    model, snapshot = snapshot_of
    before = model.read_bytes()
    assert run(["export", str(model), "--to", "convnetjs", "--out", str(model)]) == 1
    assert model.read_bytes() == before
    for _ in range(2):
        assert run(["import", str(snapshot), "--out", "imported.safetensors"]) == 0
        assert run(["net", "lenet5", "--svg", "drawing.svg"]) == 0
    assert run(["import", str(snapshot), "--out", str(snapshot)]) == 1
    classifier = cl.load(model)
    classifier.save(model)
    (tmp_path / "photo.jpg").write_text(MINE)
    with pytest.raises(cl.OutputError, match="is not a model"):
        classifier.save(tmp_path / "photo.jpg")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
@pytest.mark.parametrize(
    "command",
    [
        ["predict", "tiny.safetensors", "pipe.jpg"],
        ["predict", "tiny.safetensors", "."],
        ["predict", "pipe.jpg", "pipe.jpg"],
        ["import", "pipe.jpg"],
    ],
)
def test_pipes_are_not_waited_for(command, snapshot_of, tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe.jpg")
    assert run(command) == 1
    assert "error" in capsys.readouterr().err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")  # noqa: PTH110
@pytest.mark.parametrize("command", ["zoo", "net lenet5"])
def test_a_full_disk_under_the_output_is_one_line(command):
    import subprocess
    import sys

    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "convlens", *command.split()],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "error: cannot write the output: no space left on device"


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": "16x16"},
        {"size": (16, 16, 3)},
        {"size": (-1, 3)},
        {"size": 5000},
        {"net": 3},
        {"net": b"FC"},
        {"epochs": "3"},
        {"epochs": float("inf")},
        {"budget": float("nan")},
        {"budget": "2s"},
        {"seed": None},
        {"seed": 1.5},
        {"batch": "8"},
        {"batch": 1.5},
        {"lr": "x"},
        {"device": "tpu"},
        {"device": None},
        {"base": 3},
        {"out": 3},
        {"run": True},
        {"freeze": 1},
    ],
    ids=str,
)
def test_wrong_values_are_settings_errors(wrong):
    with pytest.raises(cl.SettingsError) as caught:
        cl.train("digits", **{"epochs": 1, **wrong})
    assert next(iter(wrong)) in str(caught.value)


def test_good_values_of_other_kinds_are_taken():
    net = "CONV 4 - RELU - POOL - FC"
    classifier = cl.train("digits", net, size=6, seed=np.int64(3), epochs=np.float32(1))
    assert classifier.preprocessing.width == 6


@pytest.mark.parametrize("strange", [None, 3, ["a.png"]])
def test_what_is_no_picture_at_all_is_said(strange, digits_model):
    with pytest.raises(cl.DataError, match="a picture is a path"):
        cl.load(digits_model).predict(strange)
    with pytest.raises(cl.DataError, match="several"):
        next(cl.load(digits_model).predict_each("a.png"))
