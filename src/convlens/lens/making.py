"""From a layer and a place in its output to the terms that its value is made of."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from convlens.lens.order import Link
from convlens.lens.passes import Pass
from convlens.lens.terms import (
    Joined,
    Largest,
    Mask,
    Normalised,
    Pointwise,
    Products,
    ResponseNorm,
    Sum,
    Terms,
    Values,
    Window,
)
from convlens.notation import layers as kinds

Places = NDArray[np.int64]
Function = Callable[[float], float]


def terms_of(way: Pass, link: Link, channel: int, x: int, y: int) -> Terms:
    """The terms of the value at (``x``, ``y``) of ``channel`` of the link's layer."""
    layer, inputs = link.row.layer, way.volumes[link.source]
    match layer:
        case kinds.Conv():
            return _convolution(way, link, layer, channel, x, y)
        case kinds.FullyConnected():
            return _fully_connected(way, link, layer, channel)
        case kinds.Pool():
            return _pooled(link, layer, inputs[channel], x, y)
        case kinds.GlobalPool():
            whole = np.ones(inputs.shape[1:], np.bool_)
            return Window(layer.kind, inputs[channel], whole, *_everywhere(inputs))
        case kinds.Maxout():
            first = channel * layer.group
            return Largest(inputs[first : first + layer.group, y, x], first)
        case kinds.Residual():
            body, shortcut = link.end(0), link.end(1)
            straight = float(way.volumes[shortcut][channel, y, x])
            return Sum(float(way.volumes[body][channel, y, x]), straight, body, shortcut)
        case kinds.Concat():
            return _joined(way, link, channel, x, y)
        case kinds.BatchNorm():
            return _normalised(way, link, float(inputs[channel, y, x]), channel)
        case kinds.LocalResponseNorm():
            return _response_norm(layer, inputs[:, y, x], channel)
        case kinds.Activation():
            formula, function = FUNCTIONS[layer.kind]
            value = float(inputs[channel, y, x])
            return Pointwise(value, formula, function(value))
    value = float(inputs[channel, y, x])
    return Pointwise(value, "x", value)


def _convolution(
    way: Pass, link: Link, layer: kinds.Conv, channel: int, x: int, y: int
) -> Products:
    inputs, sides = way.volumes[link.source], link.row.padding
    share = len(inputs) // layer.groups
    first = channel // (layer.filters // layer.groups) * share
    xs = x * layer.stride - sides.left + np.arange(layer.kernel[0]) * layer.dilation
    ys = y * layer.stride - sides.top + np.arange(layer.kernel[1]) * layer.dilation
    patch, inside = cut(inputs[first : first + share], xs, ys)
    return Products(
        inputs=patch,
        weights=_weights(way, link, channel),
        bias=_bias(way, link, channel) if layer.bias else None,
        inside=inside,
        first=first,
        xs=xs,
        ys=ys,
    )


def _fully_connected(way: Pass, link: Link, layer: kinds.FullyConnected, channel: int) -> Products:
    inputs = way.volumes[link.source]
    xs, ys = _everywhere(inputs)
    return Products(
        inputs=inputs,
        weights=_weights(way, link, channel).reshape(inputs.shape),
        bias=_bias(way, link, channel) if layer.bias else None,
        inside=np.ones(inputs.shape[1:], np.bool_),
        first=0,
        xs=xs,
        ys=ys,
    )


def _weights(way: Pass, link: Link, channel: int) -> Values:
    return np.asarray(way.classifier.weights[f"{link.path}.weight"][channel], np.float64)


def _bias(way: Pass, link: Link, channel: int) -> float:
    return float(way.classifier.weights[f"{link.path}.bias"][channel])


def cut(inputs: Values, xs: Places, ys: Places) -> tuple[Values, Mask]:
    """The columns ``xs`` and rows ``ys`` of (C, H, W): (C, h, w), 0 outside, and (h, w) inside."""
    height, width = inputs.shape[1:]
    inside = ((ys >= 0) & (ys < height))[:, None] & ((xs >= 0) & (xs < width))[None]
    patch = inputs[:, np.clip(ys, 0, height - 1)[:, None], np.clip(xs, 0, width - 1)[None]]
    return np.where(inside, patch, 0.0), inside


def _everywhere(inputs: Values) -> tuple[Places, Places]:
    """All columns and all rows of (C, H, W)."""
    return np.arange(inputs.shape[2]), np.arange(inputs.shape[1])


def _pooled(link: Link, layer: kinds.Pool, inputs: Values, x: int, y: int) -> Window:
    sides = link.row.padding
    xs = x * layer.stride - sides.left + np.arange(layer.kernel[0])
    ys = y * layer.stride - sides.top + np.arange(layer.kernel[1])
    patch, inside = cut(inputs[None], xs, ys)
    return Window(layer.kind, patch[0], inside, xs, ys)


def _joined(way: Pass, link: Link, channel: int, x: int, y: int) -> Joined:
    branch, first = 0, 0
    while channel - first >= len(way.volumes[link.end(branch)]):
        first += len(way.volumes[link.end(branch)])
        branch += 1
    end = link.end(branch)
    return Joined(float(way.volumes[end][channel - first, y, x]), branch, channel - first, end)


def _normalised(way: Pass, link: Link, value: float, channel: int) -> Normalised:
    held = {
        part: float(way.classifier.weights[f"{link.path}.{part}"][channel])
        for part in ("running_mean", "running_var", "weight", "bias")
    }
    return Normalised(
        value,
        held["running_mean"],
        held["running_var"],
        kinds.BN_EPSILON,
        held["weight"],
        held["bias"],
    )


def _response_norm(layer: kinds.LocalResponseNorm, column: Values, channel: int) -> ResponseNorm:
    first = max(0, channel - layer.n // 2)
    neighbours = column[first : channel + (layer.n - 1) // 2 + 1]
    value = float(column[channel])
    return ResponseNorm(value, neighbours, first, layer.k, layer.alpha, layer.n, layer.beta)


def _sigmoid(x: float) -> float:
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    raised = math.exp(x)  # exp(-x) would overflow far below zero
    return raised / (1 + raised)


FUNCTIONS: dict[kinds.ActivationKind, tuple[str, Function]] = {
    "relu": ("max(x, 0)", lambda x: max(x, 0.0)),
    "relu6": ("min(max(x, 0), 6)", lambda x: min(max(x, 0.0), 6.0)),
    "leaky": (
        f"x if x > 0 else {kinds.LEAKY_SLOPE:g}·x",
        lambda x: x if x > 0 else kinds.LEAKY_SLOPE * x,
    ),
    "elu": ("x if x > 0 else exp(x) − 1", lambda x: x if x > 0 else math.expm1(x)),
    "gelu": ("x/2 · (1 + erf(x/√2))", lambda x: 0.5 * x * math.erfc(-x / math.sqrt(2))),
    "silu": ("x / (1 + exp(−x))", lambda x: x * _sigmoid(x)),
    "sigmoid": ("1 / (1 + exp(−x))", _sigmoid),
    "tanh": ("tanh(x)", math.tanh),
}
"""Each activation as it is written, and as it is computed."""
