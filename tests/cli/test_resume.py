"""Going on: what counts as the same command, what is refused, and what a failing disk loses."""

import contextlib
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

import convlens as cl
from convlens.cli.main import run
from convlens.errors import RunError
from convlens.pipeline import saving
from convlens.training.events import StepDone
from convlens.training.loop import Run
from tests.cli.conftest import QUICK, folder_of_shades, picture

SHORT = ["--net", QUICK, "--epochs", "6", "--quiet"]


@pytest.fixture
def interrupt(monkeypatch):
    """After a given step of the next training, Ctrl-C."""

    def at(number):
        step = Run._step

        def interrupting(self):
            done = step(self)
            if done.step == number:
                self.stop = lambda: True
            return done

        monkeypatch.setattr(Run, "_step", interrupting)
        return lambda: monkeypatch.setattr(Run, "_step", step)

    return at


@pytest.fixture
def begun(convlens, shades, tmp_path, monkeypatch):
    """A training of the shades that was interrupted after its second step of six."""
    step = Run._step

    def interrupting(self):
        done = step(self)
        self.stop = lambda: done.step == 2
        return done

    with monkeypatch.context() as patch:
        patch.setattr(Run, "_step", interrupting)
        status, out, _ = convlens("train", shades, *SHORT)
    assert status == 130
    assert "to go on: the same command again, or convlens train --resume runs/shades" in out
    return tmp_path / "runs" / "shades"


def events(folder, name=None):
    lines = map(json.loads, (folder / "events.jsonl").read_text().splitlines())
    return [line for line in lines if name in (None, line["event"])]


def settings(folder, **changes):
    path = folder / "settings.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps(document | changes))
    return document


def weights(path):
    return cl.load(path).weights


def listed(convlens):
    return {run["name"]: run for run in json.loads(convlens("runs", "--json")[1])["runs"]}


def refused(convlens, *arguments, status=1):
    found, out, err = convlens(*arguments)
    assert (found, out) == (status, ""), err
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) <= 3
    return err


def test_the_same_command_goes_on_to_the_same_weights(convlens, shades, begun, tmp_path):
    assert (tmp_path / "shades.safetensors").exists()  # what was learned until then
    assert listed(convlens)["shades"]["state"] == "unfinished"
    status, _, err = convlens("train", shades, *SHORT[:-1])
    assert status == 0
    assert "going on with runs/shades after step 2" in err
    steps = [line["step"] for line in events(begun, "step_done")]
    assert steps == list(range(1, 7))
    assert convlens("train", shades, *SHORT, "--out", "whole.safetensors")[0] == 0
    found, whole = weights(tmp_path / "shades.safetensors"), weights(tmp_path / "whole.safetensors")
    assert all(np.array_equal(found[name], whole[name]) for name in whole)
    shown = listed(convlens)["shades"]
    assert shown["state"] == "finished"
    assert shown["accuracy"] is not None
    assert shown["command"].startswith("convlens train ")
    assert sorted(path.name for path in begun.iterdir()) == [
        "checkpoints", "events.jsonl", "lock", "result.json", "settings.json",
    ]  # fmt: skip
    assert len(list((begun / "checkpoints").iterdir())) == 1


def test_a_finished_run_is_not_gone_on_with_but_begun_anew(convlens, shades, tmp_path):
    for _ in range(2):
        assert convlens("train", shades, *SHORT)[0] == 0
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {"shades", "shades-2"}
    assert (tmp_path / "shades-2.safetensors").exists()
    before = (tmp_path / "runs/shades/result.json").stat().st_mtime_ns
    assert convlens("train", shades, *SHORT, "--out", "shades.safetensors")[0] == 0
    assert (tmp_path / "runs/shades/result.json").stat().st_mtime_ns > before


def test_another_command_is_another_run(convlens, shades, begun, tmp_path):
    assert convlens("train", shades, *SHORT, "--seed", 1)[0] == 0
    assert (tmp_path / "shades-2.safetensors").exists()
    assert listed(convlens)["shades"]["state"] == "unfinished"


def test_fresh_begins_anew(convlens, shades, begun):
    assert convlens("train", shades, *SHORT, "--fresh")[0] == 0
    assert events(begun, "resumed") == []
    assert listed(convlens).keys() == {"shades"}


def test_resume_by_name_also_for_longer_also_after_the_end(convlens, begun):
    longer = ["--epochs", 8, "--json", "--quiet"]
    status, out, err = convlens("train", "--resume", "shades", *longer)
    assert status == 0, err
    assert json.loads(out)["epochs"] == 8
    assert "--epochs above 8" in refused(convlens, "train", "--resume", begun, "--quiet")
    assert "is finished" in refused(convlens, "train", "--resume", begun, "--epochs", 5)
    status, out, _ = convlens("train", "--resume", begun, "--epochs", 9, "--json", "--quiet")
    assert json.loads(out)["epochs"] == 9
    assert [line["step"] for line in events(begun, "step_done")] == list(range(1, 10))
    err = refused(convlens, "train", "--resume", begun, "--epochs", 20, "--lr", 2, "--quiet")
    assert "lr was left out, is 2" in err
    assert convlens("train", "--resume", begun, "--fresh")[0] == 2


def test_fine_tuning_goes_on_too(convlens, begun, shades, interrupt):
    assert convlens("train", shades, *SHORT, "--out", "base.safetensors")[0] == 0
    command = ["train", shades, "--from", "base.safetensors", "--freeze", 1, "--epochs", 5]
    whole = json.loads(convlens(*command, "--json", "--out", "whole.safetensors")[1])
    undo = interrupt(3)
    assert convlens(*command, "--out", "new.safetensors")[0] == 130
    undo()
    status, out, err = convlens("train", "--resume", "new", "--json")
    assert status == 0, err
    assert "after step 3," in err
    assert json.loads(out)["validation_log_loss"] == whole["validation_log_loss"]
    shutil.copy("whole.safetensors", "base.safetensors")
    undo = interrupt(3)
    assert convlens(*command, "--out", "third.safetensors")[0] == 130
    undo()
    other = ["--net", QUICK, "--size", "14", "--epochs", 1, "--out", "base.safetensors"]
    assert convlens("train", shades, *other)[0] == 0
    assert "was begun otherwise" in refused(
        convlens, *command, "--out", "third.safetensors", "--quiet"
    )


def test_a_budget_counts_what_was_spent(convlens, begun, monkeypatch):
    shelf = importlib.import_module("convlens.runs.shelf").Shelf(begun / "checkpoints")
    last, _ = shelf.latest()
    shelf.save(replace(last, document={**last.document, "spent": 100.0}))
    begin = time.monotonic()
    monkeypatch.setattr("convlens.cli.train.BEGUN", begin)
    status, out, _ = convlens("train", "--resume", begun, "--budget", "101.5s", "--json", "--quiet")
    result = json.loads(out)
    assert status == 0
    assert result["stopped"] is False
    assert time.monotonic() - begin < 20
    assert 100.5 < result["seconds"] < 120
    assert result["steps"] > 2


def test_changed_data_are_refused_with_what_changed(convlens, shades, begun):
    picture((200, 30, 30)).save(shades / "red" / "more.png")
    err = refused(convlens, "train", shades, *SHORT)
    assert "pictures to" in err
    assert "--fresh" in err
    assert "--anyway" in err
    assert convlens("train", shades, *SHORT, "--anyway")[0] == 0
    assert events(begun, "resumed")[0]["step"] == 2


def more_classes(shades, *names):
    """Eight pictures for each of some other classes."""
    for number, name in enumerate(names):
        (shades / name).mkdir()
        for count in range(8):
            seed = 100 * number + count
            picture((90, 20 * number, 220), seed=seed).save(shades / name / f"{count}.png")


@pytest.mark.parametrize("command", ["the same", "--resume"])
def test_a_new_class_is_named_with_how_to_go_on(convlens, shades, begun, tmp_path, command):
    more_classes(shades, "violet")
    again = ["train", "shades", *SHORT] if command == "the same" else ["train", "--resume", begun]
    err = refused(convlens, *again)
    folder = "runs/shades" if command == "the same" else begun
    assert err.splitlines()[0] == f"error: {folder} was begun otherwise: the class `violet` is new"
    data = "shades" if command == "the same" else shades
    hint = f"convlens train {data} --from shades.safetensors goes on from its model with a new head"
    assert err.splitlines()[1].strip() == f"{hint}, or begin anew with --fresh"
    told = hint.partition(" goes on")[0].split()
    assert convlens(*told[1:], "--epochs", 1, "--quiet")[0] == 0
    assert cl.load(tmp_path / "shades-2.safetensors").classes == ("blue", "green", "red", "violet")
    assert "the checkpoint in" in (err := refused(convlens, *again, "--anyway"))
    assert "does not fit: the class `violet` is new" in err
    assert hint in err


def test_classes_that_are_gone_are_named_too(convlens, shades, begun):
    more_classes(shades, "beige", "cyan", "pink", "teal", "a b")
    shutil.rmtree(shades / "blue")
    err = refused(convlens, "train", shades, *SHORT)
    new = "the classes `a b`, `beige`, `cyan` and 2 more are new and the class `blue` is gone"
    assert err.splitlines()[0] == f"error: runs/shades was begun otherwise: {new}"


def test_other_classes_where_no_model_was_written(convlens, shades, begun, tmp_path):
    (tmp_path / "shades.safetensors").unlink()
    more_classes(shades, "violet")
    assert "no model file yet that --from could" in refused(convlens, "train", shades, *SHORT)
    assert convlens("train", shades, *SHORT, "--fresh")[0] == 0
    assert cl.load(tmp_path / "shades.safetensors").classes[-1] == "violet"


def test_other_classes_are_refused_where_the_text_says_how_many(convlens, shades, interrupt):
    command = ["train", shades, "--net", "INPUT - CONV 4 - RELU - FC 3", "--epochs", 4, "--quiet"]
    undo = interrupt(2)
    assert convlens(*command)[0] == 130
    undo()
    more_classes(shades, "violet")
    for again in (command, ["train", "--resume", "shades"]):
        err = refused(convlens, *again)
        assert "the class `violet` is new" in err
        assert "--from shades.safetensors" in err


def test_pictures_whose_content_changed_are_noticed(convlens, shades, begun):
    paths = sorted((shades / "red").glob("*.png"))
    contents = [path.read_bytes() for path in paths]
    for path, content in zip(paths, contents[1:] + contents[:1], strict=True):
        path.write_bytes(content)
    assert "changed" in refused(convlens, "train", shades, *SHORT)


def test_a_changed_network_is_refused(convlens, shades, tmp_path, interrupt):
    text = tmp_path / "net.txt"
    text.write_text("INPUT - CONV 4 - RELU - FC")
    command = ["train", shades, "--net", "net.txt", "--epochs", 4, "--quiet"]
    undo = interrupt(2)
    assert convlens(*command)[0] == 130
    undo()
    text.write_text("INPUT - CONV 5 - RELU - FC")
    err = refused(convlens, *command)
    assert "the network was INPUT" in err
    assert "CONV 5" in err
    assert "does not fit" in refused(convlens, *command, "--anyway")
    assert "shades" in listed(convlens)


def test_a_changed_recipe_is_refused(convlens, shades, begun):
    document = settings(begun)
    document["settled"]["recipe"]["label_smoothing"] = 0.2
    settings(begun, settled=document["settled"])
    err = refused(convlens, "train", shades, *SHORT)
    assert "the recipe's label_smoothing was 0.2, is 0.1" in err
    assert convlens("train", shades, *SHORT, "--anyway")[0] == 0


def test_other_settings_in_a_named_place_are_refused(convlens, shades, begun):
    err = refused(convlens, "train", shades, *SHORT, "--lr", 2, "--out", "shades.safetensors")
    assert "lr was left out, is 2.0" in err


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"format": None},
        {"settings": None},
        {"settings": {}},
        {"settled": []},
        {"settled": {}},
        {"out": 7},
        {"settings": {"data": "shades", "seed": -3, "device": "cpu"}},
        {"settings": {"data": "shades", "seed": 0, "device": "tpu"}},
        {"settings": {"data": "shades", "seed": 0, "device": "cpu", "epochs": "many"}},
        {"settings": {"data": "shades", "seed": 0, "device": "cpu", "size": [1, 2, 3]}},
        {"settings": {"data": "nowhere", "seed": 0, "device": "cpu"}},
        {"settled": {"architecture": "INPUT - CNOV"}},
        {"settled": {"architecture": 5}},
    ],
    ids=str,
)
def test_settings_edited_into_nonsense_are_refused(convlens, begun, change):
    settings(begun, **change)
    err = convlens("train", "--resume", begun, "--quiet")
    assert err[0] == 1
    assert "Traceback" not in err[2]
    assert "error: " in err[2]
    assert "update ConvLens" in err[2] if change == {"format": 2} else "--" in err[2] or err[2]
    assert convlens("runs")[0] == 0


def test_a_folder_with_nothing_but_a_lock_is_taken_over(convlens, shades, tmp_path):
    """What a kill leaves between making the folder and writing the settings."""
    (tmp_path / "runs" / "shades").mkdir(parents=True)
    (tmp_path / "runs" / "shades" / "lock").write_text("99999999")
    assert convlens("train", shades, *SHORT)[0] == 0
    assert listed(convlens).keys() == {"shades"}


def test_no_run_of_that_name(convlens, tmp_path):
    assert "is not a run folder" in refused(convlens, "train", "--resume", "nothing")
    assert "there is no folder" in refused(convlens, "runs")


def test_a_folder_of_somebody_else_is_not_touched(convlens, shades, tmp_path):
    theirs = tmp_path / "runs" / "mine"
    theirs.mkdir(parents=True)
    (theirs / "notes").write_text("x")
    err = refused(convlens, "train", shades, *SHORT, "--out", "mine.safetensors")
    assert "not a run folder" in err
    assert (
        convlens("train", shades, *SHORT, "--out", "mine.safetensors", "--runs", "others")[0] == 0
    )
    assert (tmp_path / "others" / "mine" / "result.json").exists()


def test_a_second_command_in_the_folder_is_refused(convlens, shades, begun):
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom convlens.runs.lock import Lock\n"
        "lock = Lock(Path(sys.argv[1]))\nprint('held', flush=True)\ntime.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(begun / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        err = refused(convlens, "train", shades, *SHORT)
        assert f"trained right now by process {other.pid}" in err
        assert listed(convlens)["shades"]["state"] == "running"
        other.kill()
    assert convlens("train", shades, *SHORT)[0] == 0


def test_a_damaged_checkpoint_is_told_and_done_without(convlens, shades, begun):
    (path,) = (begun / "checkpoints").iterdir()
    content = bytearray(path.read_bytes())
    content[-9] ^= 4
    path.write_bytes(content)
    status, _, err = convlens("train", shades, *SHORT[:-1])
    assert status == 0
    assert "is refused: its checksum does not agree" in err
    assert "training begins anew" in err
    assert len(events(begun, "step_done")) == 6


def test_a_clock_set_back_changes_nothing(convlens, shades, begun, monkeypatch):
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 1e7)
    gmtime = time.gmtime
    monkeypatch.setattr(time, "gmtime", lambda *_: gmtime(1000))
    for path in begun.rglob("*"):
        os.utime(path, (2e9, 2e9))
    assert convlens("train", shades, *SHORT)[0] == 0
    assert [line["step"] for line in events(begun, "step_done")] == list(range(1, 7))


@pytest.mark.filterwarnings("ignore::convlens.ConvLensWarning")  # little is learned here
def test_python_keeps_a_run_where_it_is_asked_to(shades, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    x, y = random.integers(0, 255, (60, 8, 8)).astype(np.uint8), np.arange(60) % 2
    net = "CONV 4 - RELU - FC"
    cl.train((x, y), net, epochs=2)
    assert list(tmp_path.glob("runs*")) == []

    def stumble(event):
        if isinstance(event, StepDone) and event.step == 5:
            raise KeyboardInterrupt

    monkeypatch.setattr(saving, "SHARE", 1e9)
    with pytest.raises(KeyboardInterrupt):
        cl.train((x, y), net, epochs=8, run="runs/a", listen=stumble)
    seen = []
    found = cl.train((x, y), net, epochs=8, run="runs/a", listen=seen.append)
    assert [type(event).__name__ for event in seen].count("Resumed") == 1
    whole = cl.train((x, y), net, epochs=8)
    assert all(np.array_equal(found.weights[k], whole.weights[k]) for k in whole.weights)
    with pytest.raises(KeyboardInterrupt):
        cl.train((x, y), net, epochs=9, run="runs/b", listen=stumble)
    with pytest.raises(RunError, match="contents of the pictures"):
        cl.train((255 - x, y), net, epochs=9, run="runs/b")


def test_nan_in_the_run_is_told_and_recovered_from(convlens, shades, monkeypatch, tmp_path):
    from convlens.training.learner import Learner

    descend, calls = Learner.descend, [0]

    def planted(self, pictures, *more):
        calls[0] += 1
        return descend(self, pictures * float("nan") if calls[0] == 4 else pictures, *more)

    monkeypatch.setattr(Learner, "descend", planted)
    status, _, err = convlens("train", shades, *SHORT[:-1])
    assert status == 0
    assert "the loss of step 4 is not finite; back to step 3" in err
    assert "the learning rate times 0.5" in err
    assert [e["step"] for e in events(tmp_path / "runs/shades", "went_back")] == [4]


def test_giving_up_names_the_step_and_the_pictures(convlens, shades, monkeypatch):
    from convlens.training.learner import Learner

    descend = Learner.descend

    def planted(self, pictures, labels, step, *more):
        return descend(
            self, pictures * float("nan") if step >= 3 else pictures, labels, step, *more
        )

    monkeypatch.setattr(Learner, "descend", planted)
    status, out, err = convlens("train", shades, *SHORT)
    assert (status, out) == (1, "")
    assert "the loss is not finite at step 4" in err
    assert ".png" in err
    assert "5 times" in err
    assert "--lr" in err
    shown = listed(convlens)["shades"]
    assert shown["state"] == "failed"
    assert "not finite at step 4" in shown["error"]


@contextlib.contextmanager
def small_disk(path, size="600k"):
    """A disk of its own at ``path``, where we may mount one."""
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)]
    try:
        subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a small disk is not allowed here")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def test_a_disk_that_fills_up_costs_checkpoints_only(convlens, shades, tmp_path, monkeypatch):
    monkeypatch.setattr(saving, "SHARE", 1e9)
    monkeypatch.setattr(saving, "EVERY", 0.0)
    monkeypatch.setattr("convlens.pipeline.settling.ROOM_FOR_EVENTS", 0)
    with small_disk(tmp_path / "disk") as disk:
        step = Run._step

        def filling(self):
            done = step(self)
            if done.step == 3:
                with contextlib.suppress(OSError), (disk / "filler").open("wb") as file:
                    while True:
                        file.write(bytes(4096))
                        file.flush()
            return done

        monkeypatch.setattr(Run, "_step", filling)
        status, _, err = convlens("train", shades, *SHORT[:-1], "--runs", disk)
        assert status == 0, err
        assert "no checkpoint could be written" in err
        assert "no space left on device" in err
        assert "that of step 2 is kept" in err
        assert err.count("could be written") == 1
        kept = sorted(path.name for path in (disk / "shades" / "checkpoints").iterdir())
        assert kept[-1] == "step-0000000002.safetensors"
        (disk / "filler").unlink()
        monkeypatch.setattr(Run, "_step", step)
        shutil.rmtree(tmp_path / "runs", ignore_errors=True)
        status, _, err = convlens("train", shades, *SHORT[:-1], "--runs", disk)
        assert status == 0
        assert "going on with" in err
        assert "after step 2," in err


def test_too_small_a_disk_is_said_before_training(convlens, shades, tmp_path):
    with small_disk(tmp_path / "disk") as disk:
        err = refused(convlens, "train", shades, *SHORT, "--runs", disk)
        assert "needs about" in err
        assert "are free" in err
        assert "--runs" in err


def test_a_limit_on_the_size_of_files_costs_checkpoints_only(shades, tmp_path):
    """As a quota does it, in a process of its own: what is over the limit fails with EFBIG."""
    code = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from convlens.cli.main import run\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "sys.exit(run(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "train", str(shades), "--net", QUICK, "--epochs", "3"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "CONVLENS_CACHE": str(tmp_path / "cache")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "no checkpoint could be written (cannot write" in done.stderr
    assert "none is kept yet" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "shades.safetensors").exists()


def test_a_folder_that_cannot_be_written_is_said_before_training(convlens, shades, tmp_path):
    (tmp_path / "file").write_text("mine")
    err = refused(convlens, "train", shades, *SHORT, "--runs", "file/runs")
    assert "cannot write file/runs/shades: not a directory" in err
    assert "--runs" in err
    with small_disk(tmp_path / "disk") as disk:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        err = refused(convlens, "train", shades, *SHORT, "--runs", disk)
        assert "read-only file system" in err


def test_a_folder_that_vanishes_is_made_again(convlens, shades, tmp_path, monkeypatch):
    monkeypatch.setattr(saving, "SHARE", 1e9)
    monkeypatch.setattr(saving, "EVERY", 0.0)
    step, folder = Run._step, tmp_path / "runs" / "shades"

    def vanishing(self):
        done = step(self)
        if done.step == 3:
            shutil.rmtree(folder)
        if done.step == 5:
            self.stop = lambda: True
        return done

    with monkeypatch.context() as patch:
        patch.setattr(Run, "_step", vanishing)
        status, _, err = convlens("train", shades, *SHORT[:-1])
    assert status == 130
    assert "runs/shades has vanished; it is made again" in err
    status, _, err = convlens("train", shades, *SHORT[:-1])
    assert status == 0
    assert "after step 5," in err


def test_sigterm_before_training_ends_at_once(convlens, monkeypatch, tmp_path):
    preparing = importlib.import_module("convlens.pipeline.prepare")
    monkeypatch.setattr(preparing, "open_source", lambda *_: signal.raise_signal(signal.SIGTERM))
    status, out, err = convlens("train", "digits")
    assert (status, out, err.strip()) == (143, "", "interrupted")
    assert not (tmp_path / "runs").exists()


def test_tensorboard_files_are_written(convlens, shades, tmp_path):
    pytest.importorskip("tensorboardX")
    assert convlens("train", shades, *SHORT, "--tensorboard")[0] == 0
    (path,) = (tmp_path / "runs" / "shades" / "tensorboard").iterdir()
    content = path.read_bytes()
    for tag in (b"loss/batch", b"loss/validation", b"accuracy/validation"):
        assert tag in content


def test_tensorboard_without_its_package_is_said(convlens, shades, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    err = refused(convlens, "train", shades, *SHORT, "--tensorboard")
    assert 'pip install "convlens[tensorboard]"' in err


def test_runs_are_listed_as_they_stand(convlens, shades, begun):
    folder_of_shades(begun.parent.parent / "others")
    assert convlens("train", "others", *SHORT)[0] == 0
    (begun.parent / "not-a-run").mkdir()
    status, out, _ = convlens("runs")
    assert status == 0
    rows = [line.split() for line in out.splitlines()]
    assert [row[:2] for row in rows if row[0] in ("others", "shades")] == [
        ["others", "finished"],
        ["shades", "unfinished"],
    ]
    assert "not-a-run" not in out
    assert run(["runs", str(begun.parent)]) == 0
