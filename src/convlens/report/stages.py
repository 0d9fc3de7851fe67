"""The network in stages for the eye: a layer that weighs or joins, and the light ones behind it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from convlens.lens.opened import LayerInfo, branch_paths, layer_of
from convlens.notation import Plan, Row
from convlens.notation import layers as kinds

LEADING = (kinds.Conv, kinds.FullyConnected, kinds.Residual, kinds.Concat)
"""What begins a stage; pooling, batch-norm, activations and the like belong to the one before."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Layers in a row whose channels belong together, and the branch that they lie in.

    ``inside`` names it, as ``res1, body``; empty outside of any.
    """

    layers: tuple[LayerInfo, ...]
    inside: str

    @property
    def name(self) -> str:
        """That of the first layer, which no other stage has."""
        return self.layers[0].name


def stages(plan: Plan, chosen: Collection[str] | None = None) -> tuple[Stage, ...]:
    """The stages of ``plan`` in the order of computing: a RES or CAT behind its branches.

    Only layers named in ``chosen``, where it is given.
    """
    return tuple(_stages(plan, plan.rows, "", chosen))


def _stages(
    plan: Plan, rows: Sequence[Row], inside: str, chosen: Collection[str] | None
) -> Iterator[Stage]:
    together: list[LayerInfo] = []
    for row in rows:
        if isinstance(row.layer, LEADING):
            if together:
                yield Stage(tuple(together), inside)
            together = []
            for part, branch in zip(branch_paths(row), row.branches, strict=True):
                yield from _stages(plan, branch, f"{row.name}, {_branch(part)}", chosen)
        if chosen is None or row.name in chosen:
            together.append(layer_of(plan, row.name))
    if together:
        yield Stage(tuple(together), inside)


def _branch(part: str) -> str:
    """``branches.0`` as ``branch 1``; ``body`` and ``shortcut`` as they are."""
    word, _, number = part.partition(".")
    return f"branch {int(number) + 1}" if number else word
