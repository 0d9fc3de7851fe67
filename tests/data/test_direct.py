"""Plain small files go straight to the decoder: to the same pixels as the long way, or not at all.

The referee is the long way itself, through Pillow's plugins.
"""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from convlens.data.decoding import decode_pixels
from convlens.data.direct import direct_pixels
from convlens.data.formats import quiet
from convlens.data.limits import UnreadableError
from convlens.data.preprocessing import Geometry


def saved(size: tuple[int, int], mode: str = "RGB", seed: int = 0, **how: Any) -> bytes:
    """A file of random, smooth pixels, in the format ``how`` says."""
    random = np.random.default_rng(seed)
    depth = {"L": 1, "RGB": 3, "RGBA": 4, "CMYK": 4, "LA": 2}[mode]
    pixels = random.integers(0, 256, (max(2, size[1] // 4), max(2, size[0] // 4), depth))
    squeezed = pixels.astype(np.uint8)[:, :, 0] if depth == 1 else pixels.astype(np.uint8)
    image = Image.fromarray(squeezed, mode).resize(size, Image.Resampling.BICUBIC)
    file = io.BytesIO()
    image.save(file, **how)
    return file.getvalue()


def long_way(data: bytes, geometry: Geometry) -> bytes | str:
    """The pixels without the direct way, or the reason why there are none."""
    with patch("convlens.data.decoding.direct_pixels", return_value=None):
        return outcome(data, geometry)


def outcome(data: bytes, geometry: Geometry) -> bytes | str:
    try:
        with quiet():
            return decode_pixels(data, geometry)
    except UnreadableError as error:
        return str(error)


JPEGS: list[dict[str, Any]] = [
    {"quality": quality, "subsampling": subsampling, **more}
    for quality in (20, 75, 100)
    for subsampling in (0, 1, 2)
    for more in ({}, {"optimize": True}, {"comment": b"a comment"}, {"restart_marker_blocks": 1})
]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_plain_jpegs_come_out_the_same(mode: str, channels: int) -> None:
    for seed, how in enumerate(JPEGS):
        size = (1 + 7 * seed % 40, 1 + 11 * seed % 40)
        data = saved(size, mode, seed, format="JPEG", **how)
        geometry = Geometry(*size, channels)
        direct = direct_pixels(data, geometry)
        assert direct is not None
        assert direct == long_way(data, geometry)


@pytest.mark.parametrize("mode", ["L", "RGB"])
@given(
    width=st.integers(1, 50),
    height=st.integers(1, 50),
    level=st.integers(0, 9),
    dpi=st.booleans(),
    seed=st.integers(0, 99),
)
def test_plain_pngs_come_out_the_same(
    mode: str, width: int, height: int, level: int, dpi: bool, seed: int
) -> None:
    how = {"dpi": (72, 72)} if dpi else {}
    data = saved((width, height), mode, seed, format="PNG", compress_level=level, **how)
    geometry = Geometry(width, height, len(mode))
    direct = direct_pixels(data, geometry)
    assert direct is not None
    assert direct == long_way(data, geometry)


def turned_by_exif(file_format: str) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved((20, 20), format=file_format, exif=exif)


def with_text() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", '<x tiff:Orientation="6"/>')
    return saved((20, 20), format="PNG", pnginfo=info)


def with_chunk_behind(data: bytes) -> bytes:
    """A PNG whose orientation comes behind its pixels."""
    exif = Image.Exif()
    exif[0x0112] = 6
    content = exif.tobytes().removeprefix(b"Exif\0\0")
    chunk = struct.pack(">I", len(content)) + b"eXIf" + content
    chunk += struct.pack(">I", zlib.crc32(b"eXIf" + content))
    return data[:-12] + chunk + data[-12:]


@pytest.mark.parametrize(
    "data",
    [
        turned_by_exif("JPEG"),
        turned_by_exif("PNG"),
        with_text(),
        with_chunk_behind(saved((20, 20), format="PNG")),
        saved((20, 20), format="JPEG", progressive=True),
        saved((20, 20), "CMYK", format="JPEG"),
        saved((20, 20), "RGBA", format="PNG"),
        saved((20, 20), "LA", format="PNG"),
        saved((20, 20), format="PNG", transparency=(1, 2, 3)),
        saved((21, 20), format="JPEG"),
        saved((20, 21), format="PNG"),
        saved((20, 20), format="BMP"),
        saved((20, 20), format="WEBP"),
        b"",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"no picture",
    ],
)
def test_others_go_the_long_way(data: bytes) -> None:
    assert direct_pixels(data, Geometry(20, 20, 3)) is None


PLAIN = [
    saved((20, 17), mode, format=file_format, **how)
    for mode in ("L", "RGB")
    for file_format, how in (("PNG", {}), ("PNG", {"dpi": (72, 72)}), ("JPEG", {}))
]


@given(
    number=st.integers(0, len(PLAIN) - 1),
    places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=3),
    end=st.one_of(st.just(1.0), st.floats(0, 1)),
    channels=st.sampled_from([1, 3]),
)
def test_damaged_files_come_to_what_the_long_way_says(
    number: int, places: list[tuple[float, int]], end: float, channels: int
) -> None:
    data = bytearray(PLAIN[number])
    for place, value in places:
        data[round(place**2 * (len(data) - 1))] = value  # mostly in the header
    cut = bytes(data[: round(end * len(data))])
    geometry = Geometry(20, 17, channels)
    assert outcome(cut, geometry) == long_way(cut, geometry)


@pytest.mark.data
@pytest.mark.parametrize(("name", "channels", "side"), [("cifar10", 3, 32), ("mnist", 1, 28)])
def test_real_pictures_go_the_direct_way(
    real_pictures: Path, name: str, channels: int, side: int
) -> None:
    geometry = Geometry(side, side, channels)
    for file in sorted((real_pictures / name / "test").glob("*/*"))[::97]:
        data = file.read_bytes()
        direct = direct_pixels(data, geometry)
        assert direct is not None
        assert direct == long_way(data, geometry)
