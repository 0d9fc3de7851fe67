"""How often a window fits along one axis of a volume, and the padding that this takes."""

from __future__ import annotations

from typing import NamedTuple

from convlens.notation.layers import Fit, Padding


class Axis(NamedTuple):
    """The output's cells along one axis, and the padding really applied before and after."""

    cells: int
    before: int
    after: int


class Uneven(Exception):  # noqa: N818
    """The window does not fit a whole number of times; the text is the sum that shows it."""


class TooLarge(Exception):  # noqa: N818
    """The window is larger than the padded input; the text is the sum that shows it."""


def axis(size: int, window: int, stride: int, pad: Padding, fit: Fit) -> Axis:
    """Return how a window of ``window`` cells (dilation counted) goes over ``size`` cells.

    With ``pad`` a number that is ``(size − window + 2·pad)/stride + 1``, which must be whole
    unless ``fit`` drops the rest or lets the last window overhang. With ``"same"`` it is
    ``ceil(size / stride)``, and the padding what that needs, the smaller half before.

    Raises Uneven or TooLarge.
    """
    if pad == "same":
        cells = -(-size // stride)
        total = max((cells - 1) * stride + window - size, 0)
        return Axis(cells, total // 2, total - total // 2)
    room = size - window + 2 * pad
    if room < 0:
        raise TooLarge(_sum(size, window, stride, pad))
    if room % stride == 0 or fit == "floor":
        return Axis(room // stride + 1, pad, pad)
    if fit == "exact":
        raise Uneven(f"{_sum(size, window, stride, pad)} is not whole")
    cells = -(-room // stride) + 1
    if (cells - 1) * stride >= size + pad:  # the last window would see no input at all
        cells -= 1
    return Axis(cells, pad, max(pad, (cells - 1) * stride + window - size - pad))


def _sum(size: int, window: int, stride: int, pad: int) -> str:
    value = (size - window + 2 * pad) / stride + 1
    return f"({size} - {window} + 2·{pad})/{stride} + 1 = {_decimal(value)}"


def _decimal(value: float) -> str:
    """Return ``value`` with two decimals, or with as many as show that it is not whole."""
    for digits in (2, 6):
        text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
        if "." in text or value.is_integer():
            return text
    return text


def dilated(window: int, dilation: int) -> int:
    """Return the cells that a window spans when its own cells lie ``dilation`` apart."""
    return (window - 1) * dilation + 1
