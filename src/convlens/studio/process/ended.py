"""A run that is no longer in progress, and may be gone on with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from convlens.errors import RunError
from convlens.modelfields import fact
from convlens.modelfile import Model
from convlens.studio.process import knobs
from convlens.studio.process.opening import Opening
from convlens.training.recipe import Recipe

if TYPE_CHECKING:
    from convlens.training.loop import Run


@dataclass(slots=True)
class Ended:
    """What a run was ``opened`` with, and where it stands: ``length`` is in epochs.

    ``waiting`` are knobs that were turned since, for when it goes on; ``more`` is how long the
    knob says that a finished one is to learn on.
    """

    opened: Opening
    run: Run | None = None
    recipe: Recipe | None = None
    length: float | None = None
    steps: int = 0
    stopped: bool = True
    waiting: dict[str, Any] = field(default_factory=dict)
    more: float | None = None

    @classmethod
    def of_result(cls, opened: Opening, model: Model, result: Mapping[str, Any]) -> Self:
        """A run that a folder holds, with its ``model`` and ``result``."""
        epochs, best = float(result.get("epochs") or 0), float(result.get("best_epoch") or 0)
        steps = int(result.get("steps") or 0)
        return cls(
            opened,
            recipe=recipe_of(model),
            length=epochs,
            steps=round(steps * best / epochs) if epochs else steps,
            stopped=False,
        )

    def finish(self, stopped: bool) -> None:
        """The run is over; what is needed of it is kept, the rest let go."""
        assert self.run is not None
        self.recipe, self.length, self.steps = self.run.recipe, self.run.length, self.run.steps
        self.stopped, self.run = stopped, None

    def turn(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Turn knobs for when the run goes on. Raises SettingsError.

        The epochs are those in all of a run that was stopped or failed, those to come of one that
        is finished.
        """
        if self.recipe is None:
            raise RunError("the run never began", "begin it")
        recipe, epochs = knobs.turned(self.recipe, values), knobs.epochs_in(values)
        self.recipe = recipe
        if epochs is not None:
            self.more = epochs
        whole = () if self.stopped else ("epochs",)
        self.waiting |= {name: value for name, value in values.items() if name not in whole}
        last = knobs.stretch(self.length, self.opened.before)
        told = knobs.knobs(recipe, last if self.more is None else self.more)
        return {"from_step": self.steps + 1, "knobs": told}


def recipe_of(model: Model) -> Recipe:
    """The recipe that a model says it was trained by; settings that are not known are left out."""
    said = fact(model.training, "recipe") or {}
    known = Recipe().to_json()
    return Recipe().changed({name: value for name, value in said.items() if name in known})
