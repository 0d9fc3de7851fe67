"""Line charts and small histograms as SVG, coloured by the page's style sheet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convlens.drawing.svg import element, text
from convlens.lens.deletion import Deletion
from convlens.lens.distributions import Distribution

WIDTH, HEIGHT = 240.0, 132.0
LEFT, BOTTOM, TOP, RIGHT = 34.0, 22.0, 8.0, 8.0

ENDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Where the axis of a probability may end."""


def deletion_chart(curve: Deletion, told: str) -> str:
    """The probability over the share of pixels taken away, beside that of random orders."""
    inner_width, inner_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    top = top_of(curve)

    def line(values: Sequence[float], class_: str) -> str:
        points = " ".join(
            f"{LEFT + share * inner_width:.1f},{TOP + (1 - value / top) * inner_height:.1f}"
            for share, value in zip(curve.shares, values, strict=True)
        )
        return element("polyline", class_=class_, points=points)

    grid = "".join(
        element("line", class_="grid", x1=LEFT, x2=WIDTH - RIGHT,
                y1=TOP + share * inner_height, y2=TOP + share * inner_height)
        for share in (0.0, 0.5, 1.0)
    )  # fmt: skip
    words = (
        text(LEFT - 5, TOP + 4, f"{top:g}", "end")
        + text(LEFT - 5, TOP + inner_height + 4, "0", "end")
        + text(LEFT, HEIGHT - 5, "all pixels", "start")
        + text(WIDTH - RIGHT, HEIGHT - 5, "none left", "end")
    )
    content = grid + words + line(curve.random.tolist(), "random")
    return _chart(content + line(curve.marked.tolist(), "marked"), told, WIDTH, HEIGHT)


def top_of(curve: Deletion) -> float:
    """Where the axis of the probability ends: the first of ENDS that both curves stay below."""
    highest = max(float(curve.marked.max()), float(curve.random.max()))
    return next((end for end in ENDS if end >= highest), 1.0)


def histogram(found: Distribution, told: str) -> str:
    """Counts as bars, their heights to the square root so that rare values are seen."""
    heights = np.sqrt(found.counts / max(int(found.counts.max()), 1))
    bars = "".join(
        element("rect", class_="bar", x=4.0 * number, y=30 * (1 - float(height)), width=3.4,
                height=30 * float(height))
        for number, height in enumerate(heights)
        if height > 0
    )  # fmt: skip
    return _chart(bars, told, 4.0 * len(heights), 30.0)


def _chart(content: str, told: str, width: float, height: float) -> str:
    return element(
        "svg",
        content,
        class_="chart",
        role="img",
        aria_label=told,
        viewBox=f"0 0 {width:.0f} {height:.0f}",
    )
