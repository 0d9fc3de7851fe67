"""What a network comes to on a given input: volumes, parameters, work, memory, receptive fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from convlens.notation.layers import Layer


class Volume(NamedTuple):
    """A stack of ``depth`` slices of ``width`` × ``height`` values."""

    width: int
    height: int
    depth: int

    @property
    def size(self) -> int:
        """Number of values."""
        return self.width * self.height * self.depth

    def __str__(self) -> str:
        return f"{self.width}x{self.height}x{self.depth}"


class Sides(NamedTuple):
    """Cells of padding on each side, as the layer really applies them."""

    left: int = 0
    right: int = 0
    top: int = 0
    bottom: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One layer of a network on a given input.

    ``name`` is unique in the network: the kind and a running number in reading order, branches
    included (``conv1``, ``relu1``, ``res1``, ``conv2`` …). ``parameters`` counts learnable values
    of this layer alone (branches have rows of their own); ``formula`` says how the count comes
    about, empty where there are none. ``receptive_field`` and ``step`` are in pixels of the input,
    as (width, height).
    """

    name: str
    layer: Layer
    input: Volume
    output: Volume
    padding: Sides
    parameters: int
    formula: str
    multiply_adds: int
    receptive_field: tuple[int, int]
    step: tuple[int, int]
    branches: tuple[tuple[Row, ...], ...] = ()

    def walk(self) -> Iterator[tuple[int, Row]]:
        """Yield ``(nesting, row)`` for this row and, behind it, those of its branches."""
        yield 0, self
        for branch in self.branches:
            for row in branch:
                for nesting, inner in row.walk():
                    yield nesting + 1, inner
