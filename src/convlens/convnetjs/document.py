"""A snapshot as JSON, everything in it doubted: numbers, lists and volumes of the right length."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from convlens.convnetjs.values import Values
from convlens.errors import ModelFileError
from convlens.notation.limits import MAX_LAYERS, MAX_NUMBER

LARGEST = 1 << 30
"""Bytes of a snapshot."""

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
        self.kind = str(said.get("layer_type", ""))[:40] or "without a layer_type"

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
            raise self.bad(f"{key} is {_shown(value)}, not a whole number of {low} or more")
        return value

    def number_at(self, key: str, default: float | None = None) -> float:
        """The number at ``key``."""
        value = self.said.get(key, default)
        if type(value) not in (int, float):
            raise self.bad(f"{key} is {_shown(value)}, not a number")
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
    """The layers of the snapshot at ``path``, and the whole of it. Raises Bad or ModelFileError."""
    try:
        if path.stat().st_size > LARGEST:
            raise Bad("too large for a snapshot")
        document = json.loads(path.read_bytes(), parse_constant=_refuse)
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {(error.strerror or '').lower()}") from None
    except UnicodeDecodeError:
        raise Bad("it is not text") from None
    except json.JSONDecodeError as error:
        cut = " (it ends too early)" if error.pos >= len(error.doc.rstrip()) - 1 else ""
        raise Bad(f"it is not JSON: {error.msg}, line {error.lineno}{cut}") from None
    except (ValueError, RecursionError):
        raise Bad("it is not JSON that can be read: too deep, or a number too long") from None
    layers = document.get("layers") if isinstance(document, Mapping) else None
    if not isinstance(layers, list):
        raise Bad("it has no list of layers, so it is no snapshot of a network")
    if not 2 <= len(layers) <= MAX_LAYERS:
        raise Bad(f"it has {len(layers):,} layers, not from 2 to {MAX_LAYERS:,}")
    return [Part(said, number) for number, said in enumerate(layers)], document


def _refuse(word: str) -> float:
    raise Bad(f"it holds {word}, which is not a number")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"
