from __future__ import annotations

import contextlib
import io
import re
import struct
import threading
import time
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from convlens.data.decoding import decode
from convlens.errors import DataError, SettingsError

SMOOTH = Image.fromarray(
    np.stack(
        [
            np.add.outer(np.arange(40) * 2, np.arange(60) * 2),
            np.add.outer(np.arange(40) * 5, np.arange(60)),
            np.add.outer(np.arange(40), np.arange(60) * 3),
        ],
        axis=2,
    ).astype(np.uint8)
)
KINDS = {
    "JPEG": {"quality": 95},
    "PNG": {},
    "WEBP": {"lossless": True},
    "TIFF": {},
    "AVIF": {"quality": 95},
}


def saved(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(width: int, height: int, depth: int = 1, colour: int = 0) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        body = name + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    rows = zlib.compress(b"\0" * 64)
    start = b"\x89PNG\r\n\x1a\n"
    return start + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def small(data, **changes) -> np.ndarray:
    return decode(data, **({"width": 8, "height": 6, "channels": 3} | changes))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_a_picture_of_the_right_size_comes_out_as_it_is(kind):
    image = SMOOTH.convert("L").resize((8, 6))
    assert np.array_equal(small(saved(image, kind), channels=1)[..., 0], np.asarray(image))


def test_pixels_of_the_right_size_equal_plain_pillow(encoded):
    for kind in ("PNG", "JPEG", "BMP", "WEBP"):
        data = encoded(size=(32, 32), kind=kind)
        plain = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        assert np.array_equal(decode(data, width=32, height=32, channels=3), plain)


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("turn", range(1, 9))
def test_every_orientation_agrees_with_pillow(kind, turn):
    exif = Image.Exif()
    exif[0x0112] = turn
    data = saved(SMOOTH, kind, exif=exif, **KINDS[kind])
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    plain = upright.convert("RGB").resize((12, 10), Image.Resampling.BILINEAR)
    ours = decode(data, width=12, height=10, channels=3)
    assert np.abs(ours.astype(int) - np.asarray(plain)).max() <= 6
    size = upright.size
    exact = decode(data, width=size[0], height=size[1], channels=3)
    assert np.array_equal(exact, np.asarray(upright.convert("RGB")))


def in_mode(mode: str) -> Image.Image:
    if mode == "LA":
        return Image.merge("LA", [SMOOTH.convert("L"), Image.new("L", SMOOTH.size, 255)])
    if mode == "I;16":
        return Image.fromarray(np.asarray(SMOOTH.convert("L")).astype(np.uint16) * 257)
    if mode == "I":
        return Image.fromarray(np.asarray(SMOOTH.convert("L")).astype(np.int32) * 257)
    if mode == "F":
        return Image.fromarray(np.asarray(SMOOTH.convert("L")).astype(np.float32) / 255)
    return SMOOTH.convert(mode)


@pytest.mark.parametrize(
    ("mode", "kind", "tolerance"),
    [
        ("1", "PNG", 0),
        ("1", "TIFF", 0),
        ("L", "PNG", 0),
        ("LA", "PNG", 0),
        ("P", "PNG", 0),
        ("P", "GIF", 0),
        ("RGBA", "PNG", 0),
        ("RGBA", "WEBP", 0),
        ("CMYK", "JPEG", 12),
        ("CMYK", "TIFF", 0),
        ("YCbCr", "JPEG", 12),
        ("YCbCr", "TIFF", 3),
        ("I;16", "PNG", 0),
        ("I;16", "TIFF", 0),
        ("I", "TIFF", 0),
        ("F", "TIFF", 0),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("turn", [1, 6])
def test_every_mode_and_orientation(mode, kind, tolerance, channels, turn):
    image = in_mode(mode)
    exif = Image.Exif()
    exif[0x0112] = turn
    turned = turn != 1 and kind not in ("GIF",)
    options = KINDS.get(kind, {}) | ({"exif": exif} if turned else {})
    data = saved(image, kind, **options)
    deep = mode in ("I;16", "I", "F")
    meant = SMOOTH.convert("L") if deep else image.convert("RGB")
    meant = meant.convert("L" if channels == 1 else "RGB")
    if turned:
        meant = meant.transpose(Image.Transpose.ROTATE_270)
    ours = decode(data, width=meant.width, height=meant.height, channels=channels)
    expected = np.asarray(meant).reshape(ours.shape).astype(int)
    assert np.abs(ours.astype(int) - expected).max() <= max(tolerance, 1)


def test_big_endian_sixteen_bits_are_scaled_not_clipped():
    values = np.array([[0, 257, 32896, 65535]], dtype=">u2")
    image = Image.frombytes("I;16B", (4, 1), values.tobytes())
    assert decode(image, width=4, height=1, channels=1).ravel().tolist() == [0, 1, 128, 255]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 100.0, 255.0], [0, 100, 255]),
        ([0.0, 32896.0, 65535.0], [0, 128, 255]),
        ([-1.0, 0.0, 1.0], [0, 128, 255]),
    ],
)
def test_floats_are_scaled_from_the_least_range_that_holds_them(values, expected):
    image = Image.fromarray(np.array([values], dtype=np.float32))
    assert decode(image, width=3, height=1, channels=1).ravel().tolist() == expected


def test_nan_is_refused():
    image = Image.fromarray(np.array([[0.0, np.nan]], dtype=np.float32))
    with pytest.raises(DataError, match="NaN"):
        decode(image, width=2, height=1, channels=1)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_transparency_lies_over_white(kind):
    clear = Image.new("RGBA", (8, 6), (0, 0, 0, 0))
    options = {"lossless": True} if kind == "WEBP" else {}
    assert (small(saved(clear, kind, **options)) == 255).all()


def test_transparency_of_palettes_and_of_one_colour_lies_over_white():
    palette = SMOOTH.resize((8, 6)).convert("P")
    index = palette.getpixel((0, 0))
    assert (small(saved(palette, "PNG", transparency=index))[0, 0] == 255).all()
    red = Image.new("RGB", (8, 6), (255, 0, 0))
    assert (small(saved(red, "PNG", transparency=(255, 0, 0))) == 255).all()


def test_of_an_animation_the_first_frame_counts():
    frames = [Image.new("RGB", (8, 6), colour) for colour in ("red", "lime", "blue")]
    for kind, options in (("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {}), ("TIFF", {})):
        data = saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        assert small(data)[3, 3].tolist() == [255, 0, 0], kind


def test_the_first_of_several_photographs_counts():
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    data = saved(frames[0], "MPO", save_all=True, append_images=frames[1:])
    assert decode(data, width=8, height=8, channels=3)[4, 4, 0] > 240


@pytest.mark.parametrize("fit", ["stretch", "crop", "pad"])
def test_fits_agree_with_pillow(fit):
    data = saved(SMOOTH, "PNG")
    plain = {
        "stretch": lambda: SMOOTH.resize((10, 10), Image.Resampling.BILINEAR),
        "crop": lambda: ImageOps.fit(SMOOTH, (10, 10), Image.Resampling.BILINEAR),
        "pad": lambda: ImageOps.pad(SMOOTH, (10, 10), Image.Resampling.BILINEAR),
    }[fit]()
    ours = decode(data, width=10, height=10, channels=3, fit=fit)
    assert np.abs(ours.astype(int) - np.asarray(plain)).max() <= 4


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 70), st.integers(1, 70)),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.sampled_from(["stretch", "crop", "pad"]),
    st.sampled_from([1, 3]),
    st.integers(1, 8),
    st.sampled_from(["JPEG", "PNG"]),
)
def test_any_size_becomes_any_size(size, target, fit, channels, turn, kind):
    exif = Image.Exif()
    exif[0x0112] = turn
    data = saved(Image.new("RGB", size, (200, 200, 200)), kind, exif=exif)
    ours = decode(data, width=target[0], height=target[1], channels=channels, fit=fit)
    assert ours.shape == (target[1], target[0], channels)
    assert abs(int(ours.max()) - 200) <= 3
    assert fit == "pad" or ours.min() >= 197


def test_large_photographs_shrink_like_plain_pillow():
    large = SMOOTH.resize((960, 640), Image.Resampling.BICUBIC)
    plain = np.asarray(large.resize((48, 32), Image.Resampling.BILINEAR)).astype(int)
    for kind, options in KINDS.items():
        ours = decode(saved(large, kind, **options), width=48, height=32, channels=3)
        assert np.abs(ours - plain).max() <= 6, kind


def test_strips_of_a_large_picture_leave_no_seams():
    large = SMOOTH.resize((3000, 2000), Image.Resampling.BICUBIC)
    plain = np.asarray(large.resize((60, 40), Image.Resampling.BILINEAR)).astype(int)
    ours = decode(large.convert("RGBA"), width=60, height=40, channels=3)
    assert np.abs(ours - plain).max() <= 3


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.full((6, 8), 7, np.uint8), 7),
        (np.full((6, 8, 1), 7, np.uint8), 7),
        (np.full((3, 6, 8), 7, np.uint8), 7),
        (np.full((6, 8, 3), 0.5), 128),
        (np.full((12, 16, 3), 1.0, np.float32), 255),
        (np.ones((6, 8), bool), 255),
    ],
)
def test_arrays(array, expected):
    assert (small(array) == expected).all()


def test_an_array_with_transparency_is_decoded_as_its_file_is():
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 4), np.uint8)
    of_file = small(saved(Image.fromarray(pixels), "PNG"))
    assert (small(pixels) == of_file).all()
    assert (small(pixels / 255.0) == of_file).all()
    assert (small(np.zeros((6, 8, 4))) == 255).all()


@pytest.mark.parametrize("shape", [(6, 8, 5), (4, 6, 8), (8,)])
def test_the_shape_in_a_message_is_the_users(shape):
    with pytest.raises(DataError, match=re.escape(f"an array of shape {shape} ")):
        small(np.zeros(shape))


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(4),
        np.full((6, 8), np.nan),
        np.full((6, 8), 300),
        np.full((6, 8), -1),
        np.full((6, 8), 7.5),
        np.zeros((6, 8, 2)),
        np.array([["a"]]),
        np.zeros((0, 8)),
    ],
)
def test_arrays_that_are_no_picture(array):
    with pytest.raises(DataError, match="the picture cannot be read"):
        small(array)


def test_a_users_picture_is_not_changed():
    image = Image.open(io.BytesIO(saved(SMOOTH, "JPEG")))
    small(image)
    assert image.size == SMOOTH.size
    assert image.mode == "RGB"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "AVIF"])
def test_truncated_files_are_refused_with_a_reason(kind):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    data = saved(noise, kind)
    for share in (0.1, 0.5, 0.8):
        with pytest.raises(DataError) as caught:
            small(data[: int(len(data) * share)], name="cat.jpg")
        assert caught.value.message.startswith("cat.jpg cannot be read: ")
        assert "\n" not in caught.value.message


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damage_never_raises_anything_else(data):
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"]))
    content = bytearray(saved(SMOOTH, kind))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(DataError):
        assert small(bytes(content)).shape == (6, 8, 3)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"hello, this is no picture", "text"),
        (b"<!DOCTYPE html><html>", "HTML"),
        (b"%PDF-1.7", "PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "SVG"),
        (b"\0\1\2\3", "unknown format"),
        (b"%!PS-Adobe-3.0 EPSF", "PostScript"),
        (b"8BPS\0\1", "Photoshop"),
        (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        (b"\xff\xd8\xff", "truncated"),
    ],
)
def test_what_is_no_picture_is_called_what_it_is(data, reason):
    with pytest.raises(DataError, match=reason):
        small(data)


def test_foreign_formats_are_not_parsed(monkeypatch):
    def fail(*_):
        raise AssertionError("parsed")

    monkeypatch.setattr("PIL.EpsImagePlugin.EpsImageFile._open", fail)
    with pytest.raises(DataError, match="PostScript"):
        small(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n")


def test_too_many_pixels_are_refused_by_their_size_before_decoding():
    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DataError, match=r"too large \(20,000 x 20,000 pixels"):
            small(png_header(20_000, 20_000))
        with pytest.raises(DataError, match="too large"):
            small(png_header(9_500, 9_500))  # where Pillow itself would only warn
    assert time.process_time() - started < 1.0


def test_a_progressive_photograph_of_absurdly_many_scans_is_refused():
    data = saved(Image.new("RGB", (4000, 4000)), "JPEG", progressive=True)
    small(data)
    scans = data + b"\xff\xda" * 1000
    with pytest.raises(DataError, match="scans"):
        small(scans)


def test_one_pixel_is_enough():
    assert (small(saved(Image.new("RGB", (1, 1), "red"), "PNG")) == [255, 0, 0]).all()


def test_paths_are_read_and_named(tmp_path, encoded):
    file = tmp_path / "a.png"
    file.write_bytes(encoded())
    assert small(file).shape == (6, 8, 3)
    with pytest.raises(DataError, match=r"gone\.png cannot be read: no such file"):
        small(tmp_path / "gone.png")
    with pytest.raises(DataError, match="is a directory"):
        small(tmp_path)


def test_impossible_sizes_are_refused(encoded):
    for changes in ({"width": 0}, {"channels": 2}, {"fit": "zoom"}, {"height": 10**6}):
        with pytest.raises(SettingsError):
            small(encoded(), **changes)


def test_damaged_exif_is_as_none():
    data = saved(
        SMOOTH, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\xff\xff\xff\xff"
    )
    assert small(data).shape == (6, 8, 3)


def test_threads_share_it_and_leave_the_filters_of_warnings_alone(encoded):
    before = list(warnings.filters)
    results: list[np.ndarray] = []
    data = encoded(kind="JPEG", size=(40, 30))
    threads = [
        threading.Thread(target=lambda: results.extend(small(data) for _ in range(50)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 200
    assert all(np.array_equal(results[0], other) for other in results)
    assert warnings.filters == before


def test_the_result_may_be_written_to(encoded):
    pixels = small(encoded())
    pixels[0, 0, 0] = 1
    assert pixels.flags.c_contiguous
