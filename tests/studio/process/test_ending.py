"""However it ends, what was learned is kept; and being watched changes nothing of it."""

import json
import shutil
import signal
import threading
import time
from contextlib import suppress

import numpy as np
import pytest

from convlens.classifier import Classifier
from convlens.runs.folder import RunFolder
from tests.studio.process.conftest import NET
from tests.studio.process.driving import Process, Refused


@pytest.fixture
def started(tmp_path, warm):
    processes = []

    def start(name="one", cold=False, **variables):
        folder = tmp_path / name
        folder.mkdir()
        processes.append(Process(folder, None if cold else warm, **variables))
        return processes[-1]

    yield start
    for one in processes:
        one.close()


def weights_after(process, folder, watch):
    """The weights that a run with dropout and batch-norm comes to, ``watch`` called meanwhile."""
    net = "CONV 8 - BN - RELU - DROPOUT 0.3 - POOL - CONV 8 - BN - RELU - FC"
    process.open(folder, net=net, epochs=12, go=True)
    over = threading.Event()

    def keep_watching():
        while not over.is_set():
            watch()

    thread = threading.Thread(target=keep_watching)
    thread.start()
    finished = process.until(lambda o: o["tell"] == "finished")
    over.set()
    thread.join()
    return Classifier.load(finished["model"]).weights


def test_a_run_that_is_watched_ends_with_the_very_same_weights(started, tmp_path):
    watched, alone = started("watched"), started("alone")
    seen = {"views": 0}

    def watch():
        numbers = [watched.send("view", picture=f"test:{n}", layer="conv2", seen=None)
                   for n in range(3)]  # fmt: skip
        numbers += [
            watched.send("predict", picture="test:1", seen=None),
            watched.send("why", picture="test:2", method="integrated"),
            watched.send("sample", part="train", count=30, seed=1),
            watched.send("test", part="validation", views=True),
            watched.send("snapshot", picture="test:3"),
            watched.send("save", path=str(tmp_path / "meanwhile.safetensors")),
        ]
        for number in numbers:
            with suppress(Refused):  # of what the run's end cut off
                watched.wait(number)
        seen["views"] += 3

    first = weights_after(watched, tmp_path / "a", watch)
    second = weights_after(alone, tmp_path / "b", lambda: time.sleep(0.1))
    assert seen["views"], "it was not watched"  # how often depends on the machine
    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name])


def test_at_the_end_of_stdin_a_checkpoint_is_kept_and_gone_on_with(started, tmp_path):
    process = started()
    process.open(tmp_path / "run", net=NET, epochs=400, go=True)
    process.until(lambda o: o["tell"] == "progress" and o["step"] >= 25)
    process.child.stdin.close()
    assert process.child.wait(20) == 0
    checkpoint, _ = RunFolder(tmp_path / "run").shelf.latest()
    assert checkpoint.step >= 25
    assert RunFolder(tmp_path / "run").state == "unfinished"
    again = started("again")
    ready = again.open(tmp_path / "run", resume=True)
    assert ready["resumed_step"] == checkpoint.step
    again.phase("paused")
    again.ask("step")
    assert again.until(lambda o: o["tell"] == "progress")["step"] == checkpoint.step + 1


def test_a_process_that_is_killed_leaves_its_last_checkpoint(started, tmp_path):
    process = started()
    process.open(tmp_path / "run", net=NET, epochs=400, go=True)
    process.until(lambda o: o["tell"] == "progress" and o["step"] >= 10)
    since = len(process.told)
    process.ask("pause")
    process.phase("paused", since)
    step = process.ask("predict", picture="test:0", seen=None)[0]["step"]
    process.ask("go")
    process.until(lambda o: o["tell"] == "progress" and o["step"] > step)
    process.child.kill()
    process.child.wait()
    again = started("again")
    assert again.open(tmp_path / "run", resume=True)["resumed_step"] >= step


def test_a_signal_to_end_is_like_the_end_of_stdin_and_the_terminals_is_not(started, tmp_path):
    process = started(cold=True)  # as the studio starts it
    process.open(tmp_path / "run", net=NET, epochs=400, go=True)
    process.child.send_signal(signal.SIGINT)
    process.until(lambda o: o["tell"] == "progress" and o["step"] >= 10)
    process.child.send_signal(signal.SIGTERM)
    assert process.child.wait(20) == 0
    assert RunFolder(tmp_path / "run").shelf.latest()[0].step >= 10


def test_a_server_that_does_not_read_holds_nothing_up(started, tmp_path):
    process = started()
    process.open(tmp_path / "run", net=NET, epochs=100_000, go=True)
    looked = process.until(lambda o: o["tell"] == "looked")["step"]
    process.reading.clear()
    for _ in range(40):
        process.send("snapshot", picture="test:0")  # megabytes that nobody takes
    log = tmp_path / "run" / "events.jsonl"

    def steps():
        lines = log.read_text().rpartition("\n")[0].splitlines()
        found = (json.loads(line)["step"] for line in reversed(lines) if '"step"' in line)
        return next(found, 0)  # nothing is written yet

    before, end = max(looked, steps()), time.monotonic() + 30
    while steps() < before + 100 and time.monotonic() < end:
        time.sleep(0.2)
    assert steps() >= before + 100
    process.reading.set()
    told, _ = process.ask("predict", picture="test:0", seen=None)
    assert told["step"] >= before


def test_a_folder_that_goes_away_while_training(started, tmp_path, monkeypatch):
    from PIL import Image

    random = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(24):
            level = random.integers(0, 120, (8, 8, 3), np.uint8) + 120 * (name == "cats")
            Image.fromarray(level.astype(np.uint8)).save(tmp_path / "data" / name / f"{number}.png")
    process = started(XDG_CACHE_HOME=str(tmp_path / "cache"))
    ready = process.open(tmp_path / "run", data=str(tmp_path / "data"), net="CONV 4 - RELU - FC",
                         epochs=400, go=True)  # fmt: skip
    assert ready["data"]["classes"] == ["cats", "dogs"]
    process.until(lambda o: o["tell"] == "progress")
    shutil.rmtree(tmp_path / "data" / "dogs")
    step = process.ask("predict", picture="test:0", seen=None)[0]["step"]
    process.until(lambda o: o["tell"] == "progress" and o["step"] > step + 3)
    since = len(process.told)
    process.ask("open", data=str(tmp_path / "data"), folder=str(tmp_path / "next"), net=None)
    told = process.until(lambda o: o["tell"] == "failed", since=since)
    assert "class" in told["message"]
    assert process.ask("predict", picture="test:0", seen=None)[0]["probabilities"]


def test_of_two_networks_at_once_the_last_is_trained(started, tmp_path):
    from PIL import Image

    for name in ("cats", "dogs"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(300):
            level = (number * 7 + 120 * (name == "cats")) % 256
            Image.new("RGB", (64, 48), (level, number % 256, 9)).save(
                tmp_path / "data" / name / f"{number}.png"
            )
    process = started(XDG_CACHE_HOME=str(tmp_path / "cache"))
    data = str(tmp_path / "data")
    process.ask("open", data=data, folder=str(tmp_path / "first"), net="CONV 4 - FC", go=True)
    process.phase("reading")
    for do in ("view", "step", "knobs", "put"):
        with suppress(Refused):  # not yet, or already: either is said at once
            process.ask(do, picture="test:0", layer="conv1", seen=None)
    ready = process.open(tmp_path / "second", since=0, data=data, net="CONV 5 - FC", go=True)
    if "CONV 5" not in ready["net"]:
        process.until(lambda o: o["tell"] == "ready" and "CONV 5" in o["net"])
    process.until(lambda o: o["tell"] == "finished" or (o["tell"] == "looked"))
    told, _ = process.ask("view", picture="test:0", layer="conv1", seen=None)
    assert told["channels"] == 5
    assert not RunFolder(tmp_path / "first").held


def test_without_a_validation_or_a_test_part(started, tmp_path):
    from PIL import Image

    for part, count in (("train", 20), ("validation", 6)):
        for label, name in enumerate(("a", "b")):
            folder = tmp_path / "data" / part / name
            folder.mkdir(parents=True)
            for number in range(count):
                Image.new("L", (9, 7), 100 * label + number + (50 if part == "train" else 80)).save(
                    folder / f"{number}.png"
                )
    process = started(XDG_CACHE_HOME=str(tmp_path / "cache"))
    ready = process.open(tmp_path / "run", data=str(tmp_path / "data"), net="CONV 4 - RELU - FC",
                         epochs=2, go=True)  # fmt: skip
    finished = process.until(lambda o: o["tell"] == "finished")
    if ready["data"]["test"] == 0:
        assert finished["test_accuracy"] is None
        found, _ = process.ask("test", part="test", views=False)
        assert found["part"] == "validation"
        assert found["n"] == ready["data"]["validation"]
    assert process.ask("pictures", part="test", offset=0, count=1)[0]["pictures"]
