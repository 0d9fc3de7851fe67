"""JPEGs that are decoded at a smaller scale, beside the same pixels from a PNG, which are not."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from convlens.data.decoding import decode

EDGE_TO_EDGE = 250  # levels from one side of a picture to the other


def ramp(width: int, height: int) -> Image.Image:
    """Brightness that grows from left to right, redness from top to bottom."""
    x = np.linspace(0, EDGE_TO_EDGE, width)[None, :].repeat(height, 0)
    y = np.linspace(0, EDGE_TO_EDGE, height)[:, None].repeat(width, 1)
    return Image.fromarray(np.stack([y, x, x], axis=2).round().astype(np.uint8))


def as_jpeg(image: Image.Image, turn: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = turn
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=98, subsampling=0, exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize("fit", ["stretch", "crop", "pad"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("size", "target"),
    [
        ((129, 97), (32, 24)),
        ((129, 129), (64, 64)),
        ((257, 65), (24, 8)),
        ((65, 257), (8, 24)),
        ((1001, 777), (64, 48)),
        ((9, 9), (1, 1)),
    ],
)
def test_a_smaller_scale_shows_the_same_part(size, target, fit, channels):
    wanted = {"width": target[0], "height": target[1], "channels": channels, "fit": fit}
    jpeg = as_jpeg(ramp(*size))
    undrafted = decode(Image.open(io.BytesIO(jpeg)).convert("RGB"), **wanted).astype(int)
    drafted = decode(jpeg, **wanted).astype(int)
    a_pixel = EDGE_TO_EDGE / min(target)
    assert np.abs(drafted - undrafted).max() <= max(2, 0.15 * a_pixel)


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_smaller_scale_shows_the_same_part_however_turned(turn):
    jpeg = as_jpeg(ramp(129, 201), turn)
    whole = Image.open(io.BytesIO(jpeg))
    whole.load()
    size = {"width": 24, "height": 32, "channels": 3}
    difference = decode(jpeg, **size).astype(int) - decode(whole, **size).astype(int)
    assert np.abs(difference).max() <= 2
