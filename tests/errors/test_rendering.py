from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens.errors import NotationError
from convlens.notation import Architecture


def columns(letter: str) -> int:
    wide = unicodedata.east_asian_width(letter) in "WF"
    return 0 if unicodedata.category(letter) in ("Mn", "Me") else 1 + wide


def shown(text: str, word: str) -> list[str]:
    start = text.index(word)
    error = NotationError("no", text=text, start=start, end=start + len(word))
    return str(error).split("\n")


def test_the_caret_stands_below_the_word():
    assert shown("CONV - CNOV - FC", "CNOV") == ["no", "  | CONV - CNOV - FC", "  |        ^^^^"]


def test_only_the_line_at_fault_is_repeated_with_its_number():
    assert shown("CONV\nCNOV\nFC", "CNOV") == ["no", "  2 | CNOV", "    | ^^^^"]


def test_tabs_and_wide_characters_do_not_displace_the_caret():
    assert shown("\tCONV\tX", "X") == ["no", "  |  CONV X", "  |       ^"]
    assert shown("日本 - X", "X")[2] == "  |        ^"
    assert shown("日本 - X", "日本")[2] == "  | ^^^^"
    assert shown("e\u0301e\u0301 X", "X")[2] == "  |    ^"


def test_control_characters_are_not_sent_to_the_terminal():
    lines = shown("\x1b[2J\x07\u202eCONV X", "X")
    assert "\x1b" not in "".join(lines)
    assert "\u202e" not in "".join(lines)


def test_a_long_line_is_clipped_around_the_word():
    text = "CONV - " * 100 + "CNOV" + " - FC" * 100
    line, caret = shown(text, "CNOV")[1:]
    assert len(line) <= 78
    assert line.startswith("  | …")
    assert line.endswith("…")
    assert line[caret.index("^") : caret.index("^") + 4] == "CNOV"
    assert shown("CNOV" + " - FC" * 100, "CNOV")[1].startswith("  | CNOV - ")
    assert shown("CONV - " * 100 + "CNOV", "CNOV")[1].endswith("CNOV")


def test_nothing_is_pointed_at_in_a_blank_text():
    for text in ("", " ", "\n\n"):
        error = NotationError("no layers", text=text, start=0, end=0, correction="FC")
        assert str(error) == "no layers\n  try       FC"


def test_a_python_program_sees_the_caret_too():
    with pytest.raises(
        NotationError, match=r"\n  \| CONV - CNOV\n  \|        \^\^\^\^\n"
    ) as caught:
        Architecture("CONV - CNOV")
    assert str(caught.value).endswith("  try       CONV - CONV")


@given(st.text(max_size=300), st.data())
def test_any_text_can_be_shown(text: str, data: st.DataObject):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    error = NotationError("no", text=text, start=start, end=end, expected="e" * 90, correction=text)
    lines = str(error).split("\n")
    if not text.strip():
        assert lines[1].startswith("  expected")
        return
    assert lines[2].lstrip(" |").rstrip("^") == ""
    assert "^" in lines[2]
    assert sum(map(columns, lines[1])) <= 4 + len(str(error.line)) + 72
    assert len(lines[1]) <= 160
