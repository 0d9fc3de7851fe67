"""What is drawn: a network's rows gathered into parts, and equal parts in a row told once.

A layer that changes the volume begins a part; activations, norms and dropout belong to the part
before them, or at the start of a branch to the one behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from convlens.notation import Row, Volume
from convlens.notation import layers as kinds
from convlens.notation.layers import Layer

_SHAPING = (
    kinds.Conv,
    kinds.Pool,
    kinds.GlobalPool,
    kinds.FullyConnected,
    kinds.Maxout,
    kinds.Residual,
    kinds.Concat,
)

FEWEST_FOLDED = 5
"""Equal plain layers in a row that are drawn as one; RES and CAT are from two on."""


@dataclass(frozen=True, slots=True)
class Part:
    """A layer that changes the volume, and the light ones around it; ``times`` in a row.

    ``main`` is None where there are only light ones. ``lanes`` are the branches of RES and CAT.
    Of several drawn as one, ``rows`` and ``output`` are the last one's, ``parameters`` all of them.
    """

    main: Row | None
    light: tuple[Row, ...]
    output: Volume
    lanes: tuple[tuple[Part, ...], ...] = ()
    times: int = 1
    rows: tuple[Row, ...] = field(default=(), compare=False)
    parameters: int = 0

    @property
    def key(self) -> tuple[object, ...]:
        """What two parts share that may be drawn as one."""
        main = self.main.layer if self.main else None
        light = tuple(row.layer for row in self.light)
        return main, light, tuple(tuple(part.key for part in lane) for lane in self.lanes)


def parts_of(rows: Iterable[Row]) -> tuple[Part, ...]:
    """The parts of ``rows``, equal ones in a row folded."""
    parts: list[Part] = []
    waiting: list[Row] = []
    for row in rows:
        if isinstance(row.layer, _SHAPING):
            lanes = tuple(parts_of(branch) for branch in row.branches)
            before = tuple(waiting)
            parts.append(_counted(Part(row, before, row.output, lanes, rows=(*before, row))))
            waiting = []
        elif parts:
            last = parts[-1]
            more = replace(last, light=(*last.light, row), rows=(*last.rows, row))
            parts[-1] = _counted(more)
        else:
            waiting.append(row)
    if waiting:
        alone = Part(None, tuple(waiting), waiting[-1].output, rows=tuple(waiting))
        parts.append(_counted(alone))
    return _folded(parts)


def _counted(part: Part) -> Part:
    return replace(part, parameters=sum(r.parameters for row in part.rows for _, r in row.walk()))


def _folded(parts: list[Part]) -> tuple[Part, ...]:
    result: list[Part] = []
    start = 0
    while start < len(parts):
        end = start + 1
        while end < len(parts) and parts[end].key == parts[start].key:
            end += 1
        if end < len(parts) and _end_of(parts[start], parts[end]):
            end += 1
        alike = parts[start:end]
        if len(alike) >= (2 if alike[0].lanes else FEWEST_FOLDED):
            count = sum(part.parameters for part in alike)
            result.append(replace(alike[-1], times=len(alike), parameters=count))
        else:
            result.extend(alike)
        start = end
    return tuple(result)


def _end_of(block: Part, part: Part) -> bool:
    """Whether ``part`` is one more ``block`` with light layers behind: those of a whole run."""
    bare = replace(part, light=())
    return bool(block.lanes) and not block.light and bare.key == block.key


def colour_of(layer: Layer | None) -> str:
    """The class of colour that a layer is drawn in."""
    match layer:
        case kinds.Conv():
            return "conv"
        case kinds.Pool() | kinds.GlobalPool() | kinds.Maxout():
            return "pool"
        case kinds.FullyConnected():
            return "fc"
        case kinds.Residual() | kinds.Concat():
            return "join"
    return "plain"
