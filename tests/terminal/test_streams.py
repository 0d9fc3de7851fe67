"""The two streams: any encoding, nothing that steers, and what becomes of failing ones."""

import io
import json
import os
import sys

import click
import pytest

from convlens.cli.output import output, output_json
from convlens.cli.stages import Stages
from convlens.errors import OutputError
from convlens.pipeline import Note, Reading
from convlens.pipeline.watch import Watch, bar
from convlens.terminal.console import console_on
from convlens.terminal.streams import Guarded, ReaderGoneError, guarded
from tests.cli.surroundings import Terminal, on_a_pipe, on_a_terminal


def stream(encoding="utf-8"):
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")


def written(guard, inner):
    guard.flush()
    return inner.buffer.getvalue()


@pytest.mark.parametrize(
    ("encoding", "text", "expected"),
    [
        ("utf-8", "猫 ━╌ é", "猫 ━╌ é".encode()),
        ("cp1252", "猫 ━╌ é", b"\\u732b =- \xe9"),
        ("ascii", "猫 ━╌ é 🐈", b"\\u732b =- \\xe9 \\U0001f408"),
        ("ascii", "1 – 2 × 3 … →", b"1 - 2 x 3 ... ->"),
        ("shift_jis", "猫", "猫".encode("shift_jis")),
        ("utf-16-le", "猫\x1b", "猫\\x1b".encode("utf-16-le")),
        ("utf-8", "a\tb\nc", b"a\tb\nc"),
        ("utf-8", "a\x1b[2J\x07\x9b\x7f\r\n", b"a\\x1b[2J\\x07\\x9b\\x7f\\r\n"),
        ("utf-8", "a\u202eb\u2066c\u2028", b"a\\u202eb\\u2066c\\u2028"),
        ("utf-8", "caf\udce9 \ud800", b"caf\\xe9 \\ud800"),
        ("utf-8", "\udce7\udc8c\udcab", "猫".encode()),  # a name where file names are ASCII
        ("utf-8", "\r 50 %|#####", b"\r 50 %|#####"),  # a library's bar
        ("utf-8", "שלום \u200fעולם", "שלום \u200fעולם".encode()),
    ],
)
def test_text_leaves_as_the_encoding_has_it_and_steers_nothing(encoding, text, expected):
    inner = stream(encoding)
    guard = Guarded(inner, optional=False)
    guard.write(text)
    assert written(guard, inner) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_what_click_prints_takes_the_same_way(monkeypatch, encoding):
    out, err = stream(encoding), stream(encoding)
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    with guarded():
        click.echo("a\x07猫")
        click.echo("b\x07猫", err=True)
        click.UsageError("c\x07猫").show()
        print("d\x07猫", file=sys.stderr)
    cat = "猫".encode(encoding, "backslashreplace")
    assert out.buffer.getvalue() == b"a\\x07%s\n" % cat
    err.flush()
    assert err.buffer.getvalue() == b"b\\x07%s\nError: c\\x07%s\nd\\x07%s\n" % (cat, cat, cat)
    assert (sys.stdout, sys.stderr) == (out, err)


class Failing(io.RawIOBase):
    """A file that cannot be written."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def writable(self):
        return True

    def write(self, data):
        raise self.error


def failing(error):
    return io.TextIOWrapper(io.BufferedWriter(Failing(error)), encoding="utf-8")


GONE = [BrokenPipeError(32, "Broken pipe"), ValueError("I/O operation on closed file")]
FULL = [OSError(28, "No space left on device"), OSError(9, "Bad file descriptor")]


@pytest.mark.parametrize("error", GONE + FULL)
def test_what_nobody_takes_is_dropped_where_it_is_progress(error):
    guard = Guarded(failing(error), optional=True)
    for _ in range(3):
        guard.write("epoch 1\n")
        guard.flush()
    assert Guarded(None, optional=True).write("epoch 1\n") == 8


def test_a_result_that_nobody_takes_is_an_error():
    for error in GONE:
        guard = Guarded(failing(error), optional=False)
        guard.write("result\n")
        with pytest.raises(ReaderGoneError):
            guard.flush()
        with pytest.raises(ReaderGoneError):
            guard.write("more\n")
    for error in FULL:
        guard = Guarded(failing(error), optional=False)
        guard.write("result\n")
        with pytest.raises(OutputError, match=error.strerror.lower()):
            guard.flush()
    with pytest.raises(ReaderGoneError):
        Guarded(None, optional=False).write("result\n")


def test_a_reader_that_goes_leaves_nothing_to_fail_at_the_end():
    reading, writing = os.pipe()
    os.close(reading)
    inner = os.fdopen(writing, "w", encoding="utf-8")
    guard = Guarded(inner, optional=True)
    guard.write("epoch 1\n")
    guard.flush()
    inner.close()  # as Python does: what is left in its buffer would raise here


DOCUMENT = {"é": "猫🐈 …", "path": "caf\udce9", "raw": "\x1b\x7f\x9b\u2028\u202e"}


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii"])
@pytest.mark.parametrize("key", DOCUMENT)
def test_a_document_is_json_in_every_encoding(monkeypatch, encoding, key):
    out = stream(encoding)
    monkeypatch.setattr(sys, "stdout", out)
    with guarded():
        output_json({key: DOCUMENT[key]})
    text = out.buffer.getvalue().decode(encoding)
    assert json.loads(text) == {key: DOCUMENT[key]}
    assert text.isascii() == (key != "é" or encoding != "utf-8")
    assert text.rstrip("\n").isprintable()


def test_only_rich_steers_what_a_rich_console_prints(monkeypatch):
    from rich.text import Text

    monkeypatch.setenv("TERM", "xterm")
    for encoding, cat in (("utf-8", "猫"), ("ascii", r"\u732b")):
        with Terminal(encoding) as terminal:
            monkeypatch.setattr(sys, "stdout", terminal.stream)
            with guarded():
                output(Text("\x1b[5mx\x7f猫", style="bold"))
                console_on(sys.stdout).print("[bold]y\x9b[/]")
        said = terminal.text
        assert rf"\x1b[5mx\x7f{cat}" in said
        assert said.count("\x1b[1m") == 2
        assert "\x1b[5m" not in said
        assert r"y\x9b" in said


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_bars_are_drawn_in_any_encoding(monkeypatch, encoding):
    monkeypatch.setenv("TERM", "xterm")
    with Terminal(encoding) as terminal:
        monkeypatch.setattr(sys, "stderr", terminal.stream)
        with guarded():
            with Watch(quiet=False) as watch:
                watch(Reading(5, 10))
                watch(Note("猫 \x1b]0;x\x07"))
            with Stages(quiet=False) as stages:
                stages("decoding", 1, 2)
                stages.bars.refresh()
    said = terminal.text
    full, cat = (bar(0.5), "猫") if encoding == "utf-8" else ("====----", r"\u732b")
    assert full in said
    assert rf"{cat} \x1b]0;x\x07" in said
    assert "decoding" in said
    assert "━" in said or encoding == "ascii"


def test_help_and_a_table_come_through_in_ascii():
    for surroundings in (on_a_pipe, on_a_terminal):
        assert "convlens train digits" in surroundings("ascii", []).out
        assert "lenet5" in surroundings("ascii", ["zoo"]).out
