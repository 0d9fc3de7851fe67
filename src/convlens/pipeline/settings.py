"""What the user says of a training."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal, Self, get_args

from convlens.data.groups import PATTERN_HINT, compiled
from convlens.data.preprocessing import LARGEST_SIDE, Fit
from convlens.data.sources import Labelling, read_choice
from convlens.data.sources.labelling import COLUMNS_HINT
from convlens.errors import SettingsError
from convlens.notation import Architecture
from convlens.paths import exists, expanded
from convlens.training.recipe import Recipe, Value

BALANCES = ("weight", "resample")
"""Ways in which small classes are made to count like large ones."""

DEVICES = ("auto", "cpu", "cuda")

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
    target: float | None = None  # validation accuracy, 0 to 1, at which training is over
    batch: int | None = None
    lr: float | None = None  # times the recipe's rates
    recipe: Mapping[str, Value] = field(default_factory=dict)  # what it has otherwise
    size: tuple[int, int] | None = None  # width, height
    seed: int = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    cache: bool = True
    base: Path | None = None  # a model file to go on from
    freeze: int | Literal["all-but-head"] | None = None  # of its layers with weights, held still
    group_by: str | None = None  # a regular expression: what it finds in a path stays together
    balance: Literal["weight", "resample"] | None = None  # how small classes count like large ones
    class_level: int | None = None  # of the folders in a path, the one that is the class
    label_by: str | None = None  # a regular expression: what it finds in a path is the class
    columns: Mapping[str, str] = field(default_factory=dict)  # of a table: file, label, split
    classes: Any = None  # which, in which order, and what becomes one: see data.Labelling
    fit: Fit | None = None  # how pictures of other shapes are brought to size; None: stretch
    test_share: float | None = None  # of all pictures, where no test part is given
    without: Path | tuple[str, ...] | None = None  # a list of pictures to leave out, or their names

    def __post_init__(self) -> None:
        self._check_kinds()
        self._check_pictures()
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
        if self.target is not None and not 0 < self.target <= 1:
            raise SettingsError(f"the target is {self.target:g}", "give an accuracy: 0.9 for 90 %")
        if self.batch is not None and "batch" in self.recipe:
            raise SettingsError("batch is given beside the recipe's", "give one of the two")
        if self.seed < 0:
            raise SettingsError(f"the seed is {self.seed}", "give 0 or more")

    def _check_pictures(self) -> None:
        """See to what says how pictures are divided and counted."""
        if self.group_by is not None:
            if not isinstance(self.group_by, str):
                raise SettingsError(f"group_by is {self.group_by!r}", PATTERN_HINT)
            compiled(self.group_by)
        if self.balance not in (None, *BALANCES):
            raise SettingsError(f"balance is {self.balance!r}", "give weight or resample")
        if not isinstance(self.columns, Mapping | None):
            raise SettingsError(f"columns is {self.columns!r}", COLUMNS_HINT)
        object.__setattr__(self, "columns", dict(self.columns or {}))
        object.__setattr__(self, "classes", read_choice(self.classes))
        object.__setattr__(self, "without", as_list(self.without))
        _ = self.labelling  # checks the four
        if self.fit not in (None, *get_args(Fit)):
            raise SettingsError(f"fit is {self.fit!r}", "give stretch, crop or pad")
        share = self.test_share
        if share is not None and not (_is_number(share, Real) and 0 <= share < 1):
            raise SettingsError(f"test_share is {share!r}", "give 0 or more, less than 1: 0.2")

    @property
    def labelling(self) -> Labelling:
        """Where it is said that labels stand."""
        return Labelling(self.class_level, self.label_by, self.columns, self.classes)

    def _check_kinds(self) -> None:
        """See that each value is of its kind, as a caller in Python may get wrong."""
        for name in ("epochs", "budget", "target", "lr"):
            value = getattr(self, name)
            if value is not None and not (_is_number(value, Real) and math.isfinite(value)):
                raise SettingsError(f"{name} is {value!r}", "give a number")
        for name in ("batch", "seed"):
            value = getattr(self, name)
            if not (_is_number(value, Integral) or (name == "batch" and value is None)):
                raise SettingsError(f"{name} is {value!r}", "give a whole number")
            object.__setattr__(self, name, None if value is None else int(value))
        if not isinstance(self.net, str | Path | Architecture | None):
            raise SettingsError(
                f"net is {self.net!r}", "give notation, a file of it, a name or an Architecture"
            )
        if not isinstance(self.recipe, Mapping | None):
            raise SettingsError(
                f"recipe is {self.recipe!r}", 'give names and values: {"batch": 256}'
            )
        changes = Recipe().changed(self.recipe or {})
        chosen = {name: getattr(changes, name) for name in self.recipe or {}}
        object.__setattr__(self, "recipe", chosen)
        if self.device not in DEVICES:
            raise SettingsError(f"device is {self.device!r}", "give auto, cpu or cuda")
        if self.size is not None:
            object.__setattr__(self, "size", _sides(self.size))

    def to_json(self) -> dict[str, Any]:
        """What makes two commands the same, as plain values; pictures in memory are None."""
        return {
            "data": _place(self.data) if isinstance(self.data, str | Path) else None,
            "net": None if self.net is None else str(self.net),
            "epochs": self.epochs,
            "budget": self.budget,
            "target": self.target,
            "batch": self.batch,
            "lr": self.lr,
            "recipe": dict(self.recipe),
            "size": None if self.size is None else list(self.size),
            "seed": self.seed,
            "device": self.device,
            "base": None if self.base is None else str(self.base.absolute()),
            "freeze": self.freeze,
            "group_by": self.group_by,
            "balance": self.balance,
            "class_level": self.class_level,
            "label_by": self.label_by,
            "columns": dict(self.columns) or None,
            "classes": list(self.classes) or None,
            "fit": self.fit,
            "test_share": self.test_share,
            "without": _told_list(self.without),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any], **more: Any) -> Self:
        """The reverse of ``to_json``, with what else is to be set. Raises SettingsError."""
        for name, kinds in KINDS.items():
            value = values.get(name)
            if isinstance(value, bool) or not isinstance(value, kinds):
                raise SettingsError(f"{name} is {value!r}")
        chosen: dict[str, Any] = {name: values.get(name) for name in KINDS} | more
        chosen["base"] = None if chosen["base"] is None else Path(chosen["base"])
        return cls(**chosen)


def _is_number(value: object, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _sides(size: object) -> tuple[int, int]:
    """(width, height) of a pair, or of one number for both."""
    pair = (size, size) if _is_number(size, Integral) else size
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise SettingsError(f"size is {size!r}", "give (width, height) in pixels")
    if not all(_is_number(side, Integral) and 1 <= side <= LARGEST_SIDE for side in pair):
        raise SettingsError(f"size is {size!r}", f"give sides of 1 to {LARGEST_SIDE} pixels")
    return int(pair[0]), int(pair[1])


def as_list(value: object) -> Path | tuple[str, ...] | None:
    """The path of a list, or names, in whatever order they come. Raises SettingsError."""
    if value is None or isinstance(value, Path):
        return value
    if isinstance(value, str):
        return Path(value)
    names = list(value) if isinstance(value, Iterable) else [value]
    if not all(isinstance(name, str | Path) for name in names):
        raise SettingsError(
            f"without is {value!r}"[:200], "give the path of a list, or names of pictures"
        )
    return tuple(sorted({str(name) for name in names}))


def _told_list(without: Path | tuple[str, ...] | None) -> str | list[str] | None:
    """The list as it is found from any folder."""
    if isinstance(without, Path):
        return str(without.absolute())
    return None if without is None else list(without)


NUMBER, COUNT, TEXT = (int, float, type(None)), (int, type(None)), (str, type(None))
KINDS: dict[str, tuple[type, ...]] = {
    "data": TEXT,
    "net": TEXT,
    "epochs": NUMBER,
    "budget": NUMBER,
    "target": NUMBER,
    "batch": COUNT,
    "lr": NUMBER,
    "recipe": (dict, type(None)),
    "size": (list, tuple, type(None)),
    "seed": (int,),
    "device": (str,),
    "base": TEXT,
    "freeze": (int, str, type(None)),
    "group_by": TEXT,
    "balance": TEXT,
    "class_level": COUNT,
    "label_by": TEXT,
    "columns": (dict, type(None)),
    "classes": (list, tuple, type(None)),
    "fit": TEXT,
    "test_share": NUMBER,
    "without": (str, list, type(None)),
}
"""What may stand for each setting in a file."""


def _place(data: str | Path) -> str:
    """A path as it reads from any folder; names that are no paths stay as they are."""
    path = expanded(data)
    return str(path.absolute()) if exists(path) else str(data)


@dataclass(frozen=True, slots=True)
class Keep:
    """Where a run keeps what it needs to go on after any interruption."""

    folder: Path
    fresh: bool = False  # begin anew, whatever is there
    resume: bool = False  # go on; a longer time, and another place of the data, may be given
    anyway: bool = False  # go on though something changed
    command: str | None = None  # told to those who ask what the run was
