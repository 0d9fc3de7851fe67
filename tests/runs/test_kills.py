"""The whole command, killed at a random moment on a busy machine, comes to the same weights.

CONVLENS_KILLS says how many rounds; 200 take one to two hours on two cores.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import convlens as cl

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nothing is killed so here"),
]

ROUNDS = int(os.environ.get("CONVLENS_KILLS", "3"))
MOST_AGAIN = 3
"""Commands after the kill within which a round has to be over; one is expected."""

NET = "INPUT 8x8x1 - CONV 4 - BN - RELU - POOL - DROPOUT 0.2 - FC"
COMMAND = [
    *(sys.executable, "-m", "convlens", "train", "digits", "--net", NET, "--epochs", "12"),
    *("--batch", "32", "--out", "digits.safetensors", "--json"),
]


def start(folder):
    """The command in ``folder``; what it prints is added to out.txt and err.txt there."""
    environment = os.environ | {"CONVLENS_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    with (folder / "out.txt").open("ab") as out, (folder / "err.txt").open("ab") as err:
        return subprocess.Popen(COMMAND, cwd=folder, stdout=out, stderr=err, env=environment)


def result(folder):
    return json.loads((folder / "out.txt").read_text().splitlines()[-1])


def engine(folder):
    """How numbers were held in the end; settled by a trial of speed, which load may turn."""
    runs = (folder / "runs").glob("*/settings.json")
    newest = max(runs, key=lambda path: path.stat().st_mtime)
    return json.loads(newest.read_text())["settled"]["engine"]


def wait_for(path, process, seconds=120):
    """Until there is something in ``path``, or the process is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        if path.exists() and path.stat().st_size:
            return
        time.sleep(0.002)


@pytest.fixture(scope="module")
def load():
    """Two processes that are always busy."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    yield
    for one in busy:
        one.kill()
        one.wait()


@pytest.fixture(scope="module")
def undisturbed(load, tmp_path_factory):
    """Runs that nothing happened to, by engine; with how long start and training took."""
    folder = tmp_path_factory.mktemp("undisturbed")
    begun = time.monotonic()
    process = start(folder)
    wait_for(folder / "runs/digits/events.jsonl", process)
    training = time.monotonic()
    assert process.wait(300) == 0, (folder / "err.txt").read_text()
    return folder, training - begun, time.monotonic() - training


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_command_that_is_killed_comes_to_the_same_weights(number, undisturbed, tmp_path):
    expected, starting, training = undisturbed
    chance = random.Random(number)
    process = start(tmp_path)
    if number % 3:  # while it trains and writes what it came to
        wait_for(tmp_path / "runs/digits/events.jsonl", process)
        time.sleep(chance.uniform(0, 1.1 * training))
    else:  # whenever it may be
        time.sleep(chance.uniform(0, starting + training))
    process.send_signal(signal.SIGKILL)
    over = process.wait(60) == 0
    for _ in range(MOST_AGAIN):
        if start(tmp_path).wait(300) == 0:
            break
    else:
        raise AssertionError((tmp_path / "err.txt").read_text())

    told = (tmp_path / "err.txt").read_text()
    assert "Traceback" not in told
    moment = "over" if over else "went on" if "going on with" in told else "anew"
    print(f"round {number}: {moment}, {engine(tmp_path)}")
    assert not list(tmp_path.rglob(".*")), "half a file was left"
    if engine(tmp_path) != engine(expected):
        pytest.skip(f"{engine(tmp_path)} here, {engine(expected)} in the undisturbed run")
    found = cl.load(tmp_path / result(tmp_path)["model"]).weights
    weights = cl.load(expected / "digits.safetensors").weights
    assert found.keys() == weights.keys()
    assert all(np.array_equal(found[name], weights[name]) for name in weights)
