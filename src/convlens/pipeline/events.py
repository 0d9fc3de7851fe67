"""What the job tells on its way, beside the events of training itself."""

from __future__ import annotations

from dataclasses import dataclass

from convlens.notation import Architecture
from convlens.training.events import EpochDone, Learned, StepDone


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the user should know, in one line."""

    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """So many pictures of so many have been decoded."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Ready:
    """All is read and chosen; training begins."""

    source: str
    classes: tuple[str, ...]
    train: int  # pictures
    validation: int
    test: int
    architecture: Architecture
    parameters: int
    engine: str


Event = Note | Reading | Ready | StepDone | EpochDone | Learned
