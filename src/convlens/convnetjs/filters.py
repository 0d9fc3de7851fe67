"""Filters of any kind as the plain ones that ConvNetJS has: same padding all around, full depth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from convlens.convnetjs.values import Values
from convlens.errors import ModelFileError
from convlens.notation import Row
from convlens.notation.layers import Conv


class Square(NamedTuple):
    """Filters (K, D, H, W), the padding on every side of their input, and their stride."""

    filters: Values
    pad: int
    stride: int


MOST_VALUES = 30_000_000
"""Weights that a snapshot may have: about 360 MB of text."""


def check_values(count: int, what: str) -> None:
    """Raise ModelFileError where ``count`` weights are too many, before they are made."""
    if count > MOST_VALUES:
        message = f"{what} come to {count:,} weights, more than a browser can hold"
        raise ModelFileError(message, f"ConvNetJS is for networks of up to {MOST_VALUES:,}")


def diagonal(factors: Values) -> Square:
    """1x1 filters that multiply each depth slice by its factor. Raises ModelFileError."""
    check_values(len(factors) ** 2, f"factors for {len(factors):,} depth slices, written out,")
    return Square(np.diag(factors)[:, :, None, None], 0, 1)


def squared(weight: Values, layer: Conv, row: Row) -> Square:
    """The filters of ``row`` with zeros for groups, dilation and uneven padding.

    A filter that begins with z zeros under padding P + z sees what it saw under padding P. Where
    that leaves room for one step more at the end, zeros behind take it away. Raises ModelFileError
    where they are too many.
    """
    pad, sides = max(row.padding), row.padding
    height, width = ((side - 1) * layer.dilation + 1 for side in weight.shape[2:])
    across = (row.input.width, row.output.width, pad - sides.left, width)
    down = (row.input.height, row.output.height, pad - sides.top, height)
    widths = [
        (before, _behind(size, cells, before + window, pad, layer.stride))
        for size, cells, before, window in (down, across)
    ]
    whole = (height + sum(widths[0])) * (width + sum(widths[1]))
    check_values(len(weight) * row.input.depth * whole, f"the filters of {row.name}, written out,")
    spread = _dilated(_ungrouped(weight, layer.groups), layer.dilation)
    return Square(np.pad(spread, ((0, 0), (0, 0), *widths)), pad, layer.stride)


def _behind(size: int, cells: int, window: int, pad: int, stride: int) -> int:
    """Zeros behind a window that make it fit ``cells`` times, and not once more."""
    room = size + 2 * pad - window
    return max(0, room - (cells * stride - 1))


def _ungrouped(weight: Values, groups: int) -> Values:
    """(K, D/groups, H, W) to (K, D, H, W), zeros where a filter does not look."""
    count, share = weight.shape[:2]
    full = np.zeros((count, share * groups, *weight.shape[2:]))
    for group in range(groups):
        own = slice(group * count // groups, (group + 1) * count // groups)
        full[own, group * share : (group + 1) * share] = weight[own]
    return full


def _dilated(weight: Values, dilation: int) -> Values:
    """Zeros between the cells of filters (K, D, H, W)."""
    height, width = ((side - 1) * dilation + 1 for side in weight.shape[2:])
    spread = np.zeros((*weight.shape[:2], height, width))
    spread[:, :, ::dilation, ::dilation] = weight
    return spread
