"""What a text says, before repeats are written out and lists resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convlens.notation.amounts import Amount
from convlens.notation.statements import Statement
from convlens.notation.volumes import Volume


@dataclass(frozen=True, slots=True, eq=False)
class Repeat:
    """``[ … ] * n``; ``size`` counts the layers with all repeats written out."""

    nodes: tuple[Node, ...]
    times: Amount
    start: int
    end: int
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class Branching:
    """``RES[ … ]`` or ``CAT[ … | … ]``."""

    name: Literal["RES", "CAT"]
    branches: tuple[tuple[Node, ...], ...]
    start: int
    end: int
    size: int


Node = Statement | Repeat | Branching


@dataclass(frozen=True, slots=True)
class Tree:
    """A whole text. ``input_span`` is empty where INPUT is left out."""

    input: Volume | None
    input_span: tuple[int, int]
    nodes: tuple[Node, ...]


def size_of(nodes: tuple[Node, ...]) -> int:
    """Return the number of layers, and of branches, with all repeats written out."""
    return sum(1 if isinstance(node, Statement) else node.size for node in nodes)
