"""The same scores without torch: a few pictures through a network in numpy alone.

Importing torch takes seconds, one picture through a small network milliseconds; so a lone
prediction goes this way. Volumes are (B, C, H, W) float32 throughout. What a layer needs beside
its volumes is made piece by piece, so that it takes no more than ``footprint`` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from convlens.data import Preprocessing
from convlens.notation import Plan, Row, Sides
from convlens.notation import layers as kinds

Volume = NDArray[np.float32]
Weights = Mapping[str, NDArray[np.float32]]

PIECE = 1 << 22
"""Values that a layer makes beside its volumes at a time: 16 MiB."""


class ArrayPredictor:
    """A network with its weights and its pictures' normalisation, ready to predict."""

    def __init__(self, plan: Plan, weights: Weights, preprocessing: Preprocessing) -> None:
        self.plan, self.weights = plan, weights
        self.mean = np.array(preprocessing.mean, np.float32)[:, None, None] * 255
        self.scale = 1 / (np.array(preprocessing.std, np.float32)[:, None, None] * 255)

    def scores(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Pixels (N, H, W, C) uint8 to scores (N, classes) float32."""
        found = np.empty((len(pixels), self.plan.classes), np.float32)
        with np.errstate(all="ignore"):  # whoever wants probabilities sees that scores are finite
            for number, picture in enumerate(pixels):  # one at a time: volumes take room
                volume = (picture.transpose(2, 0, 1).astype(np.float32) - self.mean) * self.scale
                found[number] = chain(volume[None], self.plan.rows, self.weights, "").reshape(-1)
        return found


def chain(x: Volume, rows: Sequence[Row], weights: Weights, prefix: str) -> Volume:
    """``x`` through ``rows``, whose tensors are named with ``prefix``."""
    for row in rows:
        x = _layer(x, row, weights, prefix + row.name)
    return x


def _layer(x: Volume, row: Row, weights: Weights, name: str) -> Volume:
    layer = row.layer
    match layer:
        case kinds.Conv():
            bias = weights[f"{name}.bias"] if layer.bias else None
            return _convolution(x, layer, row.padding, weights[f"{name}.weight"], bias)
        case kinds.FullyConnected():
            scores = x.reshape(len(x), -1) @ weights[f"{name}.weight"].T
            scores = scores + weights[f"{name}.bias"] if layer.bias else scores
            return scores[:, :, None, None]
        case kinds.Pool():
            return _pool(x, layer, row.padding)
        case kinds.GlobalPool():
            over = np.max if layer.kind == "max" else np.mean
            return np.asarray(over(x, axis=(2, 3), keepdims=True), np.float32)
        case kinds.Activation():
            return _piecewise(ACTIVATIONS[layer.kind], x)
        case kinds.Maxout():
            batch, depth, height, width = x.shape
            parted = x.reshape(batch, depth // layer.group, layer.group, height, width)
            return np.asarray(parted.max(2), np.float32)
        case kinds.BatchNorm():
            return _batchnorm(x, *(weights[f"{name}.{part}"] for part in BATCHNORM_TENSORS))
        case kinds.LocalResponseNorm():
            return _response_norm(x, layer.within(row.input.depth))
        case kinds.Residual():
            body, shortcut = row.branches
            straight = chain(x, shortcut, weights, f"{name}.shortcut.")
            return chain(x, body, weights, f"{name}.body.") + straight
        case kinds.Concat():
            parts = [
                chain(x, branch, weights, f"{name}.branches.{number}.")
                for number, branch in enumerate(row.branches)
            ]
            return np.concatenate(parts, axis=1)
        case kinds.Dropout() | kinds.Softmax() | kinds.SVM():
            return x
    raise TypeError(f"no arithmetic for {type(layer).__name__}")


def _windows(x: Volume, kernel: tuple[int, int], stride: int, dilation: int = 1) -> Volume:
    """Every window of ``x``: (B, C, H, W) → (B, C, H', W', h, w), a view."""
    width, height = ((side - 1) * dilation + 1 for side in kernel)
    view = sliding_window_view(x, (height, width), axis=(2, 3))
    return view[:, :, ::stride, ::stride, ::dilation, ::dilation]


def _padded(x: Volume, sides: Sides, value: float) -> Volume:
    if not any(sides):
        return x
    around = ((0, 0), (0, 0), (sides.top, sides.bottom), (sides.left, sides.right))
    return np.pad(x, around, constant_values=value)


def _convolution(
    x: Volume,
    layer: kinds.Conv,
    sides: Sides,
    filters: NDArray[np.float32],
    bias: NDArray[np.float32] | None,
) -> Volume:
    """Matrix products: patches, laid out as rows, with every filter, as a column."""
    windows = _windows(_padded(x, sides, 0.0), layer.kernel, layer.stride, layer.dilation)
    batch, depth, height, width = windows.shape[:4]
    share, count = depth // layer.groups, len(filters) // layer.groups
    found = np.empty((batch, height, width, len(filters)), np.float32)
    for group, own in enumerate(np.split(filters, layer.groups)):
        columns = own.reshape(count, -1).T
        patches = windows[:, group * share : (group + 1) * share].transpose(0, 2, 3, 1, 4, 5)
        for rows, cells in _tiles(height, width, batch * len(columns)):
            tile = patches[:, rows, cells]
            product = tile.reshape(-1, len(columns)) @ columns
            place = found[:, rows, cells, group * count : (group + 1) * count]
            place[...] = product.reshape(place.shape)
    if bias is not None:
        found += bias
    return found.transpose(0, 3, 1, 2)


def _tiles(height: int, width: int, each: int) -> Iterator[tuple[slice, slice]]:
    """Rows and columns of the tiles of an output whose cells take ``each`` values of a piece."""
    across = min(width, max(1, PIECE // each))
    down = max(1, PIECE // (each * across))
    for top in range(0, height, down):
        for left in range(0, width, across):
            yield slice(top, top + down), slice(left, left + across)


def _piecewise(function: Callable[[Volume], Volume], x: Volume) -> Volume:
    """``function`` of each value alone, piece by piece along the longest side."""
    if x.size <= PIECE:
        return function(x)
    axis = int(np.argmax(x.shape))
    step = max(1, PIECE * x.shape[axis] // x.size)
    found = np.empty_like(x)
    for begin in range(0, x.shape[axis], step):
        piece = (*[slice(None)] * axis, slice(begin, begin + step))
        found[piece] = function(x[piece])
    return found


def _pool(x: Volume, layer: kinds.Pool, sides: Sides) -> Volume:
    outside = -np.inf if layer.kind == "max" else 0.0
    values = x * x if layer.kind == "l2" else x
    windows = _windows(_padded(values, sides, outside), layer.kernel, layer.stride)
    if layer.kind == "max":
        return np.asarray(windows.max((4, 5)), np.float32)
    if layer.kind == "l2":
        return np.asarray(np.sqrt(windows.sum((4, 5))), np.float32)
    inside = _padded(np.ones((1, 1, *x.shape[2:]), np.float32), sides, 0.0)
    cells = _windows(inside, layer.kernel, layer.stride).sum((4, 5))
    return np.asarray(windows.sum((4, 5)) / cells, np.float32)


BATCHNORM_TENSORS = ("weight", "bias", "running_mean", "running_var")


def _batchnorm(
    x: Volume,
    weight: NDArray[np.float32],
    bias: NDArray[np.float32],
    mean: NDArray[np.float32],
    variance: NDArray[np.float32],
) -> Volume:
    scale = weight / np.sqrt(variance + kinds.BN_EPSILON)
    return np.asarray(x * scale[:, None, None] + (bias - mean * scale)[:, None, None], np.float32)


def _response_norm(x: Volume, layer: kinds.LocalResponseNorm) -> Volume:
    before, after = layer.n // 2, (layer.n - 1) // 2
    squares = np.pad(x * x, ((0, 0), (before, after), (0, 0), (0, 0)))
    near = sliding_window_view(squares, layer.n, axis=1).sum(-1)
    return np.asarray(x / (layer.k + layer.alpha / layer.n * near) ** layer.beta, np.float32)


def _erf(x: Volume) -> Volume:
    """The error function to 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26)."""
    t = 1 / (1 + 0.3275911 * np.abs(x))
    powers = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (
        -1.453152027 + t * 1.061405429))))  # fmt: skip
    return np.asarray(np.sign(x) * (1 - powers * np.exp(-x * x)), np.float32)


def _sigmoid(x: Volume) -> Volume:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)), np.float32)


ACTIVATIONS: dict[str, Callable[[Volume], Volume]] = {
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "leaky": lambda x: np.where(x > 0, x, np.float32(kinds.LEAKY_SLOPE) * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "gelu": lambda x: 0.5 * x * (1 + _erf(x / np.float32(2**0.5))),
    "silu": lambda x: x * _sigmoid(x),
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
}
