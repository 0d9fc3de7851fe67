"""Colours that mean what they say, and PNG files that any reader opens."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from convlens.lens import tiles


def lightness(colours):
    """Relative luminance of (N, 3) uint8 (IEC 61966-2-1)."""
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


DEUTERANOPIA = np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]])
"""How colours look without green cones, on linear light (Machado et al. 2009)."""


def test_zero_is_neutral_and_signs_differ():
    found = tiles.signed(np.linspace(-2, 2, 101)).astype(int)
    assert np.ptp(found[50]) == 0
    light = lightness(found)
    assert (np.diff(light[:51]) > 0).all()
    assert (np.diff(light[50:]) < 0).all()
    seen = (found / 255) ** 2.2 @ DEUTERANOPIA.T
    assert np.abs(seen[:40] - seen[61:][::-1]).max(1).min() > 0.1


def test_larger_is_lighter():
    light = lightness(tiles.sequential(np.linspace(0, 3, 64)))
    assert (np.diff(light) > 0).all()


def test_one_scale_for_all_unless_another_is_given():
    values = np.array([-1.0, 0.0, 0.5])
    np.testing.assert_array_equal(tiles.signed(values), tiles.signed(values, 1.0))
    np.testing.assert_array_equal(tiles.signed(values * 4, 4.0), tiles.signed(values))
    np.testing.assert_array_equal(tiles.signed(values * 9, 1.0)[0], tiles.signed(values)[0])
    assert (tiles.shown(values) == tiles.signed(values)).all()
    assert (tiles.shown(values[1:]) == tiles.sequential(values[1:])).all()


@pytest.mark.parametrize("values", [np.zeros((2, 2)), np.array([[np.nan, 1.0], [np.inf, -1.0]])])
def test_any_values_have_colours(values):
    for draw in (tiles.signed, tiles.sequential, tiles.shown):
        assert draw(values).shape == (2, 2, 3)


def test_colour_filters_are_grey_at_zero():
    weights = np.zeros((1, 3, 2, 2))
    weights[0, 0, 0, 1] = 2.0
    found = tiles.colours(weights)
    assert found.shape == (1, 2, 2, 3)
    assert found[0, 1, 1].tolist() == [128, 128, 128]
    assert found[0, 0, 1].tolist() == [255, 128, 128]


def test_a_montage_holds_its_tiles_in_reading_order():
    drawn = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((5, 2, 3, 3), np.uint8)
    sheet = tiles.montage(drawn, columns=3, gap=1)
    assert sheet.shape == (5, 11, 3)
    assert sheet[0, 0, 0] == 0
    assert sheet[0, 4, 0] == 1
    assert sheet[3, 4, 0] == 4
    assert sheet[0, 3].tolist() == list(tiles.GAP)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_png_reads_as_it_was_drawn(channels):
    pixels = np.random.default_rng(0).integers(0, 256, (4, 5, channels), dtype=np.uint8)
    with Image.open(io.BytesIO(tiles.png(pixels, zoom=3))) as image:
        read = np.array(image)
    assert read.shape == (12, 15, 3)
    np.testing.assert_array_equal(read[::3, ::3], tiles.rgb(pixels))
