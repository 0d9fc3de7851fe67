"""HEIC, where pillow-heif is installed; and what is said where it is not."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from convlens.data import decode, formats, open_source
from convlens.data.foreign import describe
from convlens.data.formats import open_picture, sniff
from convlens.errors import DataError
from tests.data.hostile import MADE, box, heic_grid
from tests.data.test_every_mode import UPRIGHT

SIDES = {"width": 16, "height": 12, "channels": 3}


@pytest.fixture(scope="module")
def heif():
    """Saving by Pillow as HEIC."""
    module = pytest.importorskip("pillow_heif")
    module.register_heif_opener()


def saved(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "HEIF", **{"quality": 95, "chroma": 444} | options)
    return buffer.getvalue()


def quarters() -> np.ndarray:
    """Red, green, blue and black: no turn leaves it as it is."""
    pixels = np.zeros((48, 80, 3), np.uint8)
    pixels[:24, :40, 0] = pixels[:24, 40:, 1] = pixels[24:, :40, 2] = 255
    return pixels


def entry(turn: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = turn
    return exif.tobytes()


QUARTERS_LEFT = {3: 2, 6: 3, 8: 1}
"""Of EXIF's turns without a mirror, how many quarters anticlockwise HEIC's box tells."""


@pytest.mark.parametrize("turn", range(1, 9))
def test_pictures_are_turned_upright_once(heif, turn):
    stored = quarters()
    data = saved(Image.fromarray(stored), exif=entry(turn))
    if turn in QUARTERS_LEFT:  # both are told, as telephones do
        assert data[data.index(b"irot") + 4] & 3 == QUARTERS_LEFT[turn]
        assert b"Exif" in data
    meant = UPRIGHT[turn](stored)
    height, width = meant.shape[:2]
    assert open_picture(io.BytesIO(data)).size == (width, height)
    found = decode(data, width=width, height=height, channels=3)
    assert np.abs(found.astype(int) - meant).max() <= 8


def test_exif_alone_turns_nothing_since_the_boxes_count(heif):
    data = saved(Image.fromarray(quarters()), exif=entry(6))
    place = data.index(b"irot") + 4
    data = data[:place] + b"\0" + data[place + 1 :]
    found = decode(data, width=80, height=48, channels=3)
    assert np.abs(found.astype(int) - quarters()).max() <= 8


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_modes(heif, mode):
    image = Image.fromarray(quarters()).convert(mode)
    if "A" in mode:
        image.putalpha(128)
    meant = np.asarray(image.convert("RGB").convert("RGBA"))[..., :3].astype(float)
    if "A" in mode:
        meant = meant * 128 / 255 + 255 * (127 / 255)
    found = decode(saved(image), width=80, height=48, channels=3)
    assert np.abs(found - meant).max() <= 12


def test_tiles_are_put_together(heif):
    data = heic_grid(2, 3)
    found = decode(data, width=192, height=128, channels=3)
    referee = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    np.testing.assert_array_equal(found, referee)
    np.testing.assert_array_equal(found[:64, :64], found[64:, 128:])


def test_a_folder_of_them_is_a_data_set(heif, tmp_path):
    for name in ("a/1.heic", "a/2.HEIF", "b/3.hif"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(heic_grid(1, 1))
    assert [item.name for item in open_source(tmp_path).items] == [
        "a/1.heic",
        "a/2.HEIF",
        "b/3.hif",
    ]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("heic-tiles-beyond-its-size.heic", "too large (tiles of 75,003,664 pixels"),
        ("heic-grid-larger-than-told.heic", "too large (30,000 x 30,000 pixels"),
        ("heic-grid-of-itself.heic", "grids within grids"),
        ("heic-streams-that-overlap.heic", "damaged (pictures that overlap)"),
    ],
)
def test_what_claims_too_much_is_refused(heif, name, reason):
    with pytest.raises(DataError) as caught:
        decode(MADE[name](), **SIDES)
    assert reason in caught.value.message


def test_what_is_cut_short_says_so(heif):
    data = heic_grid(2, 2)
    for length in (len(data) - 40, 400, 40):
        with pytest.raises(DataError, match=r"truncated|damaged"):
            decode(data[:length], **SIDES)
    with pytest.raises(DataError, match="truncated"):
        decode(data[:-40], **SIDES)


def test_without_the_extra_the_reason_names_it(monkeypatch, tmp_path):
    start = box(b"ftyp", b"heic\0\0\0\0mif1heic") + bytes(50)
    monkeypatch.setattr(formats, "heic_is_read", lambda: False)
    monkeypatch.setattr("convlens.data.foreign.heic_is_read", lambda: False)
    assert sniff(start) is None
    assert describe(start) == 'HEIC: pip install "convlens[heic]"'
    (tmp_path / "a.heic").write_bytes(start)
    with pytest.raises(DataError) as caught:
        decode(tmp_path / "a.heic", **SIDES)
    assert caught.value.message.endswith(
        'a.heic cannot be read: HEIC: pip install "convlens[heic]"'
    )
