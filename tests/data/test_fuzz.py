"""Mutations of a picture of every format and mode: decoded, or refused in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convlens.data import decode
from convlens.errors import DataError
from tests.data.hostile import heic_grid
from tests.data.test_every_mode import PAIRS, stored

ROOT = Path(__file__).parents[2]
FUZZ_SECONDS = 5

INTERESTING = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


OTHERS: list[Callable[[], bytes]] = [
    lambda: b"P1 #c\n3 2\n1 0 1 #c\n010\n",
    lambda: b"P2\n3 2 #c\n999\n1 2 3 400 500 999\n",
    lambda: b"P3 1 2 9 0 1 2 7 8 9\n",
    lambda: b"P6 2 1 500\n" + bytes(range(12)),
    lambda: b"P7\nWIDTH 2\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\nabcdefgh",
]
if find_spec("pillow_heif") is not None:
    OTHERS += [lambda: heic_grid(1, 2), lambda: heic_grid(2, 2, streams=2, extents=2)]
SEEDS = len(PAIRS) + len(OTHERS)


@cache
def seed(number: int) -> bytes:
    if number >= len(PAIRS):
        return OTHERS[number - len(PAIRS)]()
    kind, mode = PAIRS[number]
    turned = kind in ("JPEG", "PNG", "TIFF")
    return stored(kind, mode, 6 if turned else 1)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A picture with flipped bytes, numbers written over, pieces moved, doubled or cut off."""
    content = bytearray(seed(draw(st.integers(0, SEEDS - 1))))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.one_of(st.integers(0, min(96, len(content))), st.integers(0, len(content))))
        kind = draw(st.sampled_from(("byte", "number", "cut", "splice", "double")))
        if kind == "byte":
            content[place : place + 1] = bytes([draw(st.integers(0, 255))])
        elif kind == "number":
            width = draw(st.sampled_from((1, 2, 4)))
            value = draw(st.sampled_from(INTERESTING)) & (1 << 8 * width) - 1
            order = draw(st.sampled_from(("big", "little")))
            content[place : place + width] = value.to_bytes(width, order)
        elif kind == "cut":
            del content[place : place + draw(st.integers(1, 40))]
        elif kind == "splice":
            other = seed(draw(st.integers(0, SEEDS - 1)))
            start = draw(st.integers(0, len(other)))
            content[place : place + 30] = other[start : start + draw(st.integers(1, 60))]
        else:
            content[place:place] = content[place : place + 50] * draw(st.integers(1, 20))
    return bytes(content)


def attempt(data: bytes) -> None:
    message = ""
    pixels = np.empty((0, 0, 0))
    try:
        pixels = decode(data, width=9, height=7, channels=3, name="cat.jpg")
    except DataError as error:
        message = error.message
    if message:
        assert message.startswith("cat.jpg cannot be read: ")
        assert len(message) < 200
        assert message.isprintable()
    else:
        assert (pixels.shape, pixels.dtype) == ((7, 9, 3), np.uint8)


@settings(max_examples=int(os.environ.get("CONVLENS_FUZZ_EXAMPLES", "600")))
@given(mutated())
def test_mutations_are_decoded_or_refused(data):
    attempt(data)


STARTS = (b"", b"\xff\xd8\xff", b"II*\0", b"BM", b"GIF89a", b"P6 ", b"P2 9 9 9 ", b"P7\n")


@settings(max_examples=100)
@given(st.binary(max_size=300), st.sampled_from(STARTS))
def test_any_bytes_are_decoded_or_refused(data, start):
    attempt(start + data)


@pytest.mark.fuzz
@pytest.mark.slow
@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed")
def test_atheris_finds_nothing(tmp_path):
    """Guided by the coverage of our own code; Pillow's C code is fuzzed by its own project."""
    for number in range(SEEDS):
        (tmp_path / f"{number}").write_bytes(seed(number))
    command = [sys.executable, "-m", "tests.data.fuzzing", str(tmp_path)]
    limits = [f"-max_total_time={FUZZ_SECONDS}", "-rss_limit_mb=2048", "-timeout=10"]
    done = subprocess.run(
        [*command, *limits, f"-artifact_prefix={tmp_path}/found-", "-seed=1"],
        cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done " in done.stderr  # it ran, and to its end
