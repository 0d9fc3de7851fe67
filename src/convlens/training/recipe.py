"""How a network is trained: every choice but the network, the pictures and the length."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple, Self

from convlens.errors import SettingsError

Value = float | bool | str | None
"""What a setting may be: a number, yes or no, one of several words, or left to what is usual."""

MUON = "muon"

USUAL_RATES = {
    "sgd": 0.02,
    "nesterov": 0.02,
    "adam": 0.003,
    "adagrad": 0.015,
    "adadelta": 1.0,
    "windowgrad": 0.002,
}
"""Learning rates of methods that move all parameters by one rule, where none is given.

Each learns decently with and without batch-norms, on digits and on a part of CIFAR-10; twice the
rate of sgd no longer does with them.
"""

METHODS = (MUON, *USUAL_RATES)

WITH_MOMENTUM = ("sgd", "nesterov")

USUAL = "usual"
"""The word for a value that is left to what is usual."""


def setting(
    default: Any, meaning: str, low: float = 0.0, high: float = 1.0, choices: tuple[str, ...] = ()
) -> Any:
    """A field of a recipe: its standard value, what it means, smallest and largest value."""
    metadata = {"meaning": meaning, "range": (low, high), "choices": choices}
    return dataclasses.field(default=default, metadata=metadata)


class Entry(NamedTuple):
    """One setting of a recipe as it is shown."""

    name: str
    value: Value
    meaning: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of training, in the order in which a picture meets them.

    Learning rates are those of the first step. Raises SettingsError for a value outside its range.
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
    method: str = setting(
        MUON,
        "what moves the weights: muon (filters by Muon, the rest by Adam) or, all by one rule, "
        "sgd, nesterov, adam, adagrad, adadelta or windowgrad",
        choices=METHODS,
    )
    filters_rate: float = setting(
        0.1, "Muon's learning rate of the filters, relative to their own size", high=10
    )
    filters_momentum: float = setting(0.6, "Muon's momentum", high=0.999)
    rest_rate: float = setting(
        0.004, "Adam's learning rate of all other parameters beside Muon", high=10
    )
    rate: float | None = setting(
        None, "learning rate of a method other than muon; usual: that which suits it", high=10
    )
    momentum: float = setting(0.9, "momentum of sgd and nesterov", high=0.999)
    fall: bool = setting(True, "let the learning rates fall linearly to zero over the run")
    weight_decay: float = setting(
        0.0, "share, times the learning rate, that weights of CONV and FC lose in a step"
    )
    l1_decay: float = setting(
        0.0, "how much, times the learning rate, those weights come nearer to zero in a step"
    )
    label_smoothing: float = setting(
        0.1, "share of the certainty that is spread over all classes", high=0.9
    )
    gentle: float = setting(
        0.2, "share of the rates at which layers of a trained model (--from) go on"
    )

    def __post_init__(self) -> None:
        for one in dataclasses.fields(self):
            value, (low, high) = getattr(self, one.name), one.metadata["range"]
            choices = one.metadata["choices"]
            if choices and value not in choices:
                raise SettingsError(
                    f"the recipe's {one.name} is {value!r}", _choose(str(value), choices)
                )
            if not choices and value is not None and not low <= value <= high:
                raise SettingsError(
                    f"the recipe's {one.name} is {value}, outside {low:g} to {high:g}"
                )

    @property
    def main_rate(self) -> float:
        """The learning rate of the method's main rule; with muon that of the filters."""
        if self.method == MUON:
            return self.filters_rate
        return USUAL_RATES[self.method] if self.rate is None else self.rate

    def with_main_rate(self, rate: float) -> Self:
        """The recipe with another ``main_rate``; with muon all rates keep their proportion."""
        if self.method != MUON:
            return self.changed({"rate": rate})
        known = self if self.filters_rate else type(self)()
        rest = rate * known.rest_rate / known.filters_rate
        return self.changed({"filters_rate": rate, "rest_rate": rest})

    @property
    def main_momentum(self) -> float | None:
        """The momentum of the method's main rule, None where it has none to choose."""
        if self.method == MUON:
            return self.filters_momentum
        return self.momentum if self.method in WITH_MOMENTUM else None

    def with_main_momentum(self, momentum: float) -> Self:
        """The recipe with another ``main_momentum``. Raises SettingsError where it has none."""
        if self.main_momentum is None:
            raise SettingsError(
                f"{self.method} has no momentum to choose", f"{', '.join(WITH_MOMENTUM)} have"
            )
        name = "filters_momentum" if self.method == MUON else "momentum"
        return self.changed({name: momentum})

    def scaled(self, factor: float) -> Self:
        """The recipe with ``factor`` times its learning rates, that of its method stated."""
        return replace(
            self,
            filters_rate=self.filters_rate * factor,
            rest_rate=self.rest_rate * factor,
            rate=None if self.method == MUON else self.main_rate * factor,
        )

    @property
    def decays(self) -> bool:
        """Whether any weight loses anything but by its gradient."""
        return self.weight_decay > 0 or self.l1_decay > 0

    def entries(self) -> Iterator[Entry]:
        """Every setting with its value and meaning."""
        for one in dataclasses.fields(self):
            yield Entry(one.name, getattr(self, one.name), one.metadata["meaning"])

    def changed(self, values: Mapping[str, Any]) -> Self:
        """The recipe with other values; another method comes with its usual rate.

        Raises SettingsError for what is not a recipe's.
        """
        checked: dict[str, Any] = {name: _checked(name, value) for name, value in values.items()}
        if checked.get("method", self.method) != self.method:
            checked.setdefault("rate", None)
        return replace(self, **checked)

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values."""
        return asdict(self)


def shown(value: Value) -> str:
    """A setting's value as ``read_changes`` reads it."""
    match value:
        case None:
            return USUAL
        case bool():
            return "yes" if value else "no"
        case str():
            return value
    return f"{value:g}"


YES, NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")


def read_changes(text: str) -> dict[str, Value]:
    """``method=sgd, flip=no`` to values by name. Raises SettingsError."""
    changes: dict[str, Value] = {}
    for part in text.split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise SettingsError(
                f"`{part.strip()}` does not change the recipe", "write name=value: batch=256"
            )
        changes[name] = _checked(name, value)
    return changes


def _checked(name: str, value: object) -> Value:
    """``value``, or the value that a text stands for, as the setting ``name`` takes it."""
    known = {one.name: one for one in dataclasses.fields(Recipe)}
    if name not in known:
        near = difflib.get_close_matches(name, known, 1, 0.5)
        hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(known)}"
        raise SettingsError(f"a recipe has no `{name}`", hint)
    default, choices = known[name].default, known[name].metadata["choices"]
    said = str(value).strip().lower()
    if choices:
        if said not in choices:
            raise SettingsError(f"the recipe's {name} is {value!r}", _choose(said, choices))
        return said
    if default is None and (value is None or said == USUAL):
        return None
    if isinstance(default, bool):
        if said not in YES + NO:
            raise SettingsError(f"the recipe's {name} is {value!r}", "give yes or no")
        return said in YES
    return _number(name, value, whole=isinstance(default, int), usual=default is None)


def _number(name: str, value: object, whole: bool, usual: bool) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(str(value))
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or (whole and not number.is_integer()):
        kind = "whole number" if whole else f"number, or {USUAL}" if usual else "number"
        raise SettingsError(f"the recipe's {name} is {value!r}", f"give a {kind}")
    return int(number) if whole else number


def _choose(said: str, choices: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(said, choices, 1, 0.5)
    return f"did you mean {near[0]}?" if near else f"it is one of {', '.join(choices)}"
