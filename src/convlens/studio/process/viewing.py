"""What a layer gives for a picture: maps, gradients, weights, and how they are spread."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convlens.lens.looking import INPUT, Seen, look
from convlens.lens.opened import layer_of, layers_of, row_of
from convlens.notation import Plan
from convlens.notation import layers as kinds
from convlens.studio.process.blocks import Answer, number, packed
from convlens.studio.process.subject import Subject

ACTIVATIONS, GRADIENTS = "activations", "gradients"
WEIGHTS, WEIGHT_GRADIENTS = "weights", "weight_gradients"
ALL = (ACTIVATIONS, GRADIENTS, WEIGHTS, WEIGHT_GRADIENTS)

Tensors = tuple[str, tuple[int, ...]]
"""The name of a layer's weights, and their shape as filters."""

MOST_CHANNELS, MOST_NUMBERS = 64, 262_144
"""Channels of a view, and numbers in one of its blocks."""

BINS = 32

COUNTED = 1 << 20
"""Numbers that a histogram is made of at most, evenly spaced among more."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which layer, and of it which channels and which of ``ALL``."""

    layer: str
    first: int = 0
    count: int = MOST_CHANNELS
    only: tuple[str, ...] = ALL


def seen_in(subject: Subject, pixels: NDArray[np.uint8], target: int | None) -> Seen:
    """Every layer's output for ``pixels`` (H, W, C), with ``target`` the gradients of its score."""
    opened = subject.opened()
    paths = {info.name: info.path for info in layers_of(opened.plan)}
    return look(opened.network, opened.normalised(pixels[None]), paths, target)


def view(subject: Subject, seen: Seen, wanted: Wanted, told: Mapping[str, Any]) -> Answer:
    """The view of a layer, with what else is ``told`` of it."""
    plan = subject.opened().plan
    outputs, slopes = seen.outputs[_name(plan, wanted.layer)], seen.gradients
    described, tensors = _described(plan, wanted.layer)
    values: dict[str, Tensor | None] = {ACTIVATIONS: outputs[0]}
    if GRADIENTS in wanted.only and slopes:
        values[GRADIENTS] = slopes[_name(plan, wanted.layer)][0]
    if tensors is not None:
        weight, shape = tensors
        own = subject.opened().network.get_parameter(weight).detach()
        values[WEIGHTS] = own.reshape(shape)
        gradient = subject.gradient(weight)
        values[WEIGHT_GRADIENTS] = None if gradient is None else gradient.reshape(shape)
    some = {name: one for name, one in values.items() if name in wanted.only and one is not None}
    channels = outputs.shape[1]
    first = min(wanted.first, channels - 1)
    count = min(wanted.count, MOST_CHANNELS, channels - first)
    blocks, every = {}, 1
    for name, tensor in some.items():
        if name in (ACTIVATIONS, GRADIENTS):
            blocks[name], every = _maps(tensor, first, count)
        elif (filters := _filters(tensor, first, count)) is not None:
            blocks[name] = filters
    bias = None if tensors is None else _bias(subject, tensors[0])
    if bias is not None and WEIGHTS in wanted.only:
        blocks["bias"] = bias[first : first + count].numpy()
    document = {
        **told,
        **described,
        "first": first,
        "count": len(blocks[ACTIVATIONS]) if ACTIVATIONS in blocks else count,
        "every": every,
        "channels": channels,
        "stats": {name: spread(some[name]) if name in some else None for name in ALL},
    }
    return packed(document, blocks)


def _name(plan: Plan, layer: str) -> str:
    return INPUT if layer == INPUT else layer_of(plan, layer).name


def _described(plan: Plan, layer: str) -> tuple[dict[str, Any], Tensors | None]:
    """What is told of a layer; the name of its weights and their shape as filters, if it has any.

    Raises SettingsError where there is no such layer.
    """
    if layer == INPUT:
        volume = list(plan.input)
        return {
            "layer": INPUT,
            "kind": "INPUT",
            "text": f"INPUT {plan.input}",
            "input": volume,
            "output": volume,
            "parameters": 0,
            "count_text": "",
        }, None
    row, info = row_of(plan, layer), layer_of(plan, layer)
    tensors: Tensors | None = None
    depth = row.output.depth
    match row.layer:
        case kinds.Conv(kernel=(width, height)):
            tensors = (f"{info.path}.weight", (depth, -1, height, width))
        case kinds.FullyConnected():
            tensors = (f"{info.path}.weight", (depth, *row.input[::-1]))
        case kinds.BatchNorm():
            tensors = (f"{info.path}.weight", (depth,))
    return {
        "layer": info.name,
        "kind": info.kind,
        "text": info.text,
        "input": list(info.input),
        "output": list(info.output),
        "parameters": info.parameters,
        "count_text": f"{row.formula} = {row.parameters:,}" if row.formula else "",
    }, tensors


def _bias(subject: Subject, weight: str) -> Tensor | None:
    name = weight.removesuffix("weight") + "bias"
    return dict(subject.opened().network.named_parameters()).get(name)


def _maps(values: Tensor, first: int, count: int) -> tuple[NDArray[np.float32], int]:
    """Maps from ``first`` on of (C, H, W), as many as fit, and which of their cells are there.

    Of a map that is too large by itself every second, third … row and column.
    """
    _, height, width = values.shape
    every = math.ceil(math.sqrt(height * width / MOST_NUMBERS))
    thin = values[first:, ::every, ::every]
    fitting = max(1, MOST_NUMBERS // thin[0].numel())
    return thin[: min(count, fitting)].contiguous().numpy(), every


def _filters(values: Tensor, first: int, count: int) -> NDArray[np.float32] | None:
    """Filters from ``first`` on of (K, …), as many as fit; None where not even one does."""
    fitting = MOST_NUMBERS // max(1, math.prod(values.shape[1:]))
    if not fitting:
        return None
    return values[first : first + min(count, fitting)].contiguous().numpy()


def spread(values: Tensor) -> dict[str, Any]:
    """Extremes, mean, share of zeros and a histogram of values that are finite."""
    flat = values.flatten()
    low, high = (float(end) for end in torch.aminmax(flat))
    flat = flat[:: math.ceil(len(flat) / COUNTED)]
    zeros = float((flat == 0).float().mean())
    if not math.isfinite(low) or not math.isfinite(high):
        flat = flat[torch.isfinite(flat)]
        low, high = (float(end) for end in torch.aminmax(flat)) if len(flat) else (0.0, 0.0)
    ends = (low, high) if low < high else (low - 0.5, high + 0.5)
    counts = torch.histc(flat.float(), BINS, *ends)
    return {
        "min": number(low),
        "max": number(high),
        "mean": number(float(flat.double().mean())) if len(flat) else None,
        "zeros": number(zeros),
        "histogram": [int(count) for count in counts.tolist()],
        "low": number(ends[0]),
        "high": number(ends[1]),
    }
