"""The order of values: ConvNetJS keeps a volume row by row with its depth innermost.

The value at column x, row y and depth d of a volume stands at ``((sx·y) + x)·depth + d``; ours
stands at ``(d·height + y)·width + x``. Filters, and the inputs of a fully-connected layer, have to
change places accordingly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convlens.notation import Volume

Values = NDArray[np.float64]

CENTRE = 0.5
"""ConvNetJS's pictures are ``p/255 - 0.5``."""


def filters_from_rows(rows: Values, kernel: tuple[int, int], depth: int) -> Values:
    """(K, H·W·D) in their order, kernel (width, height), to (K, D, H, W)."""
    return rows.reshape(-1, kernel[1], kernel[0], depth).transpose(0, 3, 1, 2)


def rows_from_filters(filters: Values) -> Values:
    """(K, D, H, W) to (K, H·W·D) in their order."""
    return filters.transpose(0, 2, 3, 1).reshape(len(filters), -1)


def weights_from_rows(rows: Values, volume: Volume) -> Values:
    """Weights (units, inputs) of a layer on ``volume``, their order to ours."""
    filters = filters_from_rows(rows, (volume.width, volume.height), volume.depth)
    return filters.reshape(len(rows), -1)


def rows_from_weights(weights: Values, volume: Volume) -> Values:
    """Weights (units, inputs) of a layer on ``volume``, our order to theirs."""
    return rows_from_filters(weights.reshape(-1, volume.depth, volume.height, volume.width))
