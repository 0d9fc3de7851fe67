"""Scaling by one range against numpy, and how the range and the background are found."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from convlens.data import Tones, decode, open_source, start_loading, survey, toning
from convlens.data.tones import BITS, extent_of, joint, range_for
from convlens.data.whole import decode_whole
from convlens.errors import DataError

SHAPE = (6, 8)
RANDOM = np.random.default_rng(0)


def stored(values, kind="TIFF", mode=None):
    """The file of a picture with these values."""
    image = Image.fromarray(values)
    if mode is not None:
        image = Image.frombytes(mode, values.shape[::-1], values.tobytes())
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def folder_of(root, *contents, classes=2):
    """Class folders with these files, dealt out in turn."""
    for number, content in enumerate(contents):
        folder = root / "abcdef"[number % classes]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:04}.png").write_bytes(content)
    return root


def noise(low, high, dtype):
    if np.dtype(dtype).kind == "f":
        return RANDOM.uniform(low, high, SHAPE).astype(dtype)
    return RANDOM.integers(low, high, SHAPE, endpoint=True).astype(dtype)


def surveyed(root, *contents):
    return survey(open_source(folder_of(root, *contents)))


def exact(values, low, high):
    """The referee: a straight line, cut off at both ends, in numpy's 64-bit floats."""
    return np.interp(values.astype(np.float64), (low, high), (0.0, 255.0))


FINITE = {"allow_nan": False, "allow_infinity": False, "width": 32}
NUMBERS = st.one_of(
    arrays.arrays(np.uint16, SHAPE),
    arrays.arrays(np.int32, SHAPE, elements=st.integers(-(2**31), 2**31 - 1)),
    arrays.arrays(np.float32, SHAPE, elements=st.floats(-1e6, 1e6, **FINITE)),
)
RANGES = st.tuples(st.floats(-1e5, 1e5), st.floats(1e-3, 1e5)).map(lambda r: (r[0], r[0] + r[1]))


@given(NUMBERS, RANGES)
def test_a_file_and_an_array_are_scaled_alike_and_as_numpy_does(values, ends):
    tones = Tones(ends)
    found = decode(values, width=8, height=6, channels=1, tones=tones)[..., 0]
    assert np.abs(found - exact(values, *tones.range)).max() <= 0.5 + 1e-6
    for content in (stored(values), Image.fromarray(values)):
        again = decode(content, width=8, height=6, channels=1, tones=tones)
        assert np.array_equal(again[..., 0], found)
    colour = decode(values, width=8, height=6, channels=3, tones=tones)
    assert (colour == found[..., None]).all()


@given(arrays.arrays(np.uint8, (*SHAPE, 3)), RANGES)
def test_eight_bits_stay_as_they_are(values, ends):
    for picture in (values, values[..., 0]):
        channels = 3 if picture.ndim == 3 else 1
        plain = decode(picture, width=8, height=6, channels=channels)
        for content in (picture, stored(picture, "PNG")):
            toned = decode(content, width=8, height=6, channels=channels, tones=Tones(ends))
            assert np.array_equal(toned, plain)


@given(st.lists(NUMBERS, min_size=1, max_size=4))
def test_a_range_holds_all_that_it_was_found_in(pictures):
    low, high = range_for(joint([extent_of(one) for one in pictures]))
    assert low < high or not any(one.any() for one in pictures)
    slack = 1e-9 * max(abs(low), abs(high))
    assert all(low - slack <= one.min() and one.max() <= high + slack for one in pictures)
    if low == 0 and high > 255 and high in BITS:
        below = BITS[BITS.index(high) - 1]
        assert max(float(one.max()) for one in pictures) > below


@pytest.mark.parametrize(
    ("low", "high", "dtype", "expected"),
    [
        (0, 240, np.uint16, (0, 255)),
        (40, 1000, np.uint16, (0, 1023)),
        (0, 4000, np.uint16, (0, 4095)),
        (0, 4000, np.int32, (0, 4095)),
        (0, 4000, np.float32, (0, 4095)),
        (0, 16000, np.uint16, (0, 16383)),
        (900, 60000, np.uint16, (0, 65535)),
        (0, 10**6, np.int32, (0, 2**20 - 1)),
        (-1024, 3071, np.int32, (-1024, 3072)),
        (-1024, 3071, np.float32, (-1200, 3200)),
        (-1, 1, np.float32, (-1, 1)),
        (0, 1, np.float32, (0, 1)),
        (0, 0.3, np.float32, (0, 1)),
        (0, 0.02, np.float32, (0, 0.02)),
        (0, 200, np.float32, (0, 255)),
        (27904, 31488, np.uint16, (27904, 31488)),  # a thermal camera's, in hundredths of a kelvin
    ],
)
def test_the_usual_ranges(low, high, dtype, expected):
    values = np.concatenate([noise(low, high, dtype).ravel(), np.array([low, high], dtype)])
    assert range_for(extent_of(values)) == expected


def test_hot_pixels_of_a_sensor_count_for_nothing():
    values = RANDOM.integers(0, 4000, (200, 200), dtype=np.uint16)
    values[3, 3] = values[90, 7] = 65535
    assert range_for(extent_of(values)) == (0, 4095)
    values[:1] = 65535
    assert range_for(extent_of(values)) == (0, 65535)


KINDS = {
    "10 bits": ((0, 1000, np.uint16), "PNG", None),
    "12 bits": ((0, 4000, np.uint16), "PNG", None),
    "14 bits": ((0, 16000, np.uint16), "TIFF", None),
    "big endian": ((0, 4000, ">u2"), "TIFF", "I;16B"),
    "whole numbers": ((-1000, 3000, np.int32), "TIFF", None),
    "dark floats": ((0, 0.02, np.float32), "TIFF", None),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_data_set_has_one_range(tmp_path, kind):
    (low, high, dtype), form, mode = KINDS[kind]
    pictures = [noise(low, high / (1 + number % 4), dtype) for number in range(24)]
    seen = surveyed(tmp_path, *(stored(one, form, mode) for one in pictures))
    ends = seen.tones.range
    assert ends == range_for(joint([extent_of(one) for one in pictures]))
    assert (seen.channels, len(seen.notes)) == (1, 1)
    assert "become 0 to 255" in seen.notes[0]
    for workers in (1, 2):
        loading = start_loading(
            open_source(tmp_path),
            width=8,
            height=6,
            channels=1,
            tones=seen.tones,
            workers=workers,
            cache=False,
        )
        names = [item.name for item in open_source(tmp_path).items]
        by_name = dict(zip(names, loading.result().pixels, strict=True))
        for number, one in enumerate(pictures):
            found = by_name[f"{'ab'[number % 2]}/{number:04}.png"][..., 0]
            assert np.abs(found - exact(one, *ends)).max() <= 0.5 + 1e-6


def test_eight_bits_beside_deeper_ones_stay_and_it_is_said(tmp_path):
    files = [stored(noise(0, 4000, np.uint16), "PNG"), stored(noise(0, 255, np.uint8), "PNG")]
    seen = surveyed(tmp_path, *files * 6)
    assert seen.tones == Tones((0, 4095))
    assert seen.notes == (
        "greys from 0 to 4,095 (12 bits) become 0 to 255; pictures of 8 bits stay as they are",
    )


def test_eight_bits_alone_have_no_range_and_nothing_is_said(tmp_path):
    seen = surveyed(tmp_path, *(stored(noise(0, 255, np.uint8), "PNG") for _ in range(6)))
    assert (seen.tones, seen.notes) == (Tones(), ())


def test_a_saturated_frame_does_not_blacken_all_others(tmp_path):
    frames = [noise(0, 4000, np.uint16) for _ in range(12)]
    frames[5] = np.full(SHAPE, 65535, np.uint16)
    assert surveyed(tmp_path / "one", *(stored(f, "PNG") for f in frames)).tones.range == (0, 4095)
    flat = [np.full(SHAPE, 300 * n, np.uint16) for n in range(12)]
    assert surveyed(tmp_path / "all", *(stored(f, "PNG") for f in flat)).tones.range == (0, 4095)


def test_all_of_a_set_is_looked_at_where_that_is_little(tmp_path):
    files = [stored(noise(0, 200, np.uint16), "PNG") for _ in range(600)]
    files[0] = stored(noise(0, 4000, np.uint16), "PNG")
    assert surveyed(tmp_path, *files).tones.range == (0, 4095)


def test_of_large_files_some_are_enough(tmp_path, monkeypatch):
    monkeypatch.setattr(toning, "MOST_BYTES", 1000)
    read = []
    plain = toning.original
    monkeypatch.setattr(toning, "original", lambda raw: read.append(1) or plain(raw))
    surveyed(tmp_path, *(stored(noise(0, 4000, np.uint16), "PNG") for _ in range(90)))
    assert len(read) == toning.LEAST_PICTURES


def test_a_known_range_stays_and_what_it_clips_is_told(tmp_path):
    source = open_source(
        folder_of(tmp_path, *(stored(noise(0, 60000, np.uint16), "PNG") for _ in range(8)))
    )
    seen = survey(source, known=Tones((0, 4095)))
    assert seen.tones == Tones((0, 4095))
    assert seen.notes[1] == "8 of 8 deep pictures reach beyond: clipped"
    assert survey(source, known=Tones("each")).tones == Tones("each")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused_picture_by_picture(tmp_path, bad):
    values = noise(0, 1, np.float32)
    values[2, 2] = bad
    files = [stored(noise(0, 1, np.float32)) for _ in range(5)]
    seen = surveyed(tmp_path, *files, stored(values))
    assert seen.tones.range == (0, 1)
    loading = start_loading(
        open_source(tmp_path), width=8, height=6, channels=1, tones=seen.tones, cache=False
    )
    assert list(loading.result().faults.values()) == ["holds NaN or infinite values"]
    with pytest.raises(DataError, match="NaN"):
        decode(values, width=8, height=6, channels=1, tones=seen.tones)


def test_a_whole_picture_is_scaled_like_the_network_s_input():
    values = noise(0, 4000, np.uint16)
    tones = Tones((0, 4095))
    found = decode_whole(values, 1, tones=tones)
    assert np.array_equal(found, decode(values, width=8, height=6, channels=1, tones=tones))


# Arrays


def loaded(source):
    tones = survey(source).tones
    found = start_loading(source, width=8, height=6, channels=1, tones=tones).result()
    return tones.range, found.pixels[..., 0]


@pytest.mark.parametrize(
    ("dtype", "high", "ends"),
    [
        (np.uint16, 4000, (0, 4095)),
        (np.int64, 999, (0, 1023)),
        (np.float32, 0.01, (0, 0.01)),
        (np.float64, 1, (0, 1)),
        (np.float64, 3.7, (0, 3.8)),
    ],
)
def test_arrays_have_one_range_over_all_parts(dtype, high, ends):
    test = np.stack([noise(0, high, dtype) for _ in range(6)])
    test[0, 0, :2] = (0, high)
    train = (test / 4).astype(dtype)
    labels = np.arange(6) % 2
    source = open_source({"train": (train, labels), "test": (test, labels)})
    found, pixels = loaded(source)
    assert found == ends
    both = np.concatenate([test, train])
    names = [f"{part}/{n:06}" for part in ("test", "train") for n in range(6)]
    items = [item.name for item in source.items]
    order = [items.index(name) for name in names]
    assert np.abs(pixels[order] - exact(both, *ends)).max() <= 0.5 + 1e-6


def test_whole_numbers_of_eight_bits_have_no_range_whatever_holds_them():
    values = np.stack([noise(0, 255, np.uint8) for _ in range(6)])
    for dtype in (np.uint8, np.int64, np.uint16, np.float32):
        found, pixels = loaded(open_source((values.astype(dtype), np.arange(6) % 2)))
        assert found is None
        assert np.array_equal(pixels, values)


def test_one_part_of_eight_bits_is_scaled_like_the_other():
    small, large = noise(0, 255, np.int64), noise(0, 4000, np.int64)
    parts = {"train": (np.stack([small] * 4), [0, 1] * 2), "test": (large[None], [0])}
    found, pixels = loaded(open_source(parts))
    assert found == (0, 4095)
    assert any(np.abs(one - exact(small, 0, 4095)).max() <= 0.5 + 1e-6 for one in pixels)


def test_lists_of_deep_and_plain_pictures():
    deep, plain = noise(0, 4000, np.uint16), noise(0, 255, np.uint8)
    for made in (Image.fromarray, np.asarray):
        found, pixels = loaded(open_source(([made(deep), made(plain)] * 3, [0, 1] * 3)))
        assert found == (0, 4095)
        assert np.array_equal(pixels[1], plain)
        assert np.abs(pixels[0] - exact(deep, 0, 4095)).max() <= 0.5 + 1e-6


# Transparency


def icon(level, seed, size=SHAPE):
    """A disc of one level on nothing."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]]
    disc = np.hypot(y - random.uniform(1, 4), x - random.uniform(2, 6)) < 2
    return np.dstack([np.full((*size, 3), level), np.where(disc, 255, 0)]).astype(np.uint8)


@pytest.mark.parametrize(
    ("levels", "background"),
    [
        ([255], "black"),
        ([250, 255], "black"),
        ([0], "white"),
        ([128], "white"),
        ([0, 255], "grey"),
        ([0] * 19 + [255], "white"),
    ],
)
def test_icons_are_laid_over_what_shows_them(tmp_path, levels, background):
    icons = [icon(levels[n % len(levels)], n) for n in range(40)]
    seen = surveyed(tmp_path, *(stored(one, "PNG") for one in icons))
    assert seen.tones.background == background
    assert len(seen.notes) == (background != "white")
    of_arrays = survey(open_source((np.stack(icons), np.arange(40) % 2)))
    assert of_arrays.tones == seen.tones


def test_what_is_opaque_or_shows_nothing_anywhere_decides_nothing(tmp_path):
    opaque = icon(255, 0)
    opaque[..., 3] = 255
    nothing = np.zeros((*SHAPE, 4), np.uint8)
    assert surveyed(tmp_path, *[stored(opaque, "PNG"), stored(nothing, "PNG")] * 5).tones == Tones()


GROUNDS = st.sampled_from([("white", 255), ("black", 0), ("grey", 128)])


@given(arrays.arrays(np.uint8, (*SHAPE, 4)), GROUNDS)
def test_every_background_is_as_pillow_composes_it(values, ground):
    name, level = ground
    picture = Image.fromarray(values)
    behind = Image.new("RGBA", picture.size, (level, level, level, 255))
    expected = np.asarray(Image.alpha_composite(behind, picture).convert("RGB")).astype(int)
    for content in (picture, values, stored(values, "PNG")):
        found = decode(content, width=8, height=6, channels=3, tones=Tones(None, name))
        assert np.abs(found - expected).max() <= 1
