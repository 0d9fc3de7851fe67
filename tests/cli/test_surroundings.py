"""What a machine may lack: a home, a second processor, time."""

import json
import os
import subprocess
import sys

import pytest

from tests.cli.conftest import QUICK


def command(folder, *arguments):
    told = [sys.executable, "-m", "convlens", *map(str, arguments)]
    return subprocess.run(
        told, capture_output=True, text=True, cwd=folder, timeout=120, check=False
    )


@pytest.mark.usefixtures("homeless")
def test_without_a_home_a_model_is_made_and_used(convlens, shades):
    for arguments in (
        ("train", "digits", "--net", QUICK, "--epochs", 1),
        ("predict", "digits.safetensors", shades / "red/1.png"),
        ("evaluate", "digits.safetensors", "digits"),
        ("check", shades),
    ):
        status, out, err = convlens(*arguments)
        assert (status, bool(out)) == (0, True), err


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system binds no process")
def test_one_processor_is_enough(convlens, shades, tmp_path):
    whole = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(whole)})  # what is started inherits it
    try:
        done = command(tmp_path, "train", shades, "--net", QUICK, "--epochs", 1, "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["steps"] > 0
        done = command(tmp_path, "predict", "shades.safetensors", shades)
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) == 36
    finally:
        os.sched_setaffinity(0, whole)


@pytest.mark.slow
def test_a_budget_of_a_second_makes_a_model_and_is_said_to_be_too_short(tmp_path):
    done = command(tmp_path, "train", "digits", "--budget", "1s", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["steps"] >= 1
    assert (tmp_path / "digits.safetensors").exists()
    for line in done.stderr.splitlines():  # a quick machine may learn for a moment of the second
        if line.startswith("note: "):
            assert "went by before learning begins" in line
            assert line.endswith("of the 1 s; give more time")
