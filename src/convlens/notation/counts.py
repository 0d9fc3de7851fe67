"""Parameters and multiply-adds of one layer, with the sum that gives the parameters."""

from __future__ import annotations

from convlens.notation.layers import BatchNorm, Conv, FullyConnected, Layer
from convlens.notation.volumes import Volume


def parameters(layer: Layer, volume: Volume) -> tuple[int, str]:
    """Return the learnable values of ``layer`` on ``volume``, and the formula of the count.

    CONV has F·F·(D/groups)·K weights and K biases, FC inputs·units and as many biases as units,
    BN a scale and a shift for each depth slice (its running mean and deviation are measured, not
    learned); every other layer has none, and the formula is empty.
    """
    match layer:
        case Conv(kernel=(width, height), filters=filters):
            depth = volume.depth // layer.groups
            return _with_bias((width, height, depth, filters), layer.bias)
        case FullyConnected(units=int(units)):
            return _with_bias((volume.size, units), layer.bias)
        case BatchNorm():
            return 2 * volume.depth, f"2·{volume.depth}"
    return 0, ""


def _with_bias(factors: tuple[int, ...], bias: bool) -> tuple[int, str]:
    product = 1
    for factor in factors:
        product *= factor
    formula = "·".join(map(str, factors))
    if not bias:
        return product, formula
    return product + factors[-1], f"{formula} + {factors[-1]}"


def multiply_adds(layer: Layer, volume: Volume, output: Volume) -> int:
    """Return the multiplications, each with its addition, that ``layer`` makes for one picture.

    CONV: every output value is a dot product of F·F·(D/groups); FC: inputs·units. Biases,
    pooling, activations and normalisations count as none.
    """
    match layer:
        case Conv(kernel=(width, height)):
            return output.size * width * height * (volume.depth // layer.groups)
        case FullyConnected():
            return volume.size * output.size
    return 0
