"""What a prediction of one picture takes of the memory, told from the plan alone.

It holds for whichever engine computes it: each volume is counted with the copies that the most
wasteful of them makes, so that what is found is an upper bound of what a picture adds to a process.
"""

from __future__ import annotations

from collections.abc import Sequence

from convlens.data.memory import allowed_memory, bytes_text, how_to_raise
from convlens.errors import ConvLensError, ModelFileError
from convlens.notation import Plan, Row
from convlens.notation import layers as kinds
from convlens.notation.plan import VALUE_BYTES

SCRATCH = 64 << 20
"""Bytes that an engine takes beside the volumes: patches of a convolution, blocks of a product."""

WEIGHTS = 3
"""Copies of the weights: the file's, an engine's own, and one laid out as its products like it."""

INPUTS = 3
"""Copies of the picture while it is normalised."""


KEPT, ROOM, PICTURES = 4, 3, 64
"""Of a look: copies of every volume, of what is held while one is computed, and of the picture."""


def prediction_memory(plan: Plan) -> int:
    """Bytes that predicting one picture takes at most, weights included."""
    source = plan.input.size
    peak = max(INPUTS * source, source + _chain(plan.rows))
    return VALUE_BYTES * (peak + WEIGHTS * plan.parameters) + source + SCRATCH


def looking_memory(plan: Plan) -> int:
    """Bytes that looking into one picture takes at most, every volume kept and its gradients."""
    values = KEPT * plan.activations + PICTURES * plan.input.size + ROOM * _chain(plan.rows)
    return VALUE_BYTES * (values + (WEIGHTS + 1) * plan.parameters) + SCRATCH


def check_prediction(plan: Plan, name: str) -> None:
    """See that predicting one picture with what is called ``name`` takes no more than is allowed.

    Raises ModelFileError.
    """
    refuse_above(prediction_memory(plan), f"{name}: a prediction of one picture")


def refuse_above(needed: int, what: str, kind: type[ConvLensError] = ModelFileError) -> None:
    """Raise an error of that ``kind`` where ``what`` takes more than a file may ask for."""
    allowed = allowed_memory()
    if needed > allowed:
        raise kind(
            f"{what} would take up to {bytes_text(needed)} of memory; "
            f"{bytes_text(allowed)} are allowed",
            how_to_raise(needed),
        )


def _chain(rows: Sequence[Row]) -> int:
    """Values held at the most while ``rows`` are computed, their input apart."""
    most = held = 0
    for row in rows:
        most = max(most, held + _layer(row))
        held = row.output.size
    return most


def _layer(row: Row) -> int:
    """Values held at the most while one layer is computed, its input apart, its output included."""
    output = row.output.size
    match row.layer:
        case kinds.Residual():
            body, shortcut = row.branches
            straight = shortcut[-1].output.size if shortcut else 0
            return max(_chain(shortcut), straight + max(_chain(body), 2 * output))
        case kinds.Concat():
            most = done = 0
            for branch in row.branches:
                most = max(most, done + _chain(branch))
                done += branch[-1].output.size if branch else row.input.size
            return max(most, done + output)
        case kinds.Conv():
            return _padded(row) + 2 * output
        case kinds.Pool():
            return 2 * _padded(row) + 3 * output
        case kinds.LocalResponseNorm() as norm:
            depth = row.input.depth + norm.within(row.input.depth).n - 1
            return 3 * output + 2 * depth * row.input.width * row.input.height
        case kinds.FullyConnected() | kinds.GlobalPool():
            return row.input.size + 2 * output  # the input may have to be laid out in a row first
        case kinds.Activation() | kinds.BatchNorm() | kinds.Maxout():
            return 2 * output
    return output


def _padded(row: Row) -> int:
    """Values of the input with its padding around, or as it is laid out anew."""
    width, height, depth = row.input
    sides = row.padding
    return (width + sides.left + sides.right) * (height + sides.top + sides.bottom) * depth
