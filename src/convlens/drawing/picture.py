"""A plan to SVG: boxes in a row, broken into lines where the row is long."""

from __future__ import annotations

import zlib

from convlens.drawing.line import MARGIN, REACH, Line
from convlens.drawing.stops import GAP, Stop, broken, height_of, stops_of
from convlens.drawing.style import style
from convlens.drawing.svg import element, safe, text, width_of
from convlens.notation import Plan

HEADING = 50.0
"""Pixels that a title and the totals take."""


def draw(plan: Plan, title: str | None = None) -> str:
    """Return ``plan`` drawn as an SVG document, with ``title`` over it.

    Boxes are to scale (sides to the square root, depth to the logarithm), windows of filters to
    their face, branches and shortcuts laid out, equal blocks in a row drawn once. Colours follow
    the reader's choice of light or dark, or the page's variables; whoever hears the page hears
    every layer.
    """
    stops = list(stops_of(plan))
    lines = broken(stops)
    widths = [sum(stop.width + GAP for stop in line) - GAP for line in lines]
    y = MARGIN + (HEADING if title else 8)
    drawn = []
    if title:
        widths += [width_of(title, 9), width_of(_totals(plan), 7)]
        drawn.append(text(MARGIN, MARGIN + 14, title, "title"))
        drawn.append(text(MARGIN, MARGIN + 34, _totals(plan), "totals"))
    for number, line in enumerate(lines):
        drawn.append(Line(line, y, first=number == 0, last=line is lines[-1]).svg())
        y += height_of(line)
    width, height = f"{max(widths) + MARGIN + max(MARGIN, REACH):.0f}", f"{y + 6:.0f}"
    name = f"convlens-{zlib.crc32(f'{title}{plan.architecture}'.encode(errors='replace')):08x}"
    content = (
        element("title", safe(title or str(plan.architecture)), id=f"{name}-title")
        + element("desc", safe(_told(plan, stops)), id=f"{name}-desc")
        + element("style", style())
        + element("rect", class_="paper", width="100%", height="100%")
        + "".join(drawn)
    )
    return element(
        "svg",
        content,
        xmlns="http://www.w3.org/2000/svg",
        class_="convlens",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
    )


def _totals(plan: Plan) -> str:
    return (
        f"{plan.input} to {plan.classes:,} classes · {plan.parameters:,} parameters · "
        f"{plan.multiply_adds:,} multiply-adds"
    )


def _told(plan: Plan, stops: list[Stop]) -> str:
    """The whole network in words."""
    layers = "; ".join(stop.told for stop in stops[1:])
    return f"{_totals(plan)}. From {plan.input}: {layers}."
