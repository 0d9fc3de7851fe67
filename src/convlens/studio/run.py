"""One training as the studio knows it: what was asked for, how it stands, its curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from convlens.studio.series import Series, finite

TOLD = (
    "step",
    "epochs",
    "examples",
    "progress",
    "seconds",
    "seconds_left",
    "pictures_per_second",
    "forward_ms",
    "backward_ms",
    "rate",
    "loss",
    "decay_loss",
    "train_accuracy",
)
"""What comes with every progress."""

FACTS = (
    "net",
    "parameters",
    "multiply_adds",
    "engine",
    "knobs",
    "defaults",
    "epochs_planned",
    "epochs_before",
    *TOLD,
    "validation_accuracy",
    "best_accuracy",
    "test_accuracy",
    "test_accuracy_views",
    "resumed_step",
    "model",
)
"""What is told of the current run."""

LISTED = ("net", "step", "epochs", "validation_accuracy", "test_accuracy")
"""Those that the list of runs has, too."""

KEPT = (
    *LISTED,
    "epochs_before",
    "parameters",
    "best_accuracy",
    "test_accuracy_views",
    "seconds",
    "model",
)
"""Those that outlive the server."""

LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run was begun with, as ``convlens train`` takes it; None or empty: not said."""

    net: str | None = None
    size: tuple[int, int] | None = None
    seed: int | None = None
    epochs: float | None = None
    recipe: Mapping[str, Any] = field(default_factory=dict)
    no_cache: bool = False

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values, as the training process takes them."""
        return {
            "net": self.net,
            "size": None if self.size is None else list(self.size),
            "seed": self.seed or 0,
            "epochs": self.epochs,
            "recipe": dict(self.recipe),
            "no_cache": self.no_cache,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The reverse of ``to_json``."""
        size = document["size"]
        return cls(
            net=document["net"],
            size=None if size is None else (int(size[0]), int(size[1])),
            seed=int(document["seed"]),
            epochs=document["epochs"],
            recipe=dict(document["recipe"]),
            no_cache=bool(document["no_cache"]),
        )

    def is_met_by(self, other: Asked) -> bool:
        """Whether a run begun with ``other`` is what is asked for, as far as anything was said."""
        pairs = (
            (self.net, other.net),
            (self.size, other.size),
            (self.seed, other.seed),
            (self.epochs, other.epochs),
            (dict(self.recipe) or None, dict(other.recipe)),
        )
        return all(said is None or said == had for said, had in pairs)

    def on(self, net: str | None) -> Asked:
        """The same on another network."""
        return replace(self, net=net)


@dataclass(slots=True)
class Run:
    """One training. ``id`` is the name of its run folder.

    ``turned`` are the knobs that somebody turned, as they stand: what is begun next has them too.
    """

    id: str
    name: str
    folder: Path
    asked: Asked
    begun: str
    phase: str = "reading"
    back_to: int | None = None  # the step that it goes on from, until it does
    stopped: bool = False  # it came to its end before its time
    carry: str | None = None  # the model file whose weights it began with
    turned: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=lambda: dict.fromkeys(FACTS))
    series: Series = field(default_factory=Series)

    def take(self, told: Mapping[str, Any], names: tuple[str, ...]) -> None:
        """Keep those of ``names`` that were ``told``."""
        self.facts |= {name: finite(told[name]) for name in names if name in told}

    def plan_stretch(self, epochs: float | None) -> None:
        """It ends so many epochs after its last Start from the end, or from the beginning."""
        before = self.facts["epochs_before"] or 0.0
        self.facts["epochs_planned"] = None if epochs is None else before + epochs

    @property
    def over(self) -> bool:
        """Whether it has come to its end."""
        return self.phase == "finished"

    def shown(self, revision: int) -> dict[str, Any]:
        """What the page is told of the current run."""
        return {
            "id": self.id,
            "revision": revision,
            "name": self.name,
            "folder": str(self.folder),
            **self.facts,
        }

    def listed(self) -> dict[str, Any]:
        """Its line in the list of runs."""
        facts = {name: self.facts[name] for name in LISTED}
        facts["net"] = facts["net"] or self.asked.net
        return {
            "id": self.id,
            "name": self.name,
            "phase": self.phase,
            "begun": self.begun,
            **facts,
        }

    def to_json(self) -> dict[str, Any]:
        """What is kept of it; its curves lie in its folder."""
        return {
            "id": self.id,
            "name": self.name,
            "begun": self.begun,
            "phase": self.phase,
            "carry": self.carry,
            "turned": self.turned,
            "asked": self.asked.to_json(),
            "facts": {name: self.facts[name] for name in KEPT},
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any], folder: Path) -> Self:
        """The reverse of ``to_json``. Raises KeyError, TypeError or ValueError."""
        run = cls(
            id=str(document["id"]),
            name=str(document["name"]),
            folder=folder / str(document["id"]),
            asked=Asked.from_json(document["asked"]),
            begun=str(document["begun"]),
            phase=str(document["phase"]),
            carry=document["carry"],
            turned=dict(document.get("turned") or {}),
        )
        run.take(document["facts"], KEPT)
        return run
