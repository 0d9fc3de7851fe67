"""Which layer reads which: a plan's rows with their neighbours, through branches too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from convlens.lens.looking import INPUT
from convlens.lens.opened import branch_paths
from convlens.notation import Plan, Row


@dataclass(frozen=True, slots=True)
class Link:
    """A row and what stands around it.

    ``path`` begins the names of its weights, ``source`` is the layer that it reads, or ``input``.
    ``behind`` is the next row of the same chain, None for the last. ``parent`` is the RES or CAT
    whose branch number ``branch`` it stands in, None outside.
    """

    row: Row
    path: str
    source: str
    behind: Row | None
    parent: Row | None
    branch: int

    def end(self, branch: int) -> str:
        """The layer whose output a branch of this RES or CAT gives; its input where it is empty."""
        rows = self.row.branches[branch]
        return rows[-1].name if rows else self.source


def links(plan: Plan) -> dict[str, Link]:
    """Every row's link by the row's name."""
    return {link.row.name: link for link in _links(plan.rows, "", INPUT, None, 0)}


def _links(
    rows: Sequence[Row], prefix: str, source: str, parent: Row | None, branch: int
) -> Iterator[Link]:
    for place, row in enumerate(rows):
        behind = rows[place + 1] if place + 1 < len(rows) else None
        path = prefix + row.name
        yield Link(row, path, source, behind, parent, branch)
        for number, part in enumerate(branch_paths(row)):
            inside = row.branches[number]
            yield from _links(inside, f"{path}.{part}.", source, row, number)
        source = row.name
