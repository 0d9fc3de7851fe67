"""Frames: what is written is read again, however the pipe cuts it."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens.studio import frames

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
documents = st.dictionaries(st.text(), values, max_size=4)


class Trickle(io.RawIOBase):
    """Gives a few bytes at a time, as a pipe may."""

    def __init__(self, content, step):
        self.content, self.step, self.at = content, step, 0

    def read(self, size=-1):
        part = self.content[self.at : self.at + min(size, self.step)]
        self.at += len(part)
        return part


@given(st.lists(st.tuples(documents, st.binary(max_size=40)), max_size=4), st.integers(1, 9))
def test_what_is_written_is_read(sent, step):
    stream = io.BytesIO()
    for document, blob in sent:
        frames.write(stream, document, blob)
    trickle = Trickle(stream.getvalue(), step)
    found = [frames.read(trickle) for _ in sent]
    assert [tuple(one) for one in found] == sent
    assert frames.read(trickle) is None


@given(documents, st.binary(max_size=20), st.data())
def test_a_frame_that_is_cut_short_is_the_end(document, blob, data):
    stream = io.BytesIO()
    frames.write(stream, document, blob)
    whole = stream.getvalue()
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert frames.read(io.BytesIO(whole[:cut])) is None


def test_the_layout_is_as_agreed():
    stream = io.BytesIO()
    frames.write(stream, {"é": 1}, b"xyz")
    text = b'{"\\u00e9":1}'
    assert stream.getvalue() == struct.pack("<II", len(text), 3) + text + b"xyz"


@pytest.mark.parametrize(
    "head", [struct.pack("<II", 1 << 31, 0), struct.pack("<II", 2, 0xFFFFFFFF)]
)
def test_what_is_no_frame_is_refused_before_it_is_read(head):
    with pytest.raises(ValueError, match="a frame of"):
        frames.read(io.BytesIO(head + b"{}"))


def test_nothing_is_written_of_what_json_cannot_say():
    stream = io.BytesIO()
    with pytest.raises(ValueError, match="JSON compliant"):
        frames.write(stream, {"loss": float("nan")})
    assert stream.getvalue() == b""
