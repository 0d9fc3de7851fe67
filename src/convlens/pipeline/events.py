"""What the job tells on its way, beside the events of training itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from convlens.notation import Architecture
from convlens.training.events import Event as TrainingEvent
from convlens.training.events import StepDone


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


@dataclass(frozen=True, slots=True)
class Resumed:
    """A run goes on that was interrupted."""

    run: str  # its folder
    step: int  # the last one that was kept
    epochs: float


@dataclass(frozen=True, slots=True)
class FoldDone:
    """One training of a cross-validation is over and judged by the fold it left out."""

    fold: int  # from 1
    folds: int
    accuracy: float  # on its ``n`` pictures, 0 to 1
    n: int


Event = FoldDone | Note | Reading | Ready | Resumed | TrainingEvent


def name_of(event: Event) -> str:
    """``StepDone`` as ``step_done``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()


def to_json(event: Any) -> dict[str, Any]:
    """The event's fields as JSON has them; what is no finite number is None."""
    return {field.name: _plain(getattr(event, field.name)) for field in fields(event)}


LOGGED_OF_A_STEP = (
    "step",
    "epochs",
    "progress",
    "loss",
    "pictures_per_second",
    "seconds_left",
    "right",
    "pictures",
    "rate",
)


def line_of(event: Event) -> dict[str, Any]:
    """The event as the log has it; of a step, of which there are many, what may be of use later."""
    if not isinstance(event, StepDone):
        return {"event": name_of(event), **to_json(event)}
    line: dict[str, Any] = {"event": "step_done"}
    line |= {name: _plain(getattr(event, name)) for name in LOGGED_OF_A_STEP}
    if event.decay_loss:
        line["decay_loss"] = _plain(event.decay_loss)
    return line


def _plain(value: Any) -> Any:
    match value:
        case bool() | int() | str() | None:
            return value
        case float():
            return float(f"{value:.9g}") if abs(value) < float("inf") else None
        case tuple():
            return [_plain(one) for one in value]
        case Mapping():
            return {name: _plain(one) for name, one in value.items()}
    return to_json(value) if is_dataclass(value) else str(value)
