"""What training tells as it goes: plain values, for whoever listens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StepDone:
    """One batch has been learned from."""

    step: int  # from 1
    epochs: float  # passes over the training part so far
    progress: float  # of the whole run, 0 to 1
    loss: float  # of this batch, in nats
    pictures_per_second: float
    seconds_left: float
    right: int = 0  # of this batch, as it was varied, before the step
    pictures: int = 0  # in this batch
    rate: float = 0.0  # the recipe's main learning rate as it was in effect
    decay_loss: float = 0.0  # of the weights' decay, measured ten times a second at most
    forward_seconds: float = 0.0
    backward_seconds: float = 0.0  # with the optimizer's step


@dataclass(frozen=True, slots=True)
class Changed:
    """Somebody changed the recipe, or the length in epochs, while training went on."""

    step: int  # the first one that follows it
    changes: Mapping[str, tuple[object, object]]  # by name: as it was, as it is


@dataclass(frozen=True, slots=True)
class EpochDone:
    """The validation part has been looked at, after an epoch or at the end."""

    epochs: float  # passes over the training part so far
    step: int
    loss: float  # mean over the epoch's batches, in nats, label smoothing included
    train_accuracy: float  # over the epoch's batches as they were varied, 0 to 1
    validation_loss: float  # in nats
    validation_accuracy: float  # 0 to 1
    pictures_per_second: float
    seconds_left: float
    best: bool  # whether this is the state to keep so far
    validation_balanced_accuracy: float | None = None  # mean recall, where that decides


@dataclass(frozen=True, slots=True)
class WentBack:
    """Numbers went bad in a step; training goes on from an earlier state, more slowly."""

    step: int  # the bad one; it never reached the weights
    to: int  # the last step of the state gone back to
    what: str  # "loss" or "gradient"
    rate: float  # times the recipe's learning rates from here on
    returns: int  # how often this has happened in the run


@dataclass(frozen=True, slots=True)
class BatchSplit:
    """Memory was too small: batches are learned from in pieces, their gradients added up."""

    step: int  # the one that did not fit, which is taken again
    pieces: int
    pictures: int  # in a piece, at most


@dataclass(frozen=True, slots=True)
class Warned:
    """Something about the network or its training is not as it should be; told once in a run."""

    step: int
    what: str  # in a word or two: "dead filters"
    text: str  # in one line, with what to try


@dataclass(frozen=True, slots=True)
class Stopping:
    """The run was told to stop after ``step``; what follows is only to keep what was learned."""

    step: int
    epochs: float


@dataclass(frozen=True, slots=True)
class Learned:
    """The run is over; the network holds the best state."""

    epochs: float
    steps: int
    seconds: float
    pictures_per_second: float  # over the whole of training, validation left out
    best: EpochDone
    stopped: bool  # whether it was told to stop before its end


Event = StepDone | Changed | EpochDone | WentBack | BatchSplit | Warned | Stopping | Learned
