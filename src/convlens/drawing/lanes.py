"""RES and CAT as block diagrams: each branch a lane of labelled boxes, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from convlens.drawing.parts import Part, colour_of
from convlens.drawing.svg import element, group, path, text, width_of
from convlens.drawing.words import chip, told
from convlens.notation import layers as kinds

CHIP = 20.0
GAP = 10.0
BUS = 12.0
PAD = 7.0
LANE = 7.0
NODE = 8.0


@dataclass(frozen=True, slots=True)
class Chip:
    """One layer of a branch: its words in a box."""

    part: Part
    words: str
    width: float
    height: float = CHIP

    def svg(self, x: float, middle: float) -> str:
        """The box with its left edge at ``x``."""
        colour = colour_of(self.part.main.layer if self.part.main else None)
        box = element("rect", class_=f"{colour} edge", x=x, y=middle - CHIP / 2, rx=4,
                      width=self.width, height=CHIP)  # fmt: skip
        return group(box + text(x + self.width / 2, middle + 4, self.words), told(self.part))


@dataclass(frozen=True, slots=True)
class Block:
    """A RES or CAT: its lanes, and how often it comes."""

    part: Part
    kind: Literal["sum", "join"]
    lanes: tuple[tuple[Chip | Block, ...], ...]
    width: float
    height: float

    def svg(self, x: float, middle: float) -> str:
        """The diagram with its left edge at ``x``, centred on ``middle``."""
        top = middle - self.height / 2
        badge = 12.0 if self.part.times > 1 else 0.0
        frame = element("rect", class_="frame", x=x, y=top + badge, rx=8,
                        width=self.width, height=self.height - 2 * badge)  # fmt: skip
        drawn = [frame]
        if badge:
            drawn.append(text(x + self.width / 2, top + 8, f"× {self.part.times}", "volume"))
        enter, leave = x + PAD + BUS / 2, x + self.width - PAD - BUS / 2 - NODE
        y = top + badge + PAD
        for lane in self.lanes:
            tall = _tall(lane)
            drawn.append(self._lane(lane, enter, leave, y + tall / 2, middle))
            y += tall + LANE
        drawn.append(path("line", (x, middle), (enter, middle), closed=False))
        drawn.append(path("line", (leave, middle), (x + self.width, middle), closed=False))
        drawn.append(self._joint(leave, middle))
        return group("".join(drawn), told(self.part))

    def _lane(
        self,
        lane: Sequence[Chip | Block],
        enter: float,
        leave: float,
        y: float,
        middle: float,
    ) -> str:
        room = leave - enter - BUS - NODE / 2 - _long(lane)
        x = enter + BUS + max(0.0, room / 2)
        drawn = [path("line", (enter, middle), (enter, y), (leave, y), (leave, middle),
                      closed=False)]  # fmt: skip
        for item in lane:
            drawn.append(item.svg(x, y))
            x += item.width + GAP
        return "".join(drawn)

    def _joint(self, x: float, middle: float) -> str:
        if self.kind == "join":
            tall = self.height / 2 - PAD - (12 if self.part.times > 1 else 0)
            return element("rect", class_="join edge", x=x - 3, y=middle - tall, rx=2,
                           width=6, height=2 * tall)  # fmt: skip
        circle = element("circle", class_="node", cx=x, cy=middle, r=NODE)
        return circle + text(x, middle + 4, "+", "volume")


def block_of(part: Part) -> Block:
    """The diagram of a part that has lanes."""
    assert part.main is not None
    lanes = tuple(tuple(_item(inner) for inner in lane) for lane in part.lanes)
    kind: Literal["sum", "join"] = "sum" if isinstance(part.main.layer, kinds.Residual) else "join"
    width = max(map(_long, lanes)) + 2 * PAD + 2 * BUS + BUS + 2 * NODE
    height = sum(map(_tall, lanes)) + LANE * (len(lanes) - 1) + 2 * PAD
    return Block(part, kind, lanes, width, height + (24 if part.times > 1 else 0))


def _item(part: Part) -> Chip | Block:
    if part.lanes:
        return block_of(part)
    words = chip(part) + (f" ×{part.times}" if part.times > 1 else "")
    return Chip(part, words, width_of(words) + 12)


def _long(lane: Sequence[Chip | Block]) -> float:
    return sum(item.width for item in lane) + GAP * max(0, len(lane) - 1)


def _tall(lane: Sequence[Chip | Block]) -> float:
    return max((item.height for item in lane), default=CHIP * 0.7)
