"""Where branches meet: which volumes may be added or put one behind the other."""

from __future__ import annotations

from collections.abc import Sequence

from convlens.notation.layers import Conv, Residual, Span
from convlens.notation.volumes import Volume


def projection(volume: Volume, output: Volume, span: Span | None) -> Conv | None:
    """Return the 1×1 convolution that takes ``volume`` to ``output``; None where they are equal.

    Its stride is the width's ``ceil(in / out)``; whether that gives the height too, and the
    width itself, is for the sum to check.
    """
    if volume == output:
        return None
    stride = -(-volume.width // output.width)
    return Conv(filters=output.depth, kernel=(1, 1), stride=stride, bias=False, span=span)


def summed(layer: Residual, volume: Volume, body: Volume, shortcut: Volume) -> str | None:
    """Return what is wrong with the sum of two volumes, or None where they are equal."""
    if body == shortcut:
        return None
    if layer.shortcut is None:
        return (
            f"its body makes {body} of {volume}, and no stride takes the input there: "
            "a 1x1 projection cannot be added"
        )
    way = "its input, the shortcut, is" if not layer.shortcut else "its shortcut gives"
    return f"its body gives {body} and {way} {shortcut}; only equal volumes are added"


def concatenated(volumes: Sequence[Volume]) -> tuple[Volume, str | None]:
    """Return the volumes one behind the other, and what is wrong with that, if anything."""
    first = volumes[0]
    output = first._replace(depth=sum(volume.depth for volume in volumes))
    if all(volume[:2] == first[:2] for volume in volumes):
        return output, None
    listed = " and ".join(map(str, dict.fromkeys(volumes)))
    return output, f"its branches give {listed}; all need the same width and height"
