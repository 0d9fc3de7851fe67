from __future__ import annotations

import os

import pytest

from convlens.data.names import is_hidden, may_be_picture, printable


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("cat", "cat"),
        ("Käse", "Käse"),
        ("Ka\u0308se", "Käse"),
        ("猫", "猫"),
        ("a\nb", "a\\nb"),
        ("\x1b[31mred", "\\x1b[31mred"),
        (os.fsdecode(b"caf\xe9"), "caf\\xe9"),
        ("right\u202eleft", "right\\u202eleft"),
        ("\ud800", "\\ud800"),
    ],
)
def test_every_name_prints(name, shown):
    assert printable(name) == shown
    printable(name).encode("utf-8")


def test_what_is_left_out():
    assert [n for n in (".git", "__MACOSX", ".DS_Store", "cat") if is_hidden(n)] == [
        ".git",
        "__MACOSX",
        ".DS_Store",
    ]
    tried = ("a.jpg", "a.JPEG", "a", "a.b.png", "a.heic", "a.svg")
    assert all(map(may_be_picture, tried))
    assert not any(map(may_be_picture, ("a.txt", "labels.CSV", "Thumbs.db", "a.md", "x.json")))
