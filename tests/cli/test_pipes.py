"""Pipes that nobody reads, streams that are closed, a full disk, no folder, no memory, no UTF-8."""

import csv
import io
import json
import os
import subprocess
import sys

import pytest

from tests.cli.conftest import QUICK, folder_of_shades

COMMAND = f'"{sys.executable}" -m convlens'
TRAIN = f'{COMMAND} train shades --net "{QUICK}" --epochs 1 --fresh'

pytestmark = pytest.mark.skipif(os.name == "nt", reason="what a shell of Unix does with streams")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with pictures in it."""
    root = tmp_path_factory.mktemp("place")
    folder_of_shades(root / "shades", 6)
    return root


def shell(place, script, **variables):
    """Run a script of bash that fails where any part of a pipe fails."""
    environment = os.environ | {"CONVLENS_CACHE": str(place / "cache")} | variables
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", script],
        capture_output=True,
        cwd=place,
        env=environment,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("redirection", "status", "err"),
    [
        ("--json 2>&1 >/dev/null | head -1", 0, b""),  # progress whose reader has gone
        ("--json 2>&- | tail -n 1", 0, b""),
        ("--json 2>/dev/full | tail -n 1", 0, b""),
        ("--quiet >&-", 1, b""),
        ("2>&1 | head -1", 1, b""),  # the result had no reader either
    ],
)
def test_progress_that_nobody_takes_ends_no_training(place, redirection, status, err):
    model = place / "model.safetensors"
    model.unlink(missing_ok=True)
    told = shell(place, f"{TRAIN} --out {model.name} {redirection}")
    assert (told.returncode, told.stderr) == (status, err)
    assert model.stat().st_size > 1000
    if "tail" in redirection:
        assert json.loads(told.stdout)["model"] == model.name


@pytest.mark.parametrize(
    ("script", "status", "err"),
    [
        ("zoo --json | true", 1, b""),
        ("zoo >/dev/full", 1, b"error: cannot write the output: no space left on device\n"),
        ("--help 1</dev/null", 1, b"error: cannot write the output: bad file descriptor\n"),
        ("zoo <&- >&- 2>&-", 1, b""),
        ("nosuch 2>&-", 2, b""),
    ],
)
def test_a_result_that_nobody_takes_is_a_failure_without_a_traceback(place, script, status, err):
    told = shell(place, f"{COMMAND} {script}")
    assert (told.returncode, told.stderr) == (status, err)


def test_a_folder_that_is_gone_is_told_in_a_line(place):
    gone = "mkdir gone && cd gone && rmdir ../gone"
    trained = f"{gone} && {TRAIN}; {COMMAND} studio --no-browser; {COMMAND} net lenet5 --json"
    told = shell(place, trained)
    line = b"error: the folder that this command was started in is gone\n"
    hint = b"  go to one that is there (cd) and give the command again\n"
    assert told.stderr.split(b"Taken")[0] == (line + hint) * 2
    assert json.loads(told.stdout)["classes"] == 10  # what needs no folder goes on


@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited as Linux does it")
@pytest.mark.parametrize("command", ["train shades --quiet", "studio --no-browser"])
def test_too_little_memory_is_told_in_a_line(place, command):
    told = shell(place, f"ulimit -v 60000; exec {COMMAND} {command}")
    assert told.returncode == 1
    assert told.stderr.splitlines() == [
        b"error: there is not enough memory for this command",
        b"  close other programs, or raise the limit that is set for it (ulimit -v)",
    ]


NO_UTF_8 = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


@pytest.mark.parametrize("name", NO_UTF_8)
def test_names_come_through_where_the_system_has_no_utf_8(place, digits_model, name):
    """Names of UTF-8, and of bytes that are none, given on the command line."""
    names = ["猫é🐈.png".encode(), b"\xff\xe9.png"]
    for other in names:
        (place / os.fsdecode(other)).write_bytes((place / "shades/red/1.png").read_bytes())
    predict = f'{COMMAND} predict "{digits_model}" $(ls *.png)'
    script = f"{predict} --json; {predict} --csv; {predict}; {COMMAND} predict m *.png"
    told = shell(place, script, **NO_UTF_8[name])
    assert b"Traceback" not in told.stderr
    encoding = "cp1252" if name == "cp1252" else "ascii"
    lines = told.stdout.decode(encoding).splitlines()
    assert len(lines) == 2 + 3 + 2
    system = "ascii" if name == "C" else "utf-8"
    images = {json.loads(line)["image"].encode(system, "surrogateescape") for line in lines[:2]}
    assert images == set(names)
    e = "é" if name == "cp1252" else r"\xe9"
    shown = {rf"\u732b{e}\U0001f408.png", r"\xff\xe9.png"}
    assert {row[0] for row in csv.reader(io.StringIO("\n".join(lines[3:5])))} == shown
    assert {line.partition(": ")[0] for line in lines[5:]} == shown
