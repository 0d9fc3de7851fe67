"""What stands beside the boxes: layers in the few words that a figure has room for."""

from __future__ import annotations

from convlens.drawing.parts import Part
from convlens.notation import Row, Volume
from convlens.notation import layers as kinds
from convlens.notation.fold import whole_text
from convlens.notation.layers import Layer

_POOLS = {"max": "max", "avg": "average", "l2": "L2"}


def volume_text(volume: Volume) -> str:
    """``55×55×96``; of a vector, its length."""
    if volume.width == volume.height == 1:
        return f"{volume.depth:,}"
    return f"{volume.width}×{volume.height}×{volume.depth}"


def operation(row: Row) -> str:
    """A layer as the caption under its volume says it."""
    layer = row.layer
    match layer:
        case kinds.Conv():
            each = " each" if each_alone(row) else _groups(layer)
            return f"{layer.filters} @ {_window(layer)}{each}"
        case kinds.Pool():
            return f"{_POOLS[layer.kind]} {_window(layer)}"
        case kinds.GlobalPool():
            return f"{_POOLS[layer.kind]} of all"
        case kinds.FullyConnected():
            return "fully connected"
        case kinds.Maxout():
            return f"maxout {layer.group}"
        case kinds.Residual():
            return "sum"
        case kinds.Concat():
            return "joined in depth"
    return light_word(layer)


def chip(part: Part) -> str:
    """A layer inside a branch, as the papers' block diagrams say it: ``3×3, 64``."""
    if part.main is None:
        return " · ".join(light_word(row.layer) for row in part.light)
    layer = part.main.layer
    if isinstance(layer, kinds.Conv):
        each = " each" if each_alone(part.main) else ""
        return f"{_window(layer)}{each}, {layer.filters}{'' if each else _groups(layer)}"
    if isinstance(layer, kinds.FullyConnected):
        return f"fc {layer.units}"
    return operation(part.main)


def each_alone(row: Row) -> bool:
    """Whether a convolution has one filter for each depth slice, and that alone."""
    layer = row.layer
    return isinstance(layer, kinds.Conv) and layer.groups == layer.filters == row.input.depth > 1


def light_line(part: Part) -> str:
    """The light layers of a part, in a line; what is long is told by its count."""
    words = [light_word(row.layer) for row in part.light]
    return " · ".join(words) if len(words) < 4 else f"{words[0]} … {words[-1]}"


def light_word(layer: Layer) -> str:
    """``relu``, ``bn``, ``dropout``: the layer's word alone."""
    return whole_text(layer).partition(" ")[0].lower()


def told(part: Part) -> str:
    """A part in full, for whoever points at it or has it read aloud."""
    text = " - ".join(whole_text(row.layer) for row in part.rows)
    times = f" ({part.times} times)" if part.times > 1 else ""
    counted = f", {part.parameters:,} parameters" if part.parameters else ""
    return f"{text}{times}{counted} → {part.output}"


def _window(layer: kinds.Conv | kinds.Pool) -> str:
    stride = f"/{layer.stride}" if layer.stride > 1 else ""
    return f"{layer.kernel[0]}×{layer.kernel[1]}{stride}"


def _groups(layer: kinds.Conv) -> str:
    return f", {layer.groups} groups" if layer.groups > 1 else ""
