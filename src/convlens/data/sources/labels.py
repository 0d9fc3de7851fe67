"""Labels as a Python program or a file of arrays holds them: one for each row, or none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from convlens.data.forms import as_array, is_array
from convlens.data.limits import UnreadableError
from convlens.data.names import printable
from convlens.data.sources.missing import is_missing
from convlens.errors import DataError

ONE_EACH = "give one label for each picture"
_SEVERAL = f"{ONE_EACH}: training on several labels is not there yet"
_ONE_HOT = f"{ONE_EACH}; of rows of probabilities their `.argmax(1)`"
_KINDS = "give whole numbers or texts, which name classes"
_WHOLE = "give whole numbers or texts: classes are told apart here, not numbers predicted"

Label = int | str
"""A text comes as it prints, without white space around it."""


class Labels(NamedTuple):
    """The label of each row, None where it is missing.

    ``names`` are those that the columns of a one-hot table have, in their order, None without;
    ``texts`` are the words in which labels were missing.
    """

    values: list[Label | None]
    names: tuple[str, ...] | None = None
    texts: tuple[str, ...] = ()


def read_labels(
    values: object, row: Callable[[int], str], name: str, known: Collection[str] = ()
) -> Labels:
    """Read an array, column, list or tensor of labels, ``(N,)`` or ``(N, 1)``, or a one-hot table.

    A label is a whole number, a truth value (which counts as 0 or 1) or a text; missing is what is
    None, NaN, masked or empty, and a text that pandas reads so, unless it is in ``known``. A list
    of one label is that label. ``row`` names a row by its number. Raises DataError, with the row,
    for several labels on one picture, for fractions, and for numbers among texts.
    """
    rows = _rows(values, name)
    table = _as_table(rows)
    if table is not None:
        names = _column_names(values)
        return Labels(_one_hot(table, names, row, name), names)
    if isinstance(rows, np.ndarray):
        return Labels(rows.tolist())
    reader = _Reader(row, name, known)
    read = [reader.label(number, value) for number, value in enumerate(rows)]
    _check_kinds(read, row, name)
    return Labels(read, None, tuple(reader.texts))


def _column_names(values: object) -> tuple[str, ...] | None:
    """The names of a data frame's columns, unless they are mere numbers."""
    columns = getattr(values, "columns", None)
    if columns is None or not any(isinstance(one, str) for one in columns):
        return None
    return tuple(printable(str(one).strip()) for one in columns)


def _rows(values: object, name: str) -> NDArray[Any] | list[Any]:
    """The rows as an array of numbers, ``(N,)`` whole ones or ``(N, K)``, or else as a list."""
    if not is_array(values):
        if isinstance(values, str | bytes | Mapping | set) or not isinstance(values, Iterable):
            kind = type(values).__name__
            raise DataError(f"{name}: labels come as a {kind}, not as a list", ONE_EACH)
        return list(values)
    try:
        array = values if isinstance(values, np.ndarray) else as_array(values)
    except UnreadableError as error:
        raise DataError(f"{name}: labels: {error}", ONE_EACH) from error
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in (1, 2) or 0 in array.shape[1:]:
        raise DataError(f"{name}: labels of shape {array.shape} are not one per picture", ONE_EACH)
    if array.dtype.kind not in "biufSUTO":
        raise DataError(f"{name}: labels of the kind {array.dtype} name no classes", _KINDS)
    whole = array.dtype.kind in ("iu" if array.ndim == 1 else "biuf")
    if whole and not isinstance(array, np.ma.MaskedArray):
        return array
    return cast(list[Any], array.tolist())  # None where masked


def _as_table(rows: NDArray[Any] | list[Any]) -> NDArray[Any] | None:
    """``(N, K)`` numbers, NaN where there are none, if ``rows`` are such and may be one-hot."""
    if isinstance(rows, np.ndarray):
        return rows if rows.ndim == 2 else None
    if not rows or not all(_is_row(row) for row in rows):
        return None
    listed = [_cells(row) for row in rows]
    width = len(listed[0])
    cells = [cell for row in listed for cell in row]
    if width < 2 or len(cells) != width * len(listed) or any(len(row) != width for row in listed):
        return None
    if not all(is_missing(cell) or (isinstance(cell, Real) and cell in (0, 1)) for cell in cells):
        return None
    numbers = [float("nan") if is_missing(cell) else float(cell) for cell in cells]
    return np.array(numbers).reshape(-1, width)


def _is_row(value: object) -> bool:
    if isinstance(value, list | tuple | set | frozenset):
        return True
    return is_array(value) and getattr(value, "ndim", 0) > 0


def _cells(value: Any) -> list[Any]:
    """What stands in a row of several cells."""
    cells = as_array(value).ravel().tolist() if is_array(value) else list(value)
    return [cell.item() if getattr(cell, "ndim", None) == 0 else cell for cell in cells]


def _one_hot(
    table: NDArray[Any], names: Sequence[str] | None, row: Callable[[int], str], name: str
) -> list[Label | None]:
    """The column in which each row of ``table`` (N, K) holds its 1; None for a row without."""
    ones = table == 1
    other = ~(ones | (table == 0) | np.isnan(table))
    if other.any():
        number, column = np.argwhere(other)[0].tolist()
        value = table[number, column].item()
        if float(value).is_integer():
            _refuse_several(table[number].tolist(), row(number), name)
        message = f"{name}: {row(number)} holds {value:g}; a one-hot row holds one 1 and else 0"
        raise DataError(message, _ONE_HOT)
    counts = ones.sum(axis=1)
    called: Sequence[Label] = names or range(table.shape[1])
    for number in np.flatnonzero(counts > 1)[:1].tolist():
        _refuse_several(
            [called[n] for n in np.flatnonzero(ones[number]).tolist()], row(number), name
        )
    return [
        called[column] if count else None
        for column, count in zip(ones.argmax(axis=1).tolist(), counts.tolist(), strict=True)
    ]


def _refuse_several(labels: Sequence[object], row: str, name: str) -> None:
    shown = ", ".join(printable(str(label)) for label in labels[:4])
    more = ", …" if len(labels) > 4 else ""
    raise DataError(f"{name}: {row} has {len(labels)} labels ({shown}{more})", _SEVERAL)


class _Reader:
    """Reads labels one by one; the few that there are, each once."""

    def __init__(self, row: Callable[[int], str], name: str, known: Collection[str]) -> None:
        self.texts: dict[str, None] = {}
        self._row, self._name, self._known = row, name, known
        self._read: dict[tuple[type, object], Label | None] = {}

    def label(self, number: int, value: Any) -> Label | None:
        """The label of the row ``number``, which holds ``value``."""
        if _is_row(value):
            found = dict.fromkeys(self.label(number, cell) for cell in _cells(value))
            found.pop(None, None)
            if len(found) > 1:
                _refuse_several(list(found), self._row(number), self._name)
            return next(iter(found), None)
        try:
            key = (type(value), value)
            if key not in self._read:
                self._read[key] = self._new(number, value)
            return self._read[key]
        except TypeError:  # not hashable, so neither a number nor a text
            return self._new(number, value)

    def _new(self, number: int, value: Any) -> Label | None:
        if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
            value = value.item()
        if is_missing(value) and not isinstance(value, str):
            return None
        if isinstance(value, bytes):
            value = value.decode("utf-8", "backslashreplace")
        if isinstance(value, str):
            text = printable(value.strip())
            if text in self._known or not is_missing(text):
                return text
            self.texts |= {text: None} if text else {}
            return None
        if isinstance(value, Integral):
            return int(value)
        if isinstance(value, Real):
            if float(value).is_integer():
                return int(float(value))
            told = f"{self._row(number)} has the label {value:g}, which names no class"
            raise DataError(f"{self._name}: {told}", _WHOLE)
        kind = type(value).__name__
        message = f"{self._name}: {self._row(number)} has a {kind} as its label"
        raise DataError(message, _KINDS)


def _check_kinds(labels: Sequence[Label | None], row: Callable[[int], str], name: str) -> None:
    """Refuse numbers among texts, which would be sorted by neither."""
    number = next((n for n, label in enumerate(labels) if isinstance(label, int)), None)
    text = next((n for n, label in enumerate(labels) if isinstance(label, str)), None)
    if number is not None and text is not None:
        told = f"{row(number)} has the number {labels[number]} as its label"
        message = f"{name}: {told}, {row(text)} the text `{labels[text]}`"
        raise DataError(message, "give numbers only, or texts only")
