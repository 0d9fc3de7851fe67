"""Whole or not at all."""

import os

import pytest

from convlens.errors import OutputError
from convlens.files import SCRATCH, write_atomically


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "one"
    path.write_text("before")

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match=r"cannot write .*one: no space left on device"):
        write_atomically(path, b"after", "free some room")
    assert [entry.name for entry in tmp_path.iterdir()] == ["one"]
    assert path.read_text() == "before"


def test_names_may_be_as_long_as_the_file_system_takes(tmp_path):
    path = tmp_path / ("n" * 255)
    for content in (b"before", b"after"):
        write_atomically(path, content)
        assert path.read_bytes() == content
    assert len(os.listdir(tmp_path)) == 1  # noqa: PTH208
    assert len(SCRATCH) < 20
