"""The curves of a run, bounded: neighbours are merged where there are too many points."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

MOST = 2000
"""Points of a series."""

FULL = 1200
"""Points that merging leaves at most, so that it is not soon due again."""

MOST_MARKS = 500
"""Marks, and looks at the validation part, that are kept."""

COLUMNS = ("loss", "decay", "accuracy")
"""What a point holds beside its step."""

Value = float | None


@dataclass(frozen=True, slots=True)
class Point:
    """The mean over ``weight`` points that were told, the last of them at ``step``."""

    step: int
    weight: int
    values: tuple[Value, ...]


@dataclass(slots=True)
class Series:
    """What the charts of one run show.

    ``version`` rises whenever what was there before is no longer as it was; till then points,
    ``looks`` and ``marks`` are only added.
    """

    version: int = 1
    points: list[Point] = field(default_factory=list)
    looks: list[dict[str, Any]] = field(default_factory=list)
    marks: list[dict[str, Any]] = field(default_factory=list)
    stride: int = 1  # points that merging makes one

    def add(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Append points, given as columns: ``step``, ``loss``, ``decay``, ``accuracy``."""
        steps = columns.get("step", ())
        if steps and self.points and steps[0] <= self.points[-1].step:
            self.cut(int(steps[0]) - 1)  # the run went back
        rest = [columns.get(name) or [None] * len(steps) for name in COLUMNS]
        for step, *values in zip(steps, *rest, strict=False):
            self.points.append(Point(int(step), 1, tuple(map(finite, values))))
        if len(self.points) > MOST:
            self._merge()

    def look(self, look: Mapping[str, Any]) -> None:
        """Append a look at the validation part; of too many every other one is dropped."""
        self.looks.append({name: finite(value) for name, value in look.items()})
        if len(self.looks) > MOST_MARKS:
            self.looks = self.looks[-1::-2][::-1]
            self.version += 1

    def mark(self, step: int, text: str) -> None:
        """Append a mark; of too many the oldest are dropped."""
        self.marks.append({"step": step, "text": text})
        if len(self.marks) > MOST_MARKS:
            del self.marks[: MOST_MARKS // 5]
            self.version += 1

    def cut(self, step: int) -> None:
        """Forget what came after ``step``, to which the run has gone back."""
        before = (len(self.points), len(self.looks), len(self.marks))
        self.points = [point for point in self.points if point.step <= step]
        self.looks = [look for look in self.looks if look.get("step", 0) <= step]
        self.marks = [mark for mark in self.marks if mark["step"] <= step + 1]
        if before != (len(self.points), len(self.looks), len(self.marks)):
            self.version += 1

    def columns(self, first: int = 0) -> dict[str, list[Any]]:
        """The points from number ``first`` on, as columns."""
        chosen = self.points[first:]
        values = [[point.values[place] for point in chosen] for place in range(len(COLUMNS))]
        return {"step": [point.step for point in chosen], **dict(zip(COLUMNS, values, strict=True))}

    def _merge(self) -> None:
        """Make neighbours one until few enough are left, each of equally many points told."""
        self.points = list(merged(self.points, self.stride))
        while len(self.points) > FULL:
            self.stride *= 2
            self.points = list(merged(self.points, self.stride))
        self.version += 1

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values."""
        weights = [point.weight for point in self.points]
        return {
            **self.columns(),
            "weights": weights,
            "looks": self.looks,
            "marks": self.marks,
            "stride": self.stride,
            "version": self.version,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The reverse of ``to_json``. Raises ValueError, KeyError or TypeError."""
        rows = zip(
            document["step"],
            document["weights"],
            *(document[name] for name in COLUMNS),
            strict=True,
        )
        points = [Point(int(step), int(weight), tuple(values)) for step, weight, *values in rows]
        return cls(
            int(document["version"]) + 1,
            points,
            [dict(look) for look in document["looks"]],
            [{"step": int(mark["step"]), "text": str(mark["text"])} for mark in document["marks"]],
            max(1, int(document["stride"])),
        )


def merged(points: Iterable[Point], stride: int) -> Iterator[Point]:
    """Neighbours joined while together they stand for no more than ``stride`` points."""
    held: Point | None = None
    for point in points:
        if held is None:
            held = point
        elif held.weight + point.weight <= stride:
            held = _joined(held, point)
        else:
            yield held
            held = point
    if held is not None:
        yield held


def _joined(left: Point, right: Point) -> Point:
    weight = left.weight + right.weight
    pairs = zip(left.values, right.values, strict=True)
    values = tuple(_mean(a, left.weight, b, right.weight) for a, b in pairs)
    return Point(right.step, weight, values)


def _mean(left: Value, weight: int, right: Value, other: int) -> Value:
    """The mean by weights; of a value that is missing, the other."""
    if left is None or right is None:
        return right if left is None else left
    return (left * weight + right * other) / (weight + other)


def finite(value: Any) -> Any:
    """``value``, or None for a number that JSON cannot say."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
