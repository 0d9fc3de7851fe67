"""PBM, PGM, PPM and PAM: Pillow is the referee where it reads them, arithmetic elsewhere."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from convlens.data import decode, open_source
from convlens.data.formats import open_picture, sniff
from convlens.errors import DataError

RANDOM = np.random.default_rng(0)


def stored(kind: int, values: np.ndarray, top: int, gap: bytes = b"\n") -> bytes:
    """``values`` (H, W) or (H, W, 3) as P1 to P6."""
    size = b"%d%s%d" % (values.shape[1], gap, values.shape[0])
    head = b"P%d%s%s%s" % (kind, gap, size, gap)
    if kind not in (1, 4):
        head += b"%d\n" % top
    if kind <= 3:
        return head + b" ".join(b"%d" % value for value in values.ravel().tolist()) + b"\n"
    if kind == 4:
        return head[: -len(gap)] + b"\n" + np.packbits(values.astype(bool), axis=1).tobytes()
    return head + values.astype(">u2" if top > 255 else "u1").tobytes()


def read(data: bytes) -> np.ndarray:
    picture = open_picture(io.BytesIO(data))
    picture.load()
    return np.asarray(picture)


@pytest.mark.parametrize("top", [1, 3, 200, 255, 256, 1023, 4095, 65535])
@pytest.mark.parametrize("kind", [2, 3, 5, 6])
def test_levels_are_scaled_as_pillow_does(kind, top):
    shape = (7, 5, 3) if kind in (3, 6) else (7, 5)
    values = RANDOM.integers(0, top + 1, shape)
    values.flat[:2] = 0, top
    data = stored(kind, values, top)
    assert sniff(data) == "PPM"
    found = read(data)
    np.testing.assert_array_equal(found.astype(int), np.asarray(Image.open(io.BytesIO(data))))
    deep = top > 255 and kind in (2, 5)
    assert (found.dtype, found.max()) == ((np.uint16, 65535) if deep else (np.uint8, 255))
    ours = decode(data, width=5, height=7, channels=3)
    expected = np.atleast_3d(values / top * 255)
    assert np.abs(ours - expected).max() <= 1


@pytest.mark.parametrize("kind", [1, 4])
def test_bits_are_black_where_they_are_set(kind):
    bits = RANDOM.integers(0, 2, (6, 13))
    data = stored(kind, bits, 1)
    np.testing.assert_array_equal(read(data), bits == 0)
    np.testing.assert_array_equal(read(data), np.asarray(Image.open(io.BytesIO(data))))
    if kind == 1:
        head, _, digits = data.partition(b"13\n6\n")
        np.testing.assert_array_equal(
            read(head + b"13\n6\n" + digits.replace(b" ", b"")), bits == 0
        )


@pytest.mark.parametrize(
    ("kind", "depth", "mode", "top"),
    [
        ("BLACKANDWHITE", 1, "L", 1),
        ("GRAYSCALE", 1, "L", 255),
        ("GRAYSCALE", 1, "I;16", 4095),
        ("RGB", 3, "RGB", 255),
        ("RGB", 3, "RGB", 65535),
        ("GRAYSCALE_ALPHA", 2, "LA", 255),
        ("BLACKANDWHITE_ALPHA", 2, "LA", 1),
        ("RGB_ALPHA", 4, "RGBA", 100),
        ("", 4, "RGBA", 1000),
    ],
)
def test_pam_of_every_kind(kind, depth, mode, top):
    values = RANDOM.integers(0, top + 1, (4, 6, depth))
    named = f"TUPLTYPE {kind}\n" if kind else ""
    head = f"P7\n# made\nHEIGHT 4\nWIDTH 6\nMAXVAL {top}\n{named}DEPTH {depth}\nENDHDR\n"
    data = head.encode() + values.astype(">u2" if top > 255 else "u1").tobytes()
    picture = open_picture(io.BytesIO(data))
    picture.load()
    assert picture.mode == mode
    white = 65535 if mode == "I;16" else 255
    expected = np.rint(values / top * white).squeeze()
    np.testing.assert_array_equal(np.asarray(picture), expected)
    if depth in (2, 4):  # over white
        share = np.rint(values[..., -1:] / top * 255) / 255
        laid = np.rint(values[..., :-1] / top * 255) * share + 255 * (1 - share)
        ours = decode(data, width=6, height=4, channels=3)
        assert np.abs(ours - laid).max() <= 1


def test_comments_and_spaces_wherever_they_may_be():
    values = np.arange(6).reshape(2, 3)
    for gap in (b" ", b"\t\r\n", b"\n# by hand\n", b"#x\n#y\n "):
        for kind in (2, 5):
            np.testing.assert_array_equal(read(stored(kind, values, 255, gap)), values)
    text = b"P2 # one\n3 2 9 # two\n0 1 # 8 8 8\n2\r\n#\n3 4 5 # the end"
    np.testing.assert_array_equal(read(text), np.rint(values / 9 * 255))


def test_of_several_pictures_the_first_counts():
    first, second = (np.full((2, 2), level) for level in (7, 200))
    data = stored(5, first, 255) + stored(5, second, 255)
    np.testing.assert_array_equal(read(data), first)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"P5 2 2 255\n\0\0\0", "truncated"),
        (b"P5 2 2 65535\n" + bytes(7), "truncated"),
        (b"P6 2 2 99\n" + bytes(11), "truncated"),
        (b"P4 9 2\n\0\0\0", "truncated"),
        (b"P2 2 2 255\n1 2 3", "truncated"),
        (b"P1 2 2\n011", "truncated"),
        (b"P2 2 2 255\n1 2 3 -4", "damaged (what are no numbers among its pixels)"),
        (b"P2 2 2 255\n1 2 3.0 4", "damaged (what are no numbers among its pixels)"),
        (b"P1 2 2\n0121", "damaged (other digits than 0 and 1)"),
        (b"P5 0 2 255\n", "damaged header"),
        (b"P5 2 2 0\n" + bytes(9), "damaged header"),
        (b"P5 2 2 65536\n" + bytes(9), "damaged header"),
        (b"P5 2 2", "damaged header"),
        (b"P5 # never ends", "damaged header"),
        (b"P7\nWIDTH 2\nHEIGHT 2\nENDHDR\n", "damaged header"),
        (b"P7\nWIDTH 2\nHEIGHT 2\nDEPTH 1\nMAXVAL 255\n" + bytes(9), "damaged header"),
        (
            b"P7\nWIDTH 2\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nTUPLTYPE CMYK\nENDHDR\n" + bytes(16),
            "a PAM of a rare kind (CMYK, 4 channels)",
        ),
        (b"P5 99999 99999 255\n", "too large (99,999 x 99,999 pixels; at most 89,000,000 in all)"),
    ],
)
def test_what_is_wrong_is_said(data, reason):
    with pytest.raises(DataError) as caught:
        decode(data, width=2, height=2, channels=1, name="a.ppm")
    assert caught.value.message == f"a.ppm cannot be read: {reason}"


@given(
    st.integers(1, 65535), st.integers(1, 5), st.integers(1, 5), st.sampled_from([2, 3, 5, 6]),
    st.integers(0, 2**32),
)  # fmt: skip
def test_any_levels_are_what_pillow_reads(top, width, height, kind, seed):
    shape = (height, width, 3) if kind in (3, 6) else (height, width)
    values = np.random.default_rng(seed).integers(0, top + 1, shape)
    data = stored(kind, values, top)
    np.testing.assert_array_equal(
        read(data).astype(int), np.asarray(Image.open(io.BytesIO(data))).astype(int)
    )


def test_values_above_the_largest_are_white_and_long_ones_too():
    assert read(b"P5 2 1 100\n\x64\xff").tolist() == [[255, 255]]
    assert read(b"P2 2 1 100\n101 " + b"9" * 60).tolist() == [[255, 255]]


def test_a_folder_of_them_is_a_data_set(tmp_path):
    for number, name in enumerate(("a/1.ppm", "a/2.PGM", "b/3.pnm", "b/4.pam", "b/5.pbm")):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(stored(5, np.full((3, 3), number), 255))
    source = open_source(tmp_path)
    assert [item.name for item in source.items] == [
        "a/1.ppm", "a/2.PGM", "b/3.pnm", "b/4.pam", "b/5.pbm",
    ]  # fmt: skip
    assert source.classes == ("a", "b")


def test_text_that_begins_alike_is_no_picture():
    for text in (b"P5: a plan\n", b"P6\nwhat we do\n", b"P7 is next\n", b"Patience 5\n"):
        assert sniff(text) is None
