import json
import os
import subprocess
import sys

import pytest

from convlens.errors import RunError
from convlens.runs.eventlog import EventLog, read_events
from convlens.runs.folder import RunFolder
from convlens.runs.listing import runs_in

HOLD = """
import sys, time
from pathlib import Path
from convlens.runs.lock import Lock
lock = Lock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_a_living_process_is_respected_and_a_dead_one_succeeded(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.lock()
    folder.close()
    command = [sys.executable, "-c", HOLD, str(tmp_path / "run" / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        assert folder.state == "running"
        with pytest.raises(RunError, match=f"trained right now by process {other.pid}"):
            folder.lock()
        other.kill()
    assert folder.state == "unfinished"
    folder.lock()
    assert (tmp_path / "run" / "lock").read_text() == str(os.getpid())
    folder.close()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "does not read"),
        ("[]", "holds no settings"),
        ("{}", "does not say its format"),
        ('{"format": "1"}', "does not say its format"),
        ('{"format": 99}', "has format 99; this ConvLens reads up to 1"),
        ("[" * 100_000, "does not read"),
    ],
)
def test_settings_that_are_nonsense_or_newer_are_refused(tmp_path, text, message):
    (tmp_path / "settings.json").write_text(text)
    with pytest.raises(RunError, match=message) as caught:
        RunFolder(tmp_path).settings()
    assert caught.value.hint
    assert [run.state for run in runs_in(tmp_path.parent) if run.path == tmp_path] == ["unfinished"]


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    folder = RunFolder(tmp_path)
    with pytest.raises(RunError, match="not a run folder"):
        folder.check_ours()
    folder.clear()
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_log_is_cut_back_and_goes_on(tmp_path):
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.add({"event": "a"})
    kept = log.flush(to_disk=True)
    log.add({"event": "b"})
    log.close()
    with path.open("ab") as file:
        file.write(b'{"event": "ha')
    assert [line["event"] for line in read_events(path)] == ["a", "b"]
    log = EventLog(path, kept)
    log.add({"event": "c"}, now=True)
    assert [line["event"] for line in read_events(path)] == ["a", "c"]
    log.close()


def test_lines_that_do_not_fit_wait_and_none_is_cut_in_half(tmp_path, monkeypatch):
    log, room = EventLog(tmp_path / "log"), [5]
    write = os.write

    def scarce(handle, content):
        if room[0] == 0:
            raise OSError(28, "No space left on device")
        done = write(handle, content[: room[0]])
        room[0] -= done
        return done

    monkeypatch.setattr("os.write", scarce)
    log.add({"event": "a"}, now=True)
    log.add({"event": "b"}, now=True)
    assert (tmp_path / "log").read_bytes() == b""
    room[0] = 1000
    log.add({"event": "c"}, now=True)
    assert [line["event"] for line in read_events(tmp_path / "log")] == ["a", "b", "c"]
    log.close()


def test_the_end_of_a_long_log_is_found_quickly(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text("".join(json.dumps({"event": "x", "n": n}) + "\n" for n in range(10_000)))
    found = list(read_events(path, last=1000))
    assert found[-1]["n"] == 9_999
    assert len(found) < 50
