"""How a network is trained: every choice but the network, the pictures and the length."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple, Self

from convlens.errors import SettingsError


def setting(default: Any, meaning: str, low: float = 0.0, high: float = 1.0) -> Any:
    """A field of a recipe: its standard value, what it means, smallest and largest value."""
    return dataclasses.field(default=default, metadata={"meaning": meaning, "range": (low, high)})


class Entry(NamedTuple):
    """One setting of a recipe as it is shown."""

    name: str
    value: float | bool
    meaning: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of training, in the order in which a picture meets them.

    Learning rates are those of the first step; they fall linearly to zero over the run. Raises
    SettingsError for a value outside its range.
    """

    batch: int = setting(256, "pictures in a step; fewer where there are few", 1, 65536)
    shift: float = setting(
        0.0625, "largest shift, as a share of the side; the border is mirrored", high=0.5
    )
    zoom: float = setting(
        0.0, "largest share of the side that an enlarged view leaves out", high=0.9
    )
    flip: bool = setting(True, "mirror each picture left to right in every other epoch")
    whiten: bool = setting(
        True, "begin the first convolution as filters that decorrelate the pictures' patches"
    )
    filters_rate: float = setting(
        0.1, "Muon's learning rate of the filters, relative to their own size", high=10
    )
    filters_momentum: float = setting(0.6, "Muon's momentum", high=0.999)
    rest_rate: float = setting(0.004, "Adam's learning rate of all other parameters", high=10)
    label_smoothing: float = setting(
        0.1, "share of the certainty that is spread over all classes", high=0.9
    )
    gentle: float = setting(
        0.2, "share of the rates at which layers of a trained model (--from) go on"
    )

    def __post_init__(self) -> None:
        for one in dataclasses.fields(self):
            value, (low, high) = getattr(self, one.name), one.metadata["range"]
            if not low <= value <= high:
                raise SettingsError(
                    f"the recipe's {one.name} is {value}, outside {low:g} to {high:g}"
                )

    def entries(self) -> Iterator[Entry]:
        """Every setting with its value and meaning."""
        for one in dataclasses.fields(self):
            yield Entry(one.name, getattr(self, one.name), one.metadata["meaning"])

    def changed(self, values: Mapping[str, Any]) -> Self:
        """The recipe with other values. Raises SettingsError for what is not a recipe's."""
        checked: dict[str, Any] = {name: _checked(name, value) for name, value in values.items()}
        return replace(self, **checked)

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values."""
        return asdict(self)


YES, NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")


def read_changes(text: str) -> dict[str, float | bool]:
    """``batch=256, flip=no`` to values by name. Raises SettingsError."""
    changes: dict[str, float | bool] = {}
    for part in text.split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise SettingsError(
                f"`{part.strip()}` does not change the recipe", "write name=value: batch=256"
            )
        changes[name] = _checked(name, value)
    return changes


def _checked(name: str, value: object) -> float | bool:
    """``value``, or the value that a text stands for, as the setting ``name`` takes it."""
    kinds = {one.name: type(one.default) for one in dataclasses.fields(Recipe)}
    if name not in kinds:
        near = difflib.get_close_matches(name, kinds, 1, 0.5)
        hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(kinds)}"
        raise SettingsError(f"a recipe has no `{name}`", hint)
    if kinds[name] is bool:
        said = str(value).lower()
        if said not in YES + NO:
            raise SettingsError(f"the recipe's {name} is {value!r}", "give yes or no")
        return said in YES
    try:
        number = float("nan") if isinstance(value, bool) else float(str(value))
    except ValueError:
        number = math.nan
    whole = kinds[name] is int
    if not math.isfinite(number) or (whole and not number.is_integer()):
        raise SettingsError(
            f"the recipe's {name} is {value!r}", f"give a {'whole ' if whole else ''}number"
        )
    return int(number) if whole else number
