"""``convlens studio``: the command, from its first line to its last, with the real training."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from convlens.runs.listing import runs_in
from tests.cli.conftest import QUICK, as_png

SLOW_NET = "INPUT - [CONV 32 - RELU]*4 - FC"


class Opened:
    """A studio in a process of its own."""

    def __init__(self, folder, *arguments):
        command = [sys.executable, "-m", "convlens", "studio", "--no-browser", *arguments]
        with (folder / "err.txt").open("wb") as err:
            self.process = subprocess.Popen(
                command, cwd=folder, stdout=subprocess.PIPE, stderr=err, text=True
            )
        self.address = self.process.stdout.readline().strip()
        self.err = folder / "err.txt"

    def get(self, path="api/state"):
        with urllib.request.urlopen(self.address + path, timeout=30) as answer:
            return json.loads(answer.read())

    def post(self, path, body=None):
        asked = urllib.request.Request(
            self.address + path,
            json.dumps(body or {}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.loads(answer.read())

    def send(self, path, content):
        asked = urllib.request.Request(self.address + path, content, method="POST")
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.loads(answer.read())

    def until(self, true, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                state = self.get()
                if true(state):
                    return state
            time.sleep(0.05)
        raise AssertionError(f"it did not come to that: {self.err.read_text()}\n{state}")

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        with self.process.stdout:
            return self.process.wait(20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def learning(state):
    return state["phase"] == "training" and (state["run"]["step"] or 0) > 1


def training_processes(folder):
    """Numbers of the training processes that were started in ``folder``."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (path / "cmdline").read_bytes()
            if b"convlens.studio.process" in command and (path / "cwd").readlink() == folder:
                found.append(int(path.name))
    return found


def gone(folder, seconds=60):
    end = time.monotonic() + seconds
    while training_processes(folder) and time.monotonic() < end:
        time.sleep(0.05)
    return not training_processes(folder)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """What is worked out once for all: in which numbers each network is quicker."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def place(tmp_path, cache, monkeypatch):
    monkeypatch.setenv("CONVLENS_CACHE", str(cache))
    folder = tmp_path / "place"
    folder.mkdir()
    return folder.resolve()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_from_the_first_line_to_the_last(place):
    command = ("--net", SLOW_NET, "--epochs", "2000")
    with Opened(place, *command) as studio:
        before = studio.until(learning)
        assert before["data"]["name"] == "digits"
        assert "token" not in studio.err.read_text()
        second = subprocess.run(
            [sys.executable, "-m", "convlens", "studio", "--no-browser"],
            cwd=place, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (second.returncode, second.stdout) == (1, "")
        assert second.stderr.splitlines()[0].endswith(studio.address)
        process = training_processes(place)
        assert len(process) == 1
        assert studio.end(signal.SIGINT) == 130
    assert training_processes(place) == []
    assert list((place / "runs" / "studio-1" / "checkpoints").glob("*.safetensors"))
    assert "Traceback" not in studio.err.read_text()
    with Opened(place, *command) as again:  # the same port is free, and the same page goes on
        assert again.address == studio.address
        after = again.until(learning)
        assert after["studio"] != before["studio"]
        assert [one["id"] for one in after["runs"]] == ["studio-1"]
        assert after["run"]["resumed_step"] >= before["run"]["step"]
        series = again.get("api/runs/studio-1/series")
        assert series["step"] == sorted(set(series["step"]))
        assert series["step"][0] < before["run"]["step"]
        os.kill(training_processes(place)[0], signal.SIGKILL)
        lost = again.until(lambda state: state["phase"] == "lost")
        assert "SIGKILL" in lost["error"]["message"]
        again.post("api/start")
        assert again.until(learning)["run"]["resumed_step"] is not None
        again.post("api/pause")
        again.until(lambda state: state["phase"] == "paused")
        assert again.end(signal.SIGTERM) == 143
    with Opened(place, *command) as third:  # as it was left
        third.until(lambda state: state["phase"] == "paused")
        third.post("api/network", {"net": QUICK})
        third.until(lambda state: state["run"]["id"] == "studio-2" and state["phase"] == "paused")
        third.post("api/knobs", {"epochs": 3})
        third.post("api/start")
        state = third.until(lambda state: state["phase"] == "finished")
        assert state["run"]["test_accuracy"] > 0.5
        third.post("api/runs/studio-1/open")
        third.until(lambda state: state["run"]["id"] == "studio-1" and state["phase"] == "paused")
        third.post("api/runs/studio-2/open")
        third.until(lambda state: state["run"]["id"] == "studio-2" and state["phase"] == "finished")
        assert third.end() == 130
    assert {run.name: run.state for run in runs_in(place / "runs")} == {
        "studio-1": "unfinished",
        "studio-2": "finished",
    }
    with Opened(place) as fourth:
        state = fourth.until(lambda state: state["phase"] == "finished")
        assert state["run"]["id"] == "studio-2"
        assert len(state["runs"]) == 2
        fourth.process.kill()
        fourth.process.wait()
    assert gone(place)


@pytest.mark.slow
def test_a_model_that_is_opened_says_what_it_says_elsewhere(place, digits_model, tmp_path):
    """Opened, kept, taken along: everywhere the probabilities are those of the file."""
    from convlens import load

    strokes = np.zeros((20, 20), np.uint8)
    strokes[3:17, 9:12] = 255
    content = as_png(strokes)
    (tmp_path / "one.png").write_bytes(content)
    with Opened(place, "--paused", "--net", QUICK) as studio:
        studio.until(lambda state: state["phase"] == "paused")
        studio.send("api/open?name=my.safetensors", digits_model.read_bytes())
        studio.until(lambda state: state["run"]["id"] == "studio-2" and state["phase"] == "paused")
        upload = studio.send("api/pictures?name=one.png", content)
        said = studio.get(f"api/predict?picture={upload['picture']}")["probabilities"]
        kept = studio.post("api/snapshots", {"name": "mine"})
        with urllib.request.urlopen(f"{studio.address}api/snapshots/{kept['id']}/model") as answer:
            (tmp_path / "kept.safetensors").write_bytes(answer.read())
        with pytest.raises(urllib.error.HTTPError, match="422"):
            studio.send("api/pictures", b"no picture at all")
        assert studio.end() == 130
    for path in (digits_model, tmp_path / "kept.safetensors"):
        right = load(path).predict(tmp_path / "one.png").probabilities
        assert said == pytest.approx([right[str(digit)] for digit in range(10)], abs=2e-4)


@pytest.mark.slow
def test_a_model_is_looked_into(place, digits_model):
    with Opened(place, str(digits_model), "--port", "0") as studio:
        state = studio.until(lambda state: state["phase"] == "looking")
        assert state["data"]["classes"] == list("0123456789")
        with pytest.raises(urllib.error.HTTPError, match="409"):
            studio.post("api/start")
        assert studio.end() == 130
    assert not (place / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], "error: there is no folder or file nothing"),
        (["empty"], "error: there are no pictures in empty"),
        (["dots"], "error: pictures of 1x1 pixels are too small"),
        (["x.safetensors"], "error: there is no model file x.safetensors"),
        (["bad.safetensors"], "error: bad.safetensors is not a whole safetensors file"),
        (["--net", "INPUT - CNOV - FC"], "^^^^"),
        (["--net", "CONV 512 - FC 90000 - FC 90000 - FC"], "GB are free"),
        (["--host", "192.0.2.7"], "error: 192.0.2.7 is no address of this machine"),
        (["--recipe", "btch=3"], "did you mean batch?"),
        (["--recipe", "show"], "give --recipe NAME=VALUE"),
        (["--runs", "bad.safetensors/runs"], "error: cannot write"),
    ],
)
def test_mistakes_are_one_line(convlens, tmp_path, arguments, said):
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.safetensors").write_bytes(b"junk")
    for name in ("black", "white"):
        (tmp_path / "dots" / name).mkdir(parents=True)
        for shade in range(4):
            dot = as_png(np.full((1, 1), shade + 200 * (name == "white"), np.uint8))
            (tmp_path / "dots" / name / f"{shade}.png").write_bytes(dot)
    status, out, err = convlens("studio", "--no-browser", *arguments)
    assert (status, out) == (2 if "--recipe" in arguments else 1, "")
    assert said in err
    assert "Traceback" not in err


def test_a_port_in_use_is_said(convlens):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, out, err = convlens("studio", "--no-browser", "--port", port)
        assert (status, out) == (1, "")
        assert err.startswith(f"error: port {port} is in use\n  name another")


def test_a_model_takes_no_network(convlens, digits_model):
    status, _, err = convlens("studio", "--no-browser", digits_model, "--net", "FC")
    assert status == 1
    assert "no pictures to learn from" in err
