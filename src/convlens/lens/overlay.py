"""A scan drawn over its picture."""

from __future__ import annotations

import colorsys
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from convlens.lens.scanning import Scan
from convlens.lens.tiles import sequential

LONGEST_SIDE = 1600
"""Pixels: larger pictures are drawn smaller."""

SHORTEST_SIDE = 640
"""Pixels: smaller pictures are drawn by as many whole times larger as fit."""

COVER = 0.65
"""How much of the picture the strongest colour hides, 0 to 1."""

MOST_NAMED = 12
"""Classes named below the picture, those that cover most of it."""

LINE = 22
"""Height of a line below the picture, in pixels."""

MADE_BY = "convlens scan"

Colours = NDArray[np.float64]


def draw_scan(scan: Scan, label: int | None = None, longest: int = LONGEST_SIDE) -> Image.Image:
    """The picture with the probability of one class over it, or the likeliest class everywhere.

    Each window colours the pixels nearest to its middle. With ``label``, a class by its index,
    colours go from clear at 0 to bright at 1; without, each class has its own colour, as strong as
    its probability is above that of guessing. A picture longer than ``longest`` pixels is drawn
    smaller.
    """
    likeliest = scan.probabilities.argmax(axis=0)
    if label is None:
        colours = class_colours(len(scan.classes))[likeliest]
        guess = 1 / len(scan.classes)
        strength = ((scan.probabilities.max(axis=0) - guess) / max(1 - guess, 1e-9)).clip(0, 1)
        shares = np.bincount(likeliest.ravel(), minlength=len(scan.classes)) / likeliest.size
        order = [int(i) for i in np.argsort(-shares, kind="stable")[:MOST_NAMED] if shares[i] > 0]
        named = [
            (f"{scan.classes[i]}  {shares[i]:.0%}", class_colours(len(scan.classes))[i])
            for i in order
        ]
    else:
        strength = scan.probabilities[label].astype(np.float64)
        colours = sequential(strength, 1.0).astype(np.float64)
        high, row, column = scan.strongest(label)
        text = f"{scan.classes[label]}  up to {high:.1%}"
        named = [(text, colours[row, column])]
    return _with_names(_laid_over(scan, colours, strength, longest), named)


def class_colours(count: int) -> Colours:
    """(count, 3): colours as far apart in hue as can be, in two brightnesses."""
    hues = (0.58 + np.arange(count) * 0.618034) % 1.0  # the golden ratio: no two neighbours alike
    values = np.where(np.arange(count) % 2 == 0, 1.0, 0.75)
    rows = [colorsys.hsv_to_rgb(h, 0.85, v) for h, v in zip(hues, values, strict=True)]
    return 255 * np.array(rows)


def _laid_over(
    scan: Scan, colours: Colours, strength: NDArray[np.floating], longest: int
) -> Image.Image:
    """The picture with each window's colour (rows, columns, 3) over its middle."""
    height, width = scan.pixels.shape[:2]
    side = max(height, width)
    shrink = side / longest if side > longest else 1 / max(1, min(SHORTEST_SIDE, longest) // side)
    size = max(1, round(width / shrink)), max(1, round(height / shrink))
    grey = scan.pixels[:, :, 0] if scan.pixels.shape[2] == 1 else scan.pixels
    base = Image.fromarray(grey).convert("RGB").resize(size, Image.Resampling.BOX)
    rows, columns = scan.shape
    row = _nearest(size[1], shrink, scan.first[1] + scan.window[1] / 2, scan.stride[1], rows)
    column = _nearest(size[0], shrink, scan.first[0] + scan.window[0] / 2, scan.stride[0], columns)
    alpha = (COVER * strength)[row][:, column][:, :, None]
    over = colours[row][:, column]
    mixed = (1 - alpha) * np.asarray(base, np.float64) + alpha * over
    return Image.fromarray(mixed.round().clip(0, 255).astype(np.uint8))


def _nearest(size: int, shrink: float, middle: float, step: int, count: int) -> NDArray[np.int64]:
    """For each of ``size`` pixels the window whose middle is nearest."""
    places = ((np.arange(size) + 0.5) * shrink - middle) / step
    return places.round().clip(0, count - 1).astype(np.int64)


def _with_names(picture: Image.Image, named: list[tuple[str, Colours]]) -> Image.Image:
    """``picture`` with a swatch and a line of text for each of ``named`` below it."""
    font = ImageFont.load_default(14)
    widest = max((int(font.getlength(text)) for text, _ in named), default=0) + LINE + 12
    sheet = Image.new(
        "RGB", (max(picture.width, widest), picture.height + LINE * len(named) + 8), "white"
    )
    sheet.paste(picture, (0, 0))
    draw = ImageDraw.Draw(sheet)
    for number, (text, colour) in enumerate(named):
        top = picture.height + 6 + number * LINE
        fill = tuple(int(part) for part in colour)
        draw.rectangle((6, top, 6 + 14, top + 14), fill=fill, outline="black")
        draw.text((6 + LINE, top), text, fill="black", font=font)
    return sheet


def png_of(picture: Image.Image) -> bytes:
    """A PNG file of ``picture`` that says who made it."""
    buffer, info = io.BytesIO(), PngImagePlugin.PngInfo()
    info.add_text("Software", MADE_BY)
    picture.save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()
