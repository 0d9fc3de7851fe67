"""Foreign text: what stays, what is escaped, and that errors escape it by themselves."""

import sys

import pytest

from convlens.errors import ConvLensError, NotationError
from convlens.errors.characters import harmless, printable


def test_every_character_that_steers_is_escaped_and_no_other():
    steering = {
        *map(chr, range(0x20)),
        *map(chr, range(0x7F, 0xA0)),
        *"\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    } - {"\n", "\t"}
    for code in range(0xD800):
        character = chr(code)
        assert (harmless(character) != character) == (character in steering), hex(code)
    for code in range(0xE000, sys.maxunicode + 1, 97):
        assert harmless(chr(code)) == chr(code) or chr(code) in steering
    for code in range(0xD800, 0xE000):
        assert harmless(chr(code)).isascii()


def test_a_name_is_one_line_and_a_text_keeps_its_own():
    assert printable("a\nb\tc\x1b") == r"a\nb\tc\x1b"
    assert harmless("a\nb\tc\x1b") == "a\nb\tc" + r"\x1b"


def test_bytes_that_are_utf_8_are_read_where_the_system_does_not():
    name = "Käse 猫".encode().decode("ascii", "surrogateescape") + "\udcff"
    assert printable(name) == r"Käse 猫\xff"
    assert harmless(name) == r"Käse 猫\xff"


@pytest.mark.parametrize("text", ["a\x1b[2J\nb", "\udcff"])
def test_an_error_carries_foreign_words_as_escapes(text):
    error = ConvLensError(f"{text} is odd", f"is {text} right?")
    assert str(error) == f"{printable(text)} is odd\nis {printable(text)} right?"
    assert error.args == (error.message,)


def test_a_correction_in_several_lines_stays_one():
    error = NotationError("wrong", text="CONV\nFC", start=0, end=4, correction="CONV 8\nFC")
    assert error.hint == "try: CONV 8\nFC"
