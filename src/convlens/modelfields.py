"""What each field of a model file's document may be, in one table.

Nobody reads a field that is not in the table: ``check`` holds a whole document to it, ``fact``
gives one field of how a model was trained. What the table does not name is kept as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from convlens.documents import shown
from convlens.errors import ModelFileError
from convlens.notation.limits import MAX_NUMBER, MAX_TEXT


class Field(NamedTuple):
    """What a field may be.

    ``low`` and ``high`` bound a number, or the length of a text or a list, whose items are
    ``items``. An ``open`` field may be null or missing.
    """

    kind: Literal["object", "list", "text", "whole", "number", "truth"]
    low: float = 0
    high: float = 1 << 62
    open: bool = False
    items: Field | None = None

    def __str__(self) -> str:
        """What belongs there, in words."""
        match self.kind:
            case "object":
                return "an object"
            case "list":
                return f"a list of {self.low:,} to {self.high:,}"
            case "text":
                return f"a text of {self.low:,} to {self.high:,} characters"
            case "truth":
                return "true or false"
        kind = "a whole number" if self.kind == "whole" else "a number"
        return f"{kind} from {self.low:g} to {self.high:g}"


MOST_NAME = 100_000
"""Characters of a class name, as long as a field of a table may be."""

_CHANNELS = (1, 3)
_SIDE = Field("whole", 1, 4096)

FIELDS: Mapping[str, Field] = {
    "format": Field("whole", 1, MAX_NUMBER),
    "architecture": Field("text", 1, MAX_TEXT),
    "classes": Field("list", 1, MAX_NUMBER, items=Field("text", 0, MOST_NAME)),
    "preprocessing": Field("object"),
    "preprocessing.width": _SIDE,
    "preprocessing.height": _SIDE,
    "preprocessing.channels": Field("whole", *_CHANNELS),
    "preprocessing.fit": Field("text", 1, 20),
    "preprocessing.mean": Field("list", *_CHANNELS, items=Field("number", -1000, 1000)),
    "preprocessing.std": Field("list", *_CHANNELS, items=Field("number", 1e-6, 1000)),
    "calibration": Field("object"),
    "calibration.temperature": Field("number", 1e-4, 1e4),
    "training": Field("object"),
    "training.recipe": Field("object", open=True),
    "training.recipe.flip": Field("truth", open=True),
    "training.recipe.shift": Field("number", 0, 1, open=True),
    "training.data": Field("object", open=True),
    "training.data.fingerprint": Field("text", 0, 1000, open=True),
    "training.data.labelling": Field("object", open=True),
    "training.renamed": Field("list", 1, MAX_NUMBER, items=Field("object"), open=True),
    "training.seed": Field("whole", 0, 2**64 - 1, open=True),
    "training.step": Field("whole", 0, 2**53, open=True),
    "training.stopped": Field("truth", open=True),
    "training.test_accuracy": Field("number", 0, 1, open=True),
}
"""By the path of names that leads there; objects before what is in them."""


def check(document: object) -> Mapping[str, Any]:
    """``document`` as an object of which every field in the table is what it may be.

    Raises ModelFileError that names the first field that is not.
    """
    if not isinstance(document, Mapping):
        raise ModelFileError(f"the document is {shown(document)}, not an object")
    for path, field in FIELDS.items():
        holder, _, name = path.rpartition(".")
        inside = _at(document, holder)
        if inside is None:
            continue  # an open object that is not there
        if name not in inside and not field.open:
            raise ModelFileError(f"it lacks '{path}'")
        _check(inside.get(name), field, path)
    return document


def fact(training: Mapping[str, Any], name: str) -> Any:
    """A field of how a model was trained, as ``recipe.flip``; None where nothing is told.

    Raises ModelFileError where the field is not what it may be, KeyError where the table has none.
    """
    path = f"training.{name}"
    field = FIELDS[path]
    value: Any = training
    for part in name.split("."):
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise ModelFileError(f"{path} stands in {shown(value)}, not in an object")
        value = value.get(part)
    _check(value, field, path)
    return value


def _at(document: Mapping[str, Any], path: str) -> Any:
    """The object at ``path``, which was checked before."""
    value: Any = document
    for part in filter(None, path.split(".")):
        value = None if value is None else value.get(part)
    return value


def _check(value: object, field: Field, path: str) -> None:
    if value is None and field.open:
        return
    if not _is(value, field):
        raise ModelFileError(f"{path} is {shown(value)}, not {field}")
    if field.items is not None:
        assert isinstance(value, list | tuple)
        for number, item in enumerate(value):
            if not _is(item, field.items):
                raise ModelFileError(f"{path}[{number}] is {shown(item)}, not {field.items}")


def _is(value: object, field: Field) -> bool:
    match field.kind:
        case "object":
            return isinstance(value, Mapping)
        case "list":
            return isinstance(value, list | tuple) and field.low <= len(value) <= field.high
        case "text":
            return isinstance(value, str) and field.low <= len(value) <= field.high
        case "truth":
            return isinstance(value, bool)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole and not (field.kind == "number" and isinstance(value, float)):
        return False
    return bool(field.low <= value <= field.high)  # type: ignore[operator]  # false for NaN
