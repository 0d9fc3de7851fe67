"""Files that strangers made: what they ask for is bounded, and no pipe is waited for."""

import os

import numpy as np
import pytest
from safetensors.numpy import load_file

import convlens as cl
from convlens.data.preprocessing import Geometry
from convlens.data.stream import _bounds
from convlens.modelfile import Model, read_model, write_model
from tests.cli.conftest import picture
from tests.test_modelfile import model

BOMB = "INPUT 4096x4096x3 - CONV 127@1x1 - GLOBALPOOL - FC"


def sized(text, side):
    """A model on pictures of ``side`` × ``side`` pixels, all weights 0.01."""
    from convlens.data import Preprocessing
    from convlens.modelfile import tensor_shapes
    from convlens.notation import Architecture

    plan = Architecture(text).plan(classes=2)
    weights = {n: np.full(s, 0.01, np.float32) for n, s in tensor_shapes(plan).items()}
    return Model(plan.architecture, ("a", "b"), Preprocessing(side, side, 3), weights, 1.0, {})


@pytest.fixture
def bomb(tmp_path):
    write_model(sized(BOMB, 4096), tmp_path / "bomb.safetensors")
    assert (tmp_path / "bomb.safetensors").stat().st_size < 5000
    picture((90, 90, 90)).save(tmp_path / "a.png")
    return tmp_path / "bomb.safetensors"


@pytest.mark.parametrize(
    "command",
    [["predict", "a.png"], ["predict", "a.png", "a.png", "--views"], ["scan", "a.png"],
     ["look", "a.png"], ["evaluate", "digits"], ["export", "--to", "convnetjs"]],
)  # fmt: skip
def test_a_small_file_that_asks_for_a_lot_is_refused(convlens, bomb, command, monkeypatch):
    monkeypatch.setenv("CONVLENS_MAX_MEMORY", "2G")
    status, out, err = convlens(command[0], bomb, *command[1:])
    assert (status, out) == (1, "")
    said = "a prediction of one picture would take up to 16.4 GB of memory; 2.0 GB are allowed"
    assert err == (
        f"error: {bomb}: {said}\n  if you trust it, allow as much: CONVLENS_MAX_MEMORY=17G\n"
    )


def test_the_variable_decides_for_files_and_for_trainings(convlens, digits_model, monkeypatch):
    monkeypatch.setenv("CONVLENS_MAX_MEMORY", "60M")
    status, _, err = convlens("evaluate", digits_model, "digits")
    assert (status, "60 MB are allowed" in err) == (1, True)
    net = ("train", "digits", "--net", "CONV 2 - POOL - FC", "--epochs", "1", "--quiet")
    status, _, err = convlens(*net, "--out", "m.safetensors")
    assert (status, "with this network a prediction of one picture would" in err) == (1, True)
    monkeypatch.setenv("CONVLENS_MAX_MEMORY", "100M")
    assert convlens("evaluate", digits_model, "digits")[0] == 0
    assert convlens(*net, "--out", "m.safetensors")[0] == 0
    assert convlens("evaluate", "m.safetensors", "digits")[0] == 0
    monkeypatch.setenv("CONVLENS_MAX_MEMORY", "much")
    status, _, err = convlens("evaluate", digits_model, "digits")
    assert (status, err.splitlines()[0]) == (1, "error: CONVLENS_MAX_MEMORY is 'much'")


def test_looking_takes_more_than_predicting_and_is_asked_by_itself(convlens, tmp_path, monkeypatch):
    deep = "INPUT 256x256x3 - [RELU]*300 - GLOBALPOOL - FC"
    write_model(sized(deep, 256), tmp_path / "deep.safetensors")
    picture((90, 90, 90)).save(tmp_path / "a.png")
    monkeypatch.setenv("CONVLENS_MAX_MEMORY", "200M")
    assert convlens("predict", "deep.safetensors", "a.png")[0] == 0
    status, _, err = convlens("look", "deep.safetensors", "a.png")
    assert (status, "error: looking into this network would take up to" in err) == (1, True)
    assert not list(tmp_path.glob("*.html"))


def test_large_pictures_are_held_a_few_at_a_time():
    classifier = cl.Classifier(sized("INPUT 2048x2048x3 - POOL 64x64 - GLOBALPOOL - FC", 2048))
    taken = []

    def given():
        for number in range(40):
            taken.append(number)
            yield np.zeros((2048, 2048, 3), np.uint8)

    next(classifier.predict_each(given()))
    assert len(taken) == classifier.together == 5
    largest = {
        side: max(np.diff(_bounds(9000, Geometry(side, side, 3)))) for side in (32, 256, 4096)
    }
    assert largest == {32: 4096, 256: 341, 4096: 4}


def test_weights_that_give_no_numbers_are_one_line(convlens, tmp_path):
    made = model()
    for name, values in made.weights.items():
        if name.endswith("weight"):
            values[...] = 3e38
    write_model(made, tmp_path / "m.safetensors")
    picture((90, 90, 90)).save(tmp_path / "a.png")
    for extra in ([], ["--views"], ["a.png"]):
        status, out, err = convlens("predict", "m.safetensors", "a.png", *extra)
        assert (status, out) == (1, "")
        assert err.startswith("error: the network's scores are no numbers")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
@pytest.mark.parametrize("kind", ["pipe", "/dev/zero", "folder", "nothing"])
def test_options_that_name_files_read_regular_files_only(convlens, digits_model, tmp_path, kind):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for command in (
        ["import", "s.json", "--classes", kind],
        ["import", kind],
        ["evaluate", digits_model, "digits", "--without", kind],
        ["train", "digits", "--net", kind, "--out", "m.safetensors"],
        ["train", "digits", "--from", kind, "--out", "m.safetensors"],
        ["predict", kind, "a.png"],
        ["net", kind],
    ):
        status, out, err = convlens(*command)
        assert (status, out) == (1, ""), command
        assert err.startswith("error: "), command
        assert len(err.splitlines()) <= 4, command


def test_a_list_of_classes_is_bounded(convlens, tmp_path):
    with (tmp_path / "names.txt").open("wb") as file:
        file.truncate(17 << 20)
    status, _, err = convlens("import", "s.json", "--classes", "names.txt")
    assert (status, "names.txt is larger than 16 MB" in err) == (1, True)


def test_what_a_network_learned_is_used_wherever_it_was_learned(convlens, tmp_path, monkeypatch):
    monkeypatch.delenv("CONVLENS_MAX_MEMORY", raising=False)
    monkeypatch.setattr("convlens.data.memory.physical_memory", lambda: 1000)
    net = "CONV 4 - BN - RELU - POOL - FC"
    assert convlens("train", "digits", "--net", net, "--epochs", "1", "--quiet", "--out",
                    "m.safetensors")[0] == 0  # fmt: skip
    assert convlens("evaluate", "m.safetensors", "digits")[0] == 0
    assert (
        load_file(tmp_path / "m.safetensors").keys()
        > read_model(tmp_path / "m.safetensors").weights.keys()
    )
