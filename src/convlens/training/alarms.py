"""When figures of a network's health call for a warning, and what it says to try.

What each figure should be is that of CS231n's notes ('Neural Networks 3: Learning'). The limits are
far enough off that sound runs stay clear of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from convlens.training.vitals import Vitals

What = Literal[
    "blank pictures",
    "first loss",
    "dead filters",
    "saturated units",
    "large steps",
    "small steps",
    "one class",
    "no learning",
]

TOO_HIGH = 2.0
"""Times the loss of guessing, and one nat more, that the first loss may be."""

MOST_DEAD = 0.85
"""Share of a layer's channels that may answer nothing."""

MOST_SATURATED = 0.75
"""Share of a layer's values that may be saturated."""

LARGEST_STEP, SMALLEST_STEP = 0.5, 1e-5
"""Share of its size that a step may move a layer by at the full learning rate.

The notes' 1e-3 is for plain gradient descent; this recipe's steps are a share of the filters' size
by design, 0.1 at first, and Adam's first steps on small weights are as large.
"""

CHANCE = 2.0
"""Standard errors above the most frequent class' share that are still no better than guessing."""

NEAR_GUESSING = 0.97
"""Of the loss of guessing: a loss above this has not fallen."""

COMMONEST = 0.9
"""A class with more of the pictures than this may well be the answer to all of them."""

FEWEST_JUDGED = 20
"""Validation pictures below which chance says too much."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is wrong, in a word and in one line that says what to try."""

    what: What
    text: str


def first_loss(loss: float, expected: float, classes: int) -> Alarm | None:
    """The loss before anything was learned should be that of guessing."""
    if loss <= TOO_HIGH * expected + 1:
        return None
    return Alarm(
        "first loss",
        f"the first loss is {loss:.3g}, that of guessing among {classes} classes {expected:.3g}: "
        "the first scores are too large; try BN behind each CONV, or FC at the end",
    )


def blank() -> Alarm:
    """Pictures without any contrast."""
    return Alarm(
        "blank pictures",
        "the pictures are blank, all of one colour: there is nothing to learn from; "
        "look at what was read",
    )


def vital_alarms(vitals: Vitals) -> list[Alarm]:
    """Dead filters and saturated units, the worst layer of each."""
    found = []
    name, share = _worst(vitals.dead)
    if share > MOST_DEAD:
        found.append(
            Alarm(
                "dead filters",
                f"{share:.0%} of the channels of {name} are dead, the same for every picture: "
                "try --lr 0.3, BN before it, or LEAKY or GELU in its place",
            )
        )
    name, share = _worst(vitals.saturated)
    if share > MOST_SATURATED:
        found.append(
            Alarm(
                "saturated units",
                f"{share:.0%} of the values of {name} are saturated, where hardly any gradient "
                "passes: try --lr 0.3, BN before it, or RELU in its place",
            )
        )
    return found


def update_alarm(ratios: Mapping[str, float]) -> Alarm | None:
    """Steps far too large or far too small for the weights; ``ratios`` are at the full rate."""
    name, ratio = _worst(ratios)
    if ratio > LARGEST_STEP:
        return Alarm(
            "large steps",
            f"a step moves the weights of {name} by {ratio:.0%} of their size, more than they can "
            "learn by: try a lower learning rate, --lr 0.3",
        )
    if ratios and ratio < SMALLEST_STEP:
        return Alarm(
            "small steps",
            f"a step moves no layer by more than {ratio:.1g} of its size: hardly anything is "
            "learned; try a higher learning rate, --lr 1",
        )
    return None


def _worst(shares: Mapping[str, float]) -> tuple[str, float]:
    """The name with the largest share, the first of equals; nothing where there are none."""
    return max(shares.items(), key=lambda pair: pair[1], default=("", 0.0))


def outcome_alarm(
    accuracy: float,
    loss: float,
    said: Sequence[int],
    true: Sequence[int],
    expected: float,
    epochs: float,
) -> Alarm | None:
    """A network that has had time to learn, and has not.

    ``said`` and ``true`` count the validation pictures taken for, and of, each class; ``loss`` and
    ``expected``, that of guessing, are of the same kind.
    """
    count = sum(true)
    commonest = max(true) / max(count, 1)
    if count < FEWEST_JUDGED or commonest > COMMONEST:
        return None
    after = f"after {epochs:.3g} epoch{'' if epochs == 1 else 's'}"
    if max(said) == count:
        return Alarm(
            "one class",
            f"{after} every validation picture is taken for one and the same class: "
            "try --lr 0.3, or BN behind each CONV",
        )
    chance = commonest + CHANCE * math.sqrt(commonest * (1 - commonest) / count)
    if accuracy <= chance and loss > NEAR_GUESSING * expected:
        return Alarm(
            "no learning",
            f"{after} the loss is {loss:.3g}, that of guessing {expected:.3g}: check that the "
            "labels belong to their pictures, or try --lr 0.3, --lr 3, or BN behind each CONV",
        )
    return None
