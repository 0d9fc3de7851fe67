"""Filters of any kind as the plain ones that ConvNetJS has: same padding all around, full depth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from convlens.convnetjs.values import Values
from convlens.notation import Row
from convlens.notation.layers import Conv


class Square(NamedTuple):
    """Filters (K, D, H, W), the padding on every side of their input, and their stride."""

    filters: Values
    pad: int
    stride: int


def diagonal(factors: Values) -> Square:
    """1x1 filters that multiply each depth slice by its factor."""
    return Square(np.diag(factors)[:, :, None, None], 0, 1)


def squared(weight: Values, layer: Conv, row: Row) -> Square:
    """The filters of ``row`` with zeros for groups, dilation and uneven padding.

    A filter that begins with z zeros under padding P + z sees what it saw under padding P. Where
    that leaves room for one step more at the end, zeros behind take it away.
    """
    spread = _dilated(_ungrouped(weight, layer.groups), layer.dilation)
    pad = max(row.padding)
    sides = row.padding
    across = (row.input.width, row.output.width, pad - sides.left, spread.shape[3])
    down = (row.input.height, row.output.height, pad - sides.top, spread.shape[2])
    widths = [
        (before, _behind(size, cells, before + window, pad, layer.stride))
        for size, cells, before, window in (down, across)
    ]
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
