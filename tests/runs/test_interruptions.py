"""Training that is killed, stopped and ended comes to the same weights, to the bit."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import convlens as cl

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the tests' own helper wants fork"),
]

NET = "INPUT 8x8x1 - CONV 6 - BN - RELU - POOL - DROPOUT 0.2 - FC"
EPOCHS, STEPS_PER_EPOCH = 16, 39
COMMAND = ["train", "digits", "--net", NET, "--epochs", str(EPOCHS), "--batch", "32"]
KILLS = 20
OFTEN = {"save_every": 0.03}


class Nursery:
    """Forks children that have torch imported already."""

    def __init__(self):
        script = Path(__file__).with_name("nursery.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        assert self.process.stdout.readline() == "ready\n"

    def start(self, folder, *more, **pranks):
        task = {"arguments": [*COMMAND, *more], "folder": str(folder), "pranks": pranks}
        self.process.stdin.write(json.dumps(task) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self):
        return int(self.process.stdout.readline())

    def run(self, folder, *more, **pranks):
        self.start(folder, *more, **pranks)
        return self.end()

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def nursery():
    one = Nursery()
    yield one
    one.close()


@pytest.fixture(scope="module")
def undisturbed(nursery, tmp_path_factory):
    """The folder of a run that nothing happened to."""
    folder = tmp_path_factory.mktemp("undisturbed")
    assert nursery.run(folder) == 0, (folder / "err.txt").read_text()
    return folder


def lines(folder):
    text = (folder / "runs/digits/events.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def told(folder, name, *fields):
    return [tuple(e[f] for f in fields) for e in lines(folder) if e["event"] == name]


def pictures(folder):
    """Which pictures each step saw, every time that it was taken."""
    seen = {}
    for line in (folder / "pictures.log").read_text().splitlines():
        step, pictures = line.split()
        seen.setdefault(int(step), set()).add(pictures)
    return seen


def assert_same(folder, undisturbed):
    found = cl.load(folder / "digits.safetensors").weights
    expected = cl.load(undisturbed / "digits.safetensors").weights
    assert all(np.array_equal(found[name], expected[name]) for name in expected)
    steps = told(folder, "step_done", "step", "loss")
    assert [step for step, _ in steps] == list(range(1, EPOCHS * STEPS_PER_EPOCH + 1))
    assert steps == told(undisturbed, "step_done", "step", "loss")
    look = ("step", "loss", "train_accuracy", "validation_loss", "validation_accuracy", "best")
    assert told(folder, "epoch_done", *look) == told(undisturbed, "epoch_done", *look)
    assert pictures(folder) == pictures(undisturbed)
    assert all(len(seen) == 1 for seen in pictures(folder).values())
    assert list(Path(folder / "runs").iterdir()) == [folder / "runs/digits"]
    assert not list(folder.rglob(".*"))


def wait_for(path, size, seconds=60):
    """Until the file at ``path`` has more than ``size`` bytes."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if path.exists() and path.stat().st_size > size:
            return
        time.sleep(0.002)
    raise AssertionError(f"nothing happened in {path}")


def length(path):
    return path.stat().st_size if path.exists() else 0


def test_killed_at_20_random_moments_some_of_them_within_a_save(nursery, undisturbed, tmp_path):
    chance = random.Random(5)
    resumed, within_saves = 0, 0
    for kill in range(KILLS):
        in_save = kill % 3 == 0
        watched = tmp_path / ("saving.log" if in_save else "pictures.log")
        before = length(watched)
        pid = nursery.start(tmp_path, fsync_sleeps=0.03 if in_save else 0.0, **OFTEN)
        if in_save:
            wait_for(watched, before + chance.randint(0, 1))
            time.sleep(chance.uniform(0, 0.02))
        else:
            wait_for(watched, before)
            time.sleep(chance.uniform(0, 0.12))
        os.kill(pid, signal.SIGKILL)
        assert nursery.end() == -signal.SIGKILL, "it was over before it was killed"
        within_saves += bool(list((tmp_path / "runs/digits").rglob(".*")))
        resumed += "going on with" in (tmp_path / "err.txt").read_text()
    assert nursery.run(tmp_path, **OFTEN) == 0, (tmp_path / "err.txt").read_text()
    taken = len((tmp_path / "pictures.log").read_text().splitlines())
    print(
        f"{KILLS} kills, {within_saves} left half a file, {resumed} of the commands after went on; "
        f"{taken:,} steps taken for {EPOCHS * STEPS_PER_EPOCH:,}"
    )
    assert resumed >= KILLS // 2
    assert within_saves >= 3
    assert_same(tmp_path, undisturbed)


@pytest.mark.parametrize(
    ("name", "status", "step"),
    [
        ("SIGINT", 130, 100),
        ("SIGTERM", 143, 201),
        ("SIGINT", 130, 3 * STEPS_PER_EPOCH),
        ("SIGINT", 130, 3 * STEPS_PER_EPOCH + 1),
        ("SIGTERM", 143, 1),
    ],
)
def test_stopped_by_a_signal(nursery, undisturbed, tmp_path, name, status, step):
    assert nursery.run(tmp_path, signal_at=step, signal_name=name) == status
    out, err = (tmp_path / "out.txt").read_text(), (tmp_path / "err.txt").read_text()
    assert "convlens train --resume runs/digits" in out
    assert "stopping after this step" in err
    assert cl.load(tmp_path / "digits.safetensors").training["epochs"] == step / STEPS_PER_EPOCH
    assert lines(tmp_path)[-1]["stopped"] is True
    assert nursery.run(tmp_path) == 0
    assert f"after step {step}," in (tmp_path / "err.txt").read_text()
    taken = len((tmp_path / "pictures.log").read_text().splitlines())
    assert taken == EPOCHS * STEPS_PER_EPOCH  # no step twice
    assert_same(tmp_path, undisturbed)


def test_two_signals_end_at_once_and_leave_the_last_checkpoint(nursery, undisturbed, tmp_path):
    pid = nursery.start(tmp_path, step_sleeps=0.3)
    wait_for(tmp_path / "pictures.log", 0)
    os.kill(pid, signal.SIGINT)
    time.sleep(0.05)
    os.kill(pid, signal.SIGINT)
    assert nursery.end() == 130
    assert (tmp_path / "err.txt").read_text().endswith("interrupted\n")
    assert not (tmp_path / "digits.safetensors").exists()
    assert nursery.run(tmp_path) == 0
    assert_same(tmp_path, undisturbed)


def test_an_undisturbed_run_saves_within_its_share_of_the_time(undisturbed):
    result = json.loads((undisturbed / "runs/digits/result.json").read_text())
    share = result["checkpoint_seconds"] / result["seconds"]
    print(f"checkpoints took {share:.2%} of {result['seconds']:.1f} s")
    assert share < 0.02
