"""A recipe's settings as the knobs of a page."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from convlens.errors import SettingsError
from convlens.training.recipe import METHODS, Recipe

PLAIN = ("batch", "weight_decay", "method", "fall", "shift", "zoom", "flip")
"""Knobs that turn the recipe's setting of the same name."""

MEANINGS = {
    "rate": "how far a step goes along the gradient",
    "momentum": "share of the earlier steps' direction that is kept",
    "epochs": "passes over the training pictures that one Start brings",
}

MOST_EPOCHS = 100_000.0

Knob = dict[str, Any]


def knobs(recipe: Recipe, epochs: float | None) -> dict[str, Knob]:
    """Every knob as it stands, with what it means and how far it turns.

    ``epochs`` are those of the present stretch: from one Start to where the run ends by itself.
    """
    values = values_of(recipe, epochs)
    return {name: {"value": value, **_form(name)} for name, value in values.items()}


def values_of(recipe: Recipe, epochs: float | None) -> dict[str, Any]:
    """Every knob's value; None where the method or the schedule has none."""
    values: dict[str, Any] = {"rate": recipe.main_rate, "momentum": recipe.main_momentum}
    values |= {name: getattr(recipe, name) for name in PLAIN}
    return values | {"epochs": epochs}


def turned(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """``recipe`` with the knobs in ``values`` turned, that of the epochs aside.

    The method comes first, since another has rates of its own. Raises SettingsError.
    """
    plain = {name: value for name, value in values.items() if name in PLAIN}
    unknown = values.keys() - plain.keys() - {"rate", "momentum", "epochs"}
    if unknown:
        raise SettingsError(f"there is no knob `{min(unknown)}`", f"there are {', '.join(NAMES)}")
    if "method" in plain:
        recipe = recipe.changed({"method": plain.pop("method")})
    recipe = recipe.changed(plain)
    if values.get("rate") is not None:
        recipe = recipe.with_main_rate(_number("rate", values["rate"]))
    if values.get("momentum") is not None:
        recipe = recipe.with_main_momentum(_number("momentum", values["momentum"]))
    return recipe


def as_settings(said: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """What was ``said`` of a recipe, with the knobs in ``values`` turned. Raises SettingsError."""
    base = Recipe().changed(said)
    before, now = base.to_json(), turned(base, values).to_json()
    more = {name: new for name, new in now.items() if name in values or new != before[name]}
    return {**said, **more}


def stretch(length: float | None, before: float) -> float | None:
    """Epochs of a run of ``length`` in all that come after the ``before`` of earlier stretches."""
    return None if length is None else length - before


def epochs_in(values: Mapping[str, Any]) -> float | None:
    """The epochs asked for, or None where they are left as they are. Raises SettingsError."""
    if values.get("epochs") is None:
        return None
    epochs = _number("epochs", values["epochs"])
    if not 0 < epochs <= MOST_EPOCHS:
        raise SettingsError(f"{epochs:g} epochs are out of range", "give more than 0")
    return epochs


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise SettingsError(f"{name} is {value!r}", "give a number")
    return float(value)


def _form(name: str) -> Knob:
    if name == "epochs":
        return _described(name, 0.0, MOST_EPOCHS)
    setting = {"rate": "filters_rate", "momentum": "filters_momentum"}.get(name, name)
    field = next(one for one in dataclasses.fields(Recipe) if one.name == setting)
    if isinstance(field.default, bool | str):
        low = high = None
    else:
        low, high = field.metadata["range"]
    meaning = MEANINGS.get(name, field.metadata["meaning"])
    return _described(name, low, high, meaning, whole=type(field.default) is int)


def _described(
    name: str,
    low: float | None,
    high: float | None,
    meaning: str | None = None,
    whole: bool = False,
) -> Knob:
    return {
        "low": low,
        "high": high,
        "meaning": meaning or MEANINGS[name],
        "whole": whole,
        "choices": list(METHODS) if name == "method" else None,
        "live": True,
    }


NAMES = ("rate", "momentum", *PLAIN, "epochs")
"""Every knob."""
