"""A snapshot as JSON, everything in it doubted: numbers, lists and volumes of the right length."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from convlens.convnetjs.values import Values
from convlens.data.memory import allowed_memory, how_to_raise
from convlens.data.names import printable
from convlens.documents import UnfitError, parsed, read_regular, shown
from convlens.notation.limits import MAX_LAYERS, MAX_NUMBER

LARGEST = 1 << 30
"""Bytes of a snapshot."""

UNNAMED = "without a layer_type"

HINT = "a snapshot is what ConvNetJS writes: JSON.stringify(net.toJSON())"


class Bad(Exception):  # noqa: N818
    """What is wrong with a snapshot; becomes a ModelFileError with the file's name."""

    def __init__(self, message: str, hint: str = HINT) -> None:
        super().__init__(message)
        self.hint = hint


class Part:
    """One layer of the snapshot; every value is asked for with what it may be."""

    def __init__(self, said: object, number: int) -> None:
        if not isinstance(said, Mapping):
            raise Bad(f"layer {number} is not an object")
        self.said = said
        self.number = number
        kind = said.get("layer_type")
        self.kind = printable(kind[:40]) if isinstance(kind, str) and kind else UNNAMED

    def bad(self, message: str, hint: str = HINT) -> Bad:
        """Return the error that ``message`` is, with the layer's number and kind."""
        return Bad(f"layer {self.number} ({self.kind}): {message}", hint)

    def whole(self, key: str, default: int | None = None, low: int = 1) -> int:
        """The whole number at ``key``, ``low`` to a million."""
        value = self.said.get(key, default)
        if value is None:
            raise self.bad(f"{key} is missing")
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if type(value) is not int or not low <= value <= MAX_NUMBER:
            raise self.bad(f"{key} is {shown(value)}, not a whole number of {low} or more")
        return value

    def number_at(self, key: str, high: float, default: float | None = None) -> float:
        """The number at ``key``, 0 to ``high``."""
        value = self.said.get(key, default)
        if type(value) not in (int, float):
            raise self.bad(f"{key} is {shown(value)}, not a number")
        if not 0 <= value <= high:
            raise self.bad(f"{key} is {shown(value)}, outside 0 to {high:g}")
        return float(value)

    def rows(self, count: int, length: int) -> Values:
        """The filters' values, (count, length) float64, in the file's order."""
        filters = self.said.get("filters")
        if not isinstance(filters, list) or len(filters) != count:
            held = len(filters) if isinstance(filters, list) else "no"
            raise self.bad(f"{held} filters where out_depth says {count}")
        return np.stack([self._values(one, length, f"filter {i}") for i, one in enumerate(filters)])

    def biases(self, count: int) -> Values:
        """The biases, (count,) float64."""
        return self._values(self.said.get("biases"), count, "biases")

    def _values(self, said: object, length: int, what: str) -> Values:
        """The values of a volume, a list or an object from ``"0"`` on."""
        values = said.get("w") if isinstance(said, Mapping) else None
        if isinstance(values, Mapping) and len(values) == length:
            values = [values.get(str(index)) for index in range(length)]
        if not isinstance(values, list):
            raise self.bad(f"{what} has no list of {length} values")
        if len(values) != length:
            raise self.bad(f"{what} has {len(values)} values, not {length}")
        if not all(type(value) in (int, float) for value in values):
            raise self.bad(f"{what} holds something that is not a number")
        try:
            array = np.array(values, np.float64)
        except OverflowError:
            array = np.array([np.inf])
        if not (np.abs(array) < np.finfo(np.float32).max).all():
            raise self.bad(f"{what} holds a value that is not finite")
        return array


def read_parts(path: Path) -> tuple[list[Part], Mapping[str, Any]]:
    """The layers of the snapshot at ``path``, and the whole of it. Raises Bad."""
    try:
        document = parsed(read_regular(path, LARGEST), allowed_memory(), finite=True)
    except UnfitError as error:
        hint = HINT if error.needed is None else how_to_raise(error.needed)
        raise Bad(f"it {error}", hint) from None
    layers = document.get("layers") if isinstance(document, Mapping) else None
    if not isinstance(layers, list):
        raise Bad("it has no list of layers, so it is no snapshot of a network")
    if not 2 <= len(layers) <= MAX_LAYERS:
        raise Bad(f"it has {len(layers):,} layers, not from 2 to {MAX_LAYERS:,}")
    return [Part(said, number) for number, said in enumerate(layers)], document
