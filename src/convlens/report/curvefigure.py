"""A deletion curve as pixels, for a paper or a slide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from convlens.lens.deletion import Deletion
from convlens.report.charts import top_of

WIDTH, HEIGHT = 900, 560
LEFT, TOP, RIGHT, BOTTOM = 90, 30, 30, 70
INK, FAINT, MARKED, RANDOM = "#1d2226", "#c9ced3", "#b4530c", "#5c666e"


def curve_figure(curve: Deletion, class_name: str) -> NDArray[np.uint8]:
    """(HEIGHT, WIDTH, 3): the probability over the share of pixels taken away, on white."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(24)
    top = top_of(curve)
    across, down = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def points(values: NDArray[np.float64]) -> list[tuple[float, float]]:
        return [
            (LEFT + float(share) * across, TOP + (1 - float(value) / top) * down)
            for share, value in zip(curve.shares, values, strict=True)
        ]

    for share in (0.0, 0.5, 1.0):
        y = TOP + share * down
        draw.line((LEFT, y, WIDTH - RIGHT, y), FAINT, 2)
        draw.text((LEFT - 12, y), f"{top * (1 - share):g}", INK, font, anchor="rm")
        x = LEFT + share * across
        draw.text((x, HEIGHT - BOTTOM + 12), f"{share:.0%}", INK, font, anchor="ma")
    draw.text((LEFT + across / 4, HEIGHT - 6), "pixels taken away", INK, font, anchor="md")
    draw.line(points(curve.random), RANDOM, 3)
    draw.line(points(curve.marked), MARKED, 5, joint="curve")
    for line, (words, colour) in enumerate(
        [(f"{class_name}, marked pixels first", MARKED), ("in random order", RANDOM)]
    ):
        draw.text((WIDTH - RIGHT - 8, TOP + 8 + 32 * line), words, colour, font, anchor="ra")
    return np.asarray(image)
