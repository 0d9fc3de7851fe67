"""Which weights of a network another one may begin with."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from convlens.data import Preprocessing
from convlens.errors import NotationError
from convlens.modelfile import Model, Shapes, Weights, tensor_shapes
from convlens.notation import Architecture, Plan, Row
from convlens.notation.layers import Dropout, FullyConnected


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """Weights to begin with, and how the pictures were prepared that they have learned from.

    ``temperature`` is that of the scores, as long as all weights are carried.
    """

    weights: Weights
    learned_on: Preprocessing
    temperature: float


def fitting(model: Model, net: Architecture | None) -> Weights:
    """The weights of ``model`` in the layers that ``net`` has unchanged, like all before them.

    What a layer has learned is about what the layers before it give: from the first one that is
    another on, all is left out. Dropout changes nothing of that. ``net`` None means all.
    """
    if net is None:
        return model.weights
    before = model.plan()
    try:
        now = net.plan(net.input or before.input, len(model.classes))
    except NotationError:
        return {}  # whoever builds it says what is wrong
    common = set(_common(before, now))
    return {name: value for name, value in model.weights.items() if name.split(".")[0] in common}


def _common(before: Plan, now: Plan) -> Iterator[str]:
    """Names of the outermost layers that both begin with."""
    shapes = tensor_shapes(before), tensor_shapes(now)
    for old, new in zip(_without_dropout(before), _without_dropout(now), strict=False):
        if not _same_layer(old, new) or _own(shapes[0], old) != _own(shapes[1], new):
            return
        yield new.name


def _without_dropout(plan: Plan) -> list[Row]:
    return [row for row in plan.rows if not isinstance(row.layer, Dropout)]


def _same_layer(old: Row, new: Row) -> bool:
    """Whether both say the same; the units of an FC may be said or left to the classes."""
    if isinstance(old.layer, FullyConnected) and isinstance(new.layer, FullyConnected):
        return True
    return old.layer == new.layer


def _own(shapes: Shapes, row: Row) -> Shapes:
    return {name: shape for name, shape in shapes.items() if name.split(".")[0] == row.name}


def told(plan: Plan, carried: Collection[str]) -> str:
    """Which layers go on and which begin anew, in a sentence."""
    having = [row.name for row in plan.rows if _own(tensor_shapes(plan), row)]
    kept = {name.split(".")[0] for name in carried}
    old, new = [n for n in having if n in kept], [n for n in having if n not in kept]
    if not old:
        return "no layer is as it was before: all weights begin anew"
    anew = f"; {', '.join(new)} begin anew" if new else ""
    return f"weights kept of {', '.join(old)}{anew}"
