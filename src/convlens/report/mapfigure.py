"""The map of the data as pixels: the pictures themselves, each framed in its class' colour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convlens.lens.embedding import Embedding
from convlens.lens.overlay import class_colours
from convlens.report.figures import squares

SIDE = 1600
PICTURE = 30
FRAME = 3


def map_figure(found: Embedding) -> NDArray[np.uint8]:
    """(SIDE, SIDE, 3): pictures where they lie, on white; where several lie, the first is seen."""
    sheet = np.full((SIDE, SIDE, 3), 255, np.uint8)
    low, high = found.points.min(0), found.points.max(0)
    room = SIDE - PICTURE - 2 * FRAME
    spread = np.where(high > low, high - low, 1.0)
    places = ((found.points - low) / spread * room).astype(int)
    colours = class_colours(len(found.classes)).round().astype(np.uint8)
    pictures = squares(list(found.thumbnails), PICTURE)
    for (x, y), label, picture in reversed(list(zip(places, found.labels, pictures, strict=True))):
        top, side = room - y, PICTURE + 2 * FRAME
        sheet[top : top + side, x : x + side] = colours[label]
        inner = top + FRAME, x + FRAME
        sheet[inner[0] : inner[0] + PICTURE, inner[1] : inner[1] + PICTURE] = picture
    return sheet
