"""What the user says of a training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from convlens.errors import SettingsError
from convlens.notation import Architecture

SHORTEST_BUDGET = 1.0
"""Seconds."""

ALL_BUT_HEAD = "all-but-head"
"""What ``freeze`` says where only the new head is to learn."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All but the data may be left out. Raises SettingsError where two contradict each other."""

    data: Any  # a path, "digits", arrays: whatever data.open_source takes
    net: str | Path | Architecture | None = None
    out: Path | None = None
    epochs: float | None = None
    budget: float | None = None  # seconds for the whole
    batch: int | None = None
    lr: float | None = None  # times the recipe's rates
    size: tuple[int, int] | None = None  # width, height
    seed: int = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    cache: bool = True
    base: Path | None = None  # a model file to go on from
    freeze: int | Literal["all-but-head"] | None = None  # of its layers with weights, held still

    def __post_init__(self) -> None:
        if self.base is not None and self.net is not None:
            raise SettingsError("net and from both say which network", "give one of the two")
        if self.freeze is not None and self.base is None:
            raise SettingsError(
                "freeze holds the layers of a trained model still", "say from which"
            )
        if isinstance(self.freeze, int) and self.freeze < 0:
            raise SettingsError(f"freeze is {self.freeze}", "give 0 or more, or all-but-head")
        if isinstance(self.freeze, str) and self.freeze != ALL_BUT_HEAD:
            raise SettingsError(f"freeze is {self.freeze!r}", f"give a number or {ALL_BUT_HEAD}")
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

    def to_json(self) -> dict[str, Any]:
        """What makes two commands the same, as plain values; pictures in memory are None."""
        return {
            "data": _place(self.data) if isinstance(self.data, str | Path) else None,
            "net": None if self.net is None else str(self.net),
            "epochs": self.epochs,
            "budget": self.budget,
            "batch": self.batch,
            "lr": self.lr,
            "size": None if self.size is None else list(self.size),
            "seed": self.seed,
            "device": self.device,
            "base": None if self.base is None else str(self.base.absolute()),
            "freeze": self.freeze,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any], **more: Any) -> Self:
        """The reverse of ``to_json``, with what else is to be set. Raises SettingsError."""
        for name, kinds in KINDS.items():
            value = values.get(name)
            if isinstance(value, bool) or not isinstance(value, kinds):
                raise SettingsError(f"{name} is {value!r}")
        chosen: dict[str, Any] = {name: values.get(name) for name in KINDS} | more
        if (size := chosen["size"]) is not None:
            if len(size) != 2 or not all(isinstance(side, int) and side > 0 for side in size):
                raise SettingsError(f"size is {size!r}", "give width and height in pixels")
            chosen["size"] = tuple(size)
        chosen["base"] = None if chosen["base"] is None else Path(chosen["base"])
        if chosen["device"] not in ("auto", "cpu", "cuda"):
            raise SettingsError(f"device is {chosen['device']!r}", "give auto, cpu or cuda")
        return cls(**chosen)


NUMBER, COUNT, TEXT = (int, float, type(None)), (int, type(None)), (str, type(None))
KINDS: dict[str, tuple[type, ...]] = {
    "data": TEXT,
    "net": TEXT,
    "epochs": NUMBER,
    "budget": NUMBER,
    "batch": COUNT,
    "lr": NUMBER,
    "size": (list, tuple, type(None)),
    "seed": (int,),
    "device": (str,),
    "base": TEXT,
    "freeze": (int, str, type(None)),
}
"""What may stand for each setting in a file."""


def _place(data: str | Path) -> str:
    """A path as it reads from any folder; names that are no paths stay as they are."""
    path = Path(data).expanduser()
    return str(path.absolute()) if path.exists() else str(data)


@dataclass(frozen=True, slots=True)
class Keep:
    """Where a run keeps what it needs to go on after any interruption."""

    folder: Path
    fresh: bool = False  # begin anew, whatever is there
    resume: bool = False  # go on; a longer time, and another place of the data, may be given
    anyway: bool = False  # go on though something changed
    command: str | None = None  # told to those who ask what the run was
