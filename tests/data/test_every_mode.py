"""Every mode × format × orientation, against arithmetic on the values that were saved."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImagePalette

from convlens.data import decode
from convlens.data.metadata import orientation

WIDTH, HEIGHT = 14, 10
ROWS, COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH]
RED, GREEN, BLUE = ROWS * 25, COLUMNS * 18, (ROWS + COLUMNS) * 11
CLEAR = np.where((ROWS // 5 + COLUMNS // 7) % 2, 255, 85)
RGB = np.stack([RED, GREEN, BLUE], 2).astype(np.uint8)
GREY = GREEN.astype(np.uint8)
DEEP = (GREEN * 257).astype(np.uint16)

Referee = Callable[[], np.ndarray]


def grey(values: np.ndarray) -> np.ndarray:
    return np.repeat(np.asarray(values, float)[..., None], 3, 2)


def over_white(values: np.ndarray) -> np.ndarray:
    share = CLEAR[..., None] / 255
    return values * share + 255 * (1 - share)


def with_palette() -> Image.Image:
    image = Image.fromarray((GREY // 18).astype(np.uint8))
    image = Image.frombytes("P", image.size, image.tobytes())
    image.palette = ImagePalette.raw("RGB", bytes(range(48)))
    return image


def cmyk() -> Image.Image:
    inks = np.stack([255 - RED, 255 - GREEN, 255 - BLUE, np.zeros_like(RED)], 2)
    return Image.frombytes("CMYK", (WIDTH, HEIGHT), inks.astype(np.uint8).tobytes())


INDEX = GREY.astype(int) // 18
MODES: dict[str, tuple[Callable[[], Image.Image], np.ndarray]] = {
    "1": (lambda: Image.fromarray(GREY > 120), grey(np.where(GREY > 120, 255, 0))),
    "L": (lambda: Image.fromarray(GREY), grey(GREY)),
    "LA": (
        lambda: Image.fromarray(np.stack([GREY, CLEAR], 2).astype(np.uint8), "LA"),
        over_white(grey(GREY)),
    ),
    "P": (with_palette, np.stack([INDEX * 3, INDEX * 3 + 1, INDEX * 3 + 2], 2).astype(float)),
    "RGB": (lambda: Image.fromarray(RGB), RGB.astype(float)),
    "RGBA": (
        lambda: Image.fromarray(np.dstack([RGB, CLEAR]).astype(np.uint8)),
        over_white(RGB.astype(float)),
    ),
    "CMYK": (cmyk, RGB.astype(float)),
    "YCbCr": (lambda: Image.fromarray(RGB).convert("YCbCr"), RGB.astype(float)),
    "I;16": (lambda: Image.fromarray(DEEP), grey(DEEP / 257)),
    "I": (lambda: Image.fromarray(DEEP.astype(np.int32)), grey(DEEP / 257)),
    "F": (lambda: Image.fromarray((DEEP / 65535).astype(np.float32)), grey(DEEP / 257)),
}

FORMATS = {
    "JPEG": ({"quality": 98, "subsampling": 0}, ("L", "RGB", "CMYK", "YCbCr")),
    "PNG": ({}, ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
    "WEBP": ({"lossless": True, "exact": True}, ("L", "RGB", "RGBA")),
    "GIF": ({}, ("1", "L", "P")),
    "BMP": ({}, ("1", "L", "P", "RGB")),
    "TIFF": ({}, tuple(MODES)),
    "AVIF": ({"quality": 100, "subsampling": "4:4:4"}, ("RGB", "RGBA")),
    "PPM": ({}, ("1", "L", "RGB", "I;16")),
}
LOSSY = {"JPEG": 14, "AVIF": 14}
TURNED = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")

PAIRS = [(kind, mode) for kind, (_, modes) in FORMATS.items() for mode in modes]

UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: a[::-1].transpose(1, 0, 2),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: a.transpose(1, 0, 2)[::-1],
}
"""What EXIF says: where the first row and the first column of the stored picture belong."""


def stored(kind: str, mode: str, turn: int = 1) -> bytes:
    buffer = io.BytesIO()
    options = dict(FORMATS[kind][0])
    if turn != 1:
        exif = Image.Exif()
        exif[0x0112] = turn
        options["exif"] = exif
    MODES[mode][0]().save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize(("kind", "mode"), PAIRS)
def test_decoded_as_documented(kind, mode, turn):
    if turn != 1 and kind not in TURNED:
        pytest.skip(f"{kind} says nothing of orientation")
    meant = UPRIGHT[turn](MODES[mode][1])
    height, width = meant.shape[:2]
    data = stored(kind, mode, turn)
    tolerance = LOSSY.get(kind, 3 if mode == "YCbCr" else 1.01)
    colour = decode(data, width=width, height=height, channels=3)
    assert np.abs(colour - meant).max() <= tolerance
    single = decode(data, width=width, height=height, channels=1)[..., 0]
    luma = meant @ (0.299, 0.587, 0.114)
    assert np.abs(single - luma).max() <= tolerance + 1


def test_every_pair_that_pillow_writes_is_here():
    written = set()
    for kind in FORMATS:
        for mode, (make, _) in MODES.items():
            try:
                make().save(io.BytesIO(), kind)
            except (OSError, ValueError, KeyError):
                continue
            written.add((kind, mode))
    converted = {  # before they are written: what a file holds is another mode of these
        ("BMP", "RGBA"), ("GIF", "LA"), ("GIF", "RGB"), ("GIF", "RGBA"), ("GIF", "I"),
        ("GIF", "F"), ("GIF", "CMYK"), ("GIF", "YCbCr"), ("GIF", "I;16"), ("JPEG", "1"),
        ("PPM", "I"), ("PPM", "RGBA"), ("PPM", "F"),
    }  # fmt: skip
    of_their_own = {(kind, mode) for kind, mode in written if kind in ("WEBP", "AVIF")}
    assert written - set(PAIRS) - converted - of_their_own == set()


def test_sixteen_bits_of_colour_are_scaled():
    import struct
    import zlib

    from tests.data.hostile import png_chunk

    values = np.array([[[0, 65535, 32896], [257, 514, 65278]]], ">u2")
    header = struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) \
        + png_chunk(b"IDAT", zlib.compress(b"\0" + values.tobytes())) \
        + png_chunk(b"IEND", b"")  # fmt: skip
    ours = decode(data, width=2, height=1, channels=3)
    assert np.abs(ours - np.rint(values / 257)).max() <= 1


def test_inverted_inks_of_adobe_are_read_as_photoshop_does():
    data = stored("JPEG", "CMYK")
    assert b"Adobe" in data[:100]  # whose inks are stored inverted
    assert (
        np.abs(decode(data, width=WIDTH, height=HEIGHT, channels=3) - RGB.astype(int)).max() <= 14
    )


@pytest.mark.parametrize("turn", range(1, 9))
def test_orientation_told_by_xmp_alone(turn):
    for xmp in (f'tiff:Orientation="{turn}"', f"<tiff:Orientation>{turn}</tiff:Orientation>"):
        image = Image.new("RGB", (4, 2))
        image.info["xmp"] = f"<x {xmp}/>".encode()
        assert orientation(image) == turn


@pytest.mark.parametrize(
    ("block", "turn"),
    [
        (b"", 1),
        (b"Exif\0\0", 1),
        (b"Exif\0\0Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0", 6),
        (b"MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\3\0\0", 3),
        (b"MM\0*\0\0\0\x08\0\1\1\x12\0\4\0\0\0\1\0\0\0\3", 3),
        (b"MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\x09\0\0", 1),
        (b"MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\2\0\3\0\3", 1),
        (b"MM\0*\xff\xff\xff\xff", 1),
        (b"MM\0*\0\0\0\x08\xff\xff", 1),
    ],
)
def test_exif_by_hand(block, turn):
    image = Image.new("RGB", (4, 2))
    image.info["exif"] = block
    assert orientation(image) == turn


def test_every_value_under_every_transparency_is_as_pillow_composes_it():
    values, alpha = np.meshgrid(np.arange(256), np.arange(256))
    picture = Image.fromarray(np.stack([values, 255 - values, values, alpha], 2).astype(np.uint8))
    white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    expected = np.asarray(Image.alpha_composite(white, picture).convert("RGB"))
    found = decode(picture, width=256, height=256, channels=3)
    np.testing.assert_array_equal(found, expected)
