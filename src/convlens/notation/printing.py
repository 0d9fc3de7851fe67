"""Layers to text: the one canonical form of each."""

from __future__ import annotations

from convlens.notation import layers as kinds
from convlens.notation.layers import Layer


def layer_text(layer: Layer, filters: str | None = None) -> str:
    """Return the canonical text of a layer that has no branches.

    ``filters`` stands for a convolution's number of filters where it is a list.
    """
    match layer:
        case kinds.Conv():
            return _conv(layer, filters or str(layer.filters))
        case kinds.Pool():
            return _pool(layer)
        case kinds.GlobalPool():
            return f"GLOBALPOOL {layer.kind}"
        case kinds.FullyConnected():
            units = "" if layer.units is None else f" {layer.units}"
            return f"FC{units}{'' if layer.bias else ' nobias'}"
        case kinds.Activation():
            return layer.kind.upper()
        case kinds.Maxout():
            return f"MAXOUT {layer.group}"
        case kinds.BatchNorm():
            return "BN"
        case kinds.LocalResponseNorm():
            return _lrn(layer)
        case kinds.Dropout():
            return f"DROPOUT {number_text(layer.p)}"
        case kinds.Softmax():
            return "SOFTMAX"
        case kinds.SVM():
            return "SVM"
    raise TypeError(f"{type(layer).__name__} has no text of its own")


def number_text(value: float) -> str:
    """Return the shortest text that reads as ``value`` again."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def window_text(layer: kinds.Conv | kinds.Pool) -> str:
    """Return ``FxF``, width first."""
    return f"{layer.kernel[0]}x{layer.kernel[1]}"


def _conv(conv: kinds.Conv, filters: str) -> str:
    depth = "" if conv.depth is None else f"x{conv.depth}"
    stride = "" if conv.stride == 1 else f"/{conv.stride}"
    words = [f"CONV {filters}@{window_text(conv)}{depth}{stride}"]
    if conv.pad != "same":
        words.append(f"pad {conv.pad}" if conv.pad else "valid")
    if conv.dilation != 1:
        words.append(f"dilate {conv.dilation}")
    if conv.groups != 1:
        words.append(f"groups {conv.groups}")
    if not conv.bias:
        words.append("nobias")
    if conv.fit != "exact":
        words.append(conv.fit)
    return " ".join(words)


def _pool(pool: kinds.Pool) -> str:
    square = pool.kernel[0] == pool.kernel[1]
    stride = "" if square and pool.stride == pool.kernel[0] else f"/{pool.stride}"
    words = [f"POOL {window_text(pool)}{stride}"]
    if pool.kind != "max":
        words.append(pool.kind)
    if pool.pad:
        words.append("same" if pool.pad == "same" else f"pad {pool.pad}")
    if pool.fit != "exact":
        words.append(pool.fit)
    return " ".join(words)


def _lrn(lrn: kinds.LocalResponseNorm) -> str:
    if lrn == kinds.LocalResponseNorm():
        return "LRN"
    numbers = {"n": lrn.n, "k": lrn.k, "alpha": lrn.alpha, "beta": lrn.beta}
    return " ".join(["LRN", *(f"{name}={number_text(value)}" for name, value in numbers.items())])
