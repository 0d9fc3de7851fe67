"""``convlens.train`` from a program: what it warns of, and how it shows its progress."""

from __future__ import annotations

import builtins
import io
import subprocess
import sys
import types
import warnings

import numpy as np
import pytest

import convlens as cl
from convlens.pipeline import Note, Reading, Ready
from convlens.pipeline.watch import NotebookLine, Watch
from convlens.training.events import EpochDone, Learned, StepDone, Warned, WentBack

NET = "CONV 4 - RELU - POOL - FC"
RANDOM = np.random.default_rng(0)
PICTURES = np.concatenate(
    [RANDOM.integers(0, 90, (30, 8, 8)), RANDOM.integers(150, 256, (30, 8, 8))]
)
LABELS = [0.0] * 30 + [1.0] * 30
LACKING = [float("nan"), *LABELS[1:-1], None]


def test_notes_are_warnings_that_point_to_the_caller():
    with pytest.warns(cl.ConvLensWarning) as caught:
        classifier = cl.train((PICTURES, LACKING), NET, epochs=1)
    assert classifier.classes == ("0", "1")
    texts = [str(one.message) for one in caught]
    assert "2 of 60 pictures have no label: left out (rows 0, 59)" in texts
    assert [
        text for text in texts if text.startswith("skipped 2 of the files (row 0: has no label")
    ]
    assert len(texts) == len(set(texts)) == 2
    assert {one.filename for one in caught} == {__file__}
    assert issubclass(cl.ConvLensWarning, UserWarning)


def test_whoever_listens_is_told_instead():
    events = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cl.train((PICTURES, LACKING), NET, epochs=1, listen=events.append)
    notes = [event.text for event in events if isinstance(event, Note)]
    assert len(notes) == 2
    assert notes[0] == "note: 2 of 60 pictures have no label: left out (rows 0, 59)"


def test_a_warning_can_be_made_an_error():
    with warnings.catch_warnings():
        warnings.simplefilter("error", cl.ConvLensWarning)
        with pytest.raises(cl.ConvLensWarning, match="2 of 60 pictures have no label"):
            cl.train((PICTURES, LACKING), NET, epochs=1)


def test_all_that_the_command_notes_is_worth_a_warning():
    from convlens.api import _warning

    assert _warning(Note("note: so")) == "so"
    assert _warning(Warned(3, "dead filters", "9 filters are dead")) == "9 filters are dead"
    assert _warning(WentBack(9, 4, "loss", 0.5, 1)).startswith("the loss of step 9 is not finite")
    assert _warning(Reading(1, 2)) is None


PLAIN = """
import sys, numpy as np, convlens as cl
x = np.repeat(np.array([30, 220], np.uint8), 30)[:, None, None] + np.zeros((60, 8, 8), np.uint8)
x[:, 0, 0] = np.arange(60)
cl.train((x, [None] + [0] * 29 + [1] * 30), "CONV 4 - RELU - FC", epochs=3, progress=PROGRESS)
"""


@pytest.mark.parametrize("progress", [True, False])
def test_where_there_is_no_terminal_each_epoch_has_a_line(progress):
    code = PLAIN.replace("PROGRESS", repr(progress))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = done.stderr.splitlines()
    assert done.stdout == ""
    assert sum(line.startswith("epoch ") for line in lines) == 3 * progress
    assert any(line.startswith("arrays: 2 classes; ") for line in lines) is progress
    assert lines[-1].startswith("learned for 3 epochs in 0:0") is progress
    warned = [line for line in lines if "ConvLensWarning: 1 of 60 pictures has no label" in line]
    assert len(warned) == 1
    assert warned[0].startswith("<string>:5:")
    assert not any(line.startswith("note:") for line in lines)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_one_line_is_brought_up_to_date(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("convlens.pipeline.watch.REFRESH", 0.0)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    cl.train((PICTURES, LABELS), NET, epochs=2, batch=16, progress=True)
    shown = terminal.getvalue()
    steps = shown.split("\r\x1b[2K")  # each in the place of the one before
    assert len(steps) > 5
    assert "reading ━━━━━━━━ 60 of 60" in steps
    assert any(line.startswith("━━━━╌╌╌╌ epoch 1.0  loss ") for line in steps)
    lasting = [line for step in steps for line in step.split("\n")[:-1]]
    assert lasting[0] == "arrays: 2 classes; 42 training, 6 validation, 12 test pictures"
    assert not any(line.startswith("epoch ") for line in lasting)
    assert any(line.startswith("learned for 2 epochs in 0:0") for line in lasting)
    assert shown.endswith("\x1b[1A\x1b[2K")  # of the live line nothing stays


class Display:
    """What IPython does with what is displayed, as much of it as counts here."""

    def __init__(self, monkeypatch):
        self.outputs, self.messages = [], 0
        shell = type("ZMQInteractiveShell", (), {})()
        monkeypatch.setattr(builtins, "get_ipython", lambda: shell, raising=False)
        module = types.ModuleType("IPython.display")
        module.display = self.display
        monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
        monkeypatch.setitem(sys.modules, "IPython.display", module)

    def display(self, shown, raw=False, display_id=False):
        self.messages += 1
        text = shown["text/plain"] if raw else shown._repr_mimebundle_([], [])["text/plain"]
        self.outputs.append(text.strip())
        place = len(self.outputs) - 1
        return (
            types.SimpleNamespace(update=lambda new, raw: self.update(place, new))
            if display_id
            else None
        )

    def update(self, place, shown):
        self.messages += 1
        self.outputs[place] = shown["text/plain"]


def test_in_a_notebook_one_output_is_brought_up_to_date(monkeypatch, capsys):
    display = Display(monkeypatch)
    events = []
    cl.train((PICTURES, LABELS), NET, epochs=4, batch=4, listen=events.append, progress=True)
    steps = sum(isinstance(event, StepDone) for event in events)
    assert steps > 20
    (output,) = display.outputs
    lines = output.splitlines()
    assert lines[0].startswith("arrays: 2 classes; 42 training")
    assert lines[-1].startswith("learned for 4 epochs in 0:0")
    assert len(lines) == 4  # the network and its parameters between
    assert display.messages < steps
    assert capsys.readouterr() == ("", "")


def test_a_notebook_is_told_four_times_a_second(monkeypatch):
    display = Display(monkeypatch)
    clock = iter(np.arange(0, 100, 0.01))
    monkeypatch.setattr("convlens.pipeline.watch.time.monotonic", lambda: next(clock))
    with Watch(quiet=False, closing=True) as watch:
        assert isinstance(watch.live, NotebookLine)
        for step in range(1, 1001):
            watch(StepDone(step, step / 100, step / 1000, 0.5, 1000.0, 10.0))
    assert len(display.outputs) == 1
    assert 30 <= display.messages <= 45
    assert display.outputs[0].startswith("━━━━━━━━ epoch 9.8  loss 0.50")


def test_every_part_of_the_progress_is_told_with_listen_too(capsys):
    events = []
    cl.train((PICTURES, LACKING), NET, epochs=2, listen=events.append, progress=True)
    kinds = {type(event) for event in events}
    assert {Note, Ready, EpochDone, Learned} <= kinds
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "note: 2 of 60 pictures have no label: left out (rows 0, 59)"
    assert sum(line.startswith("epoch ") for line in lines) == 2
