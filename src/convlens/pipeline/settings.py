"""What the user says of a training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from convlens.errors import SettingsError
from convlens.notation import Architecture

SHORTEST_BUDGET = 1.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All but the data may be left out. Raises SettingsError where two contradict each other."""

    data: Any  # a path, "digits", arrays: whatever data.open_source takes
    net: str | Architecture | None = None
    out: Path | None = None
    epochs: float | None = None
    budget: float | None = None  # seconds for the whole
    batch: int | None = None
    lr: float | None = None  # times the recipe's rates
    size: tuple[int, int] | None = None  # width, height
    seed: int = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    cache: bool = True

    def __post_init__(self) -> None:
        if self.epochs is not None and self.budget is not None:
            raise SettingsError(
                "epochs and budget both say how long to train", "give one of the two"
            )
        if self.budget is not None and self.budget < SHORTEST_BUDGET:
            raise SettingsError(f"a budget of {self.budget:g} s is too short", "give 1s or more")
        if self.epochs is not None and not self.epochs > 0:
            raise SettingsError(f"{self.epochs:g} epochs are too few", "give a number above 0")
        if self.batch is not None and self.batch < 1:
            raise SettingsError(f"a batch of {self.batch} is too small", "give 1 or more")
        if self.lr is not None and not 0 < self.lr <= 10:
            raise SettingsError(f"lr is {self.lr:g}", "give a multiple of the recipe's: 0.5, 1, 2")
        if self.seed < 0:
            raise SettingsError(f"the seed is {self.seed}", "give 0 or more")
