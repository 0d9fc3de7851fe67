"""What stands in the row together, and the row broken into lines."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from convlens.drawing.boxes import Box, box_of
from convlens.drawing.lanes import Block, block_of
from convlens.drawing.parts import Part, colour_of, parts_of
from convlens.drawing.svg import width_of
from convlens.drawing.words import light_line, operation, told, volume_text
from convlens.notation import Plan

GAP = 20.0
CAPTION = 15.0

WIDEST = 1500.0
"""Pixels up to which a drawing is one line."""

ASPECT = 1.9
"""Width over height that a drawing of several lines comes near to: a slide's, less its heading."""


@dataclass(frozen=True, slots=True)
class Stop:
    """What stands in the row together: a block diagram or none, the volume behind it, captions."""

    part: Part | None
    block: Block | None
    box: Box
    colour: str
    captions: tuple[str, ...]

    @property
    def column(self) -> float:
        """Width of the box with its captions."""
        return max(self.box.across, *map(width_of, self.captions))

    @property
    def width(self) -> float:
        """Width of all."""
        return self.column + (self.block.width + GAP if self.block else 0)

    @property
    def told(self) -> str:
        """The layers in words."""
        return told(self.part) if self.part else "input"

    @property
    def height(self) -> float:
        """Height of the tallest, captions left aside."""
        return max(self.box.tall, self.block.height if self.block else 0)


def stops_of(plan: Plan) -> Iterator[Stop]:
    """The input, and the parts of ``plan``, each with the volume behind it."""
    parts = parts_of(plan.rows)
    largest = max(plan.input[:2])
    for part in parts:
        largest = max(largest, *part.output[:2])
    yield Stop(None, None, box_of(plan.input, largest), "input", (volume_text(plan.input), "input"))
    for part in parts:
        layer = part.main.layer if part.main else None
        operations = operation(part.main) if part.main else ""
        if part.times > 1 and not part.lanes:
            operations += f" × {part.times}"
        captions = (volume_text(part.output), operations, light_line(part))
        block = block_of(part) if part.lanes else None
        yield Stop(part, block, box_of(part.output, largest), colour_of(layer), captions)


def broken(stops: list[Stop]) -> list[list[Stop]]:
    """The stops in as many lines as bring the whole near a slide's shape, about equally long."""
    whole = sum(stop.width + GAP for stop in stops)
    count = 1 if whole < WIDEST else max(2, round(math.sqrt(whole / (height_of(stops) * ASPECT))))
    low, high = max(stop.width for stop in stops), whole
    while high - low > 1:
        limit = (low + high) / 2
        low, high = (low, limit) if len(_filled(stops, limit)) <= count else (limit, high)
    return _filled(stops, high)


def _filled(stops: list[Stop], limit: float) -> list[list[Stop]]:
    """The stops in lines of at most ``limit`` pixels."""
    lines: list[list[Stop]] = [[]]
    used = 0.0
    for stop in stops:
        if lines[-1] and used + stop.width > limit:
            lines.append([])
            used = 0.0
        lines[-1].append(stop)
        used += stop.width + GAP
    return lines


def height_of(line: list[Stop]) -> float:
    """Height of a line with its captions and the space below."""
    captions = max(sum(map(bool, stop.captions)) for stop in line)
    return max(stop.height for stop in line) + captions * CAPTION + 34
