"""What a run follows, which may be changed on the way: its recipe and its length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from convlens.training.recipe import Recipe
from convlens.training.schedule import Schedule, Steps
from convlens.training.target import Target

Changes = dict[str, tuple[object, object]]
"""By name, what was and what is."""


@dataclass(frozen=True, slots=True)
class Course:
    """Recipe and epochs as they are and as the run began; epochs None where others decide."""

    recipe: Recipe
    epochs: float | None
    begun_recipe: Recipe
    begun_epochs: float | None

    @classmethod
    def of(cls, recipe: Recipe, schedule: Schedule, steps_per_epoch: int) -> Self:
        """That of a run which begins."""
        while isinstance(schedule, Target):
            schedule = schedule.schedule
        epochs = schedule.total / steps_per_epoch if isinstance(schedule, Steps) else None
        return cls(recipe, epochs, recipe, epochs)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "recipe": self.recipe.to_json(),
            "epochs": self.epochs,
            "begun_recipe": self.begun_recipe.to_json(),
            "begun_epochs": self.begun_epochs,
        }

    def followed(self, told: Mapping[str, Any] | None) -> Self:
        """This course as ``to_json`` of an earlier command told that it had become.

        What that command did not begin with is another choice, and stands.
        """
        recipe, epochs = self.begun_recipe, self.begun_epochs
        if told is not None and Recipe(**told["begun_recipe"]) == recipe:
            recipe = Recipe(**told["recipe"])
        if told is not None and told["begun_epochs"] == epochs:
            epochs = told["epochs"]
        return type(self)(recipe, epochs, self.begun_recipe, self.begun_epochs)


def merged(earlier: Changes, later: Changes) -> Changes:
    """What differs after both."""
    both = dict(earlier)
    for name, (before, now) in later.items():
        both[name] = (both.get(name, (before, now))[0], now)
    return {name: (before, now) for name, (before, now) in both.items() if before != now}
