"""``--without LIST``, which leaves pictures out of check, train and evaluate."""

import json

import pytest

import convlens as cl
from convlens.errors import DataError, SettingsError
from convlens.training.loop import Run
from tests.cli.conftest import QUICK, last_json

SHORT = ["--net", QUICK, "--epochs", "4", "--quiet"]
OUT = ["red/0.png", "red/1.png", "green/3.png"]


@pytest.fixture
def listed(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("# ConvLens: pictures to leave out of shades\n" + "\n".join(OUT) + "\n")
    return path


def settings(folder):
    return json.loads((folder / "settings.json").read_text())


def pictures(folder):
    data = settings(folder)["settled"]["data"]
    return data["train"] + data["validation"] + data["test"]


def test_training_does_not_see_them_and_files_stay(convlens, shades, listed, tmp_path):
    before = {path: path.read_bytes() for path in shades.rglob("*.png")}
    status, _, err = convlens("train", "shades", *SHORT[:-1], "--without", "out.txt")
    assert status == 0
    assert "note: 3 pictures are left out by out.txt\n" in err
    run = tmp_path / "runs" / "shades"
    assert settings(run)["settings"]["without"] == str(listed)
    assert pictures(run) == 36 - 3
    assert {path: path.read_bytes() for path in shades.rglob("*.png")} == before
    convlens("train", "shades", *SHORT)
    fingerprints = [settings(tmp_path / "runs" / name)["settled"]["data"]["fingerprint"]
                    for name in ("shades", "shades-2")]  # fmt: skip
    assert len(set(fingerprints)) == 2


def test_it_is_as_if_the_files_were_not_there(convlens, shades, listed, tmp_path):
    command = ["train", "shades", *SHORT, "--out"]
    convlens(*command, "listed.safetensors", "--without", "out.txt")
    for name in OUT:
        (shades / name).unlink()
    convlens(*command, "gone.safetensors")
    one, other = (cl.load(tmp_path / f"{name}.safetensors") for name in ("listed", "gone"))
    assert all((one.weights[name] == other.weights[name]).all() for name in one.weights)
    assert one.training["data"] == other.training["data"]


def test_check_and_evaluate_take_the_list_too(convlens, shades, listed):
    out = convlens("check", "shades", "--no-labels", "--json", "--quiet", "--without", listed)[1]
    told = json.loads(out)
    assert told["pictures"] == 33
    assert {one["name"]: one["pictures"] for one in told["classes"]} == {
        "blue": 12, "green": 11, "red": 10,
    }  # fmt: skip
    assert told["findings"][-1]["line"] == "3 pictures are left out by out.txt"
    convlens("train", "shades", *SHORT, "--without", listed, "--out", "m.safetensors")
    command = ["evaluate", "m.safetensors", "shades"]
    assert last_json(convlens(*command, "--json", "--quiet")[1])["n"] == 36
    status, out, err = convlens(*command, "--json", "--without", listed)
    found = last_json(out)
    assert (status, found["which"]) == (0, "the part that was held back in training")
    assert "note: 3 pictures are left out by out.txt" in err


def test_the_page_of_a_check_without_keeps_them_on_its_list(convlens, shades, listed, tmp_path):
    command = ["check", "shades", "--no-labels", "--quiet", "--html", "page.html"]
    (shades / "red" / "again.png").write_bytes((shades / "red" / "5.png").read_bytes())
    assert convlens(*command, "--without", listed)[0] == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert '"before":["green/3.png","red/0.png","red/1.png"]' in page
    assert "convlens train shades --without shades-without.txt" in page


def test_the_recipe_and_folds_go_by_what_is_left(convlens, shades, listed):
    assert convlens("train", "shades", "--recipe", "show", "--without", listed, "--json")[0] == 0
    command = ["train", "shades", *SHORT, "--folds", 3, "--json", "--without", listed]
    assert sum(fold["n"] for fold in last_json(convlens(*command)[1])["folds"]) == 33


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("nothing.png\n", "out.txt names no picture of shades: nothing.png\n"),
        ("\0", "out.txt is not a text, so no list of pictures\n"),
        ("\n".join(f"red/{number}.png" for number in range(12)), "the class `red` without a"),
    ],
)
@pytest.mark.parametrize("command", ["train", "check"])
def test_what_cannot_be_left_out_is_said_in_a_line(
    convlens, shades, listed, command, content, said
):
    listed.write_text(content)
    status, out, err = convlens(command, "shades", "--without", "out.txt")
    assert (status, out) == (1, "")
    assert err.startswith("error: out.txt ")
    assert said in err
    assert len(err.splitlines()) == 2


def test_lines_that_name_nothing_are_a_note(convlens, shades, listed):
    listed.write_text("red/0.png\nred/12.png\nshades/red/13.png\n")
    status, _, err = convlens("train", "shades", *SHORT[:-1], "--without", "out.txt")
    assert status == 0
    said = "note: 2 lines of out.txt name no picture of shades: red/12.png, shades/red/13.png\n"
    assert said in err


def test_the_list_is_part_of_the_command(convlens, shades, listed, tmp_path, monkeypatch):
    step = Run._step

    def interrupting(self):
        self.stop = lambda: True
        return step(self)

    command = ["train", "shades", *SHORT, "--without", "out.txt"]
    with monkeypatch.context() as patch:
        patch.setattr(Run, "_step", interrupting)
        assert convlens(*command)[0] == 130
    assert convlens("train", "shades", *SHORT)[0] == 0
    assert (tmp_path / "runs" / "shades-2").exists()  # another command, another run
    listed.write_text(listed.read_text() + "blue/7.png\n")
    err = convlens(*command)[2]
    assert "was begun otherwise: pictures to " in err
    listed.write_text("\n".join(OUT))
    assert convlens(*command)[0] == 0
    assert json.loads((tmp_path / "runs/shades/result.json").read_text())["state"] == "finished"
    monkeypatch.chdir(shades)
    again = ["train", "--resume", tmp_path / "runs/shades", "--epochs", 6, "--quiet"]
    assert convlens(*again)[0] == 0
    listed.unlink()
    status, _, err = convlens(*again[:-2], 8)
    assert (status, err.splitlines()[0]) == (
        1, f"error: the list {listed} cannot be read: no such file or directory",
    )  # fmt: skip


@pytest.mark.filterwarnings("ignore::convlens.ConvLensWarning")
def test_python_takes_a_path_or_names(shades, listed):
    found = [cl.train(shades, QUICK, epochs=1, without=chosen).training["data"]
             for chosen in (listed, str(listed), OUT, set(OUT))]  # fmt: skip
    assert found[1:] == found[:1] * 3
    assert found[0]["train"] + found[0]["validation"] + found[0]["test"] == 33
    with pytest.raises(DataError, match="the list names no picture"):
        cl.train(shades, QUICK, without=["x"])
    for wrong in (5, [1, 2], b"red/0.png"):
        with pytest.raises(SettingsError, match="without is"):
            cl.train(shades, QUICK, without=wrong)


@pytest.mark.filterwarnings("ignore::convlens.ConvLensWarning")
def test_names_given_in_python_are_kept_in_the_run(shades, tmp_path):
    cl.train(shades, QUICK, epochs=1, without=OUT, run=tmp_path / "run")
    assert settings(tmp_path / "run")["settings"]["without"] == sorted(OUT)
    assert pictures(tmp_path / "run") == 33
