"""What an audit found, as plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from convlens.data.tones import PLAIN, Tones

Weight = Literal["serious", "look", "note"]
"""``serious`` spoils a result, ``look`` is worth one, ``note`` is good to know."""

Kind = Literal[
    "copies-across-parts",
    "copies-across-classes",
    "labels",
    "clue",
    "absent",
    "unreadable",
    "imbalance",
    "few",
    "copies",
    "blank",
    "tiny",
    "shape",
    "outlying",
    "left-out",
]
"""Kinds of findings, the graver first among those of one weight."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture by its name below the source, its class, and its part (None: there are none)."""

    file: str
    label: str
    part: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """Pictures that belong together in a finding, mostly one, and what there is to say of them.

    ``score`` orders the cases of a finding: what it measures stands in the documentation.
    """

    pictures: tuple[Picture, ...]
    reason: str
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found: in one line, what to do about it, and every case of it.

    ``count`` is of pictures, or of classes where the finding is about classes.
    """

    kind: Kind
    weight: Weight
    count: int
    line: str
    advice: str
    cases: tuple[Case, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassCount:
    """Readable pictures of a class, in all and in each part that the source has."""

    name: str
    pictures: int
    parts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Widths × heights in pixels, upright: the least and largest areas, and the medians."""

    least: tuple[int, int]
    median: tuple[int, int]
    largest: tuple[int, int]
    uniform: bool
    colour: bool
    bytes: int | None  # of all files; None for arrays


@dataclass(frozen=True, slots=True)
class Clue:
    """How well something beside the subject tells the class.

    ``accuracy`` is the mean over classes of the share told rightly, cross-validated, ``least`` its
    lower bound at 99.9 %, ``chance`` what guessing reaches.
    """

    what: str
    accuracy: float
    least: float
    chance: float


@dataclass(frozen=True, slots=True)
class Findings:
    """The whole of an audit; ``findings`` come most serious first.

    ``suspicion`` names every picture whose label was judged, the most suspicious first; it is empty
    where labels were not checked, and ``unchecked`` then says why. ``tones`` are what deep and
    transparent pictures were looked at with, those that a training would take.
    """

    source: str
    pictures: int
    classes: tuple[ClassCount, ...]
    sizes: Sizes
    findings: tuple[Finding, ...]
    clues: tuple[Clue, ...]
    suspicion: tuple[str, ...]
    unchecked: str | None
    accuracy: float | None
    seed: int
    seconds: float
    tones: Tones = PLAIN

    def of(self, kind: Kind) -> Finding | None:
        """The finding of that kind; None where there is none, or the first of several clues."""
        return next((one for one in self.findings if one.kind == kind), None)

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values; the order of suspicion is left out, as it names all."""
        told = asdict(self) | {"tones": self.tones.to_json()}
        del told["suspicion"]
        return told
