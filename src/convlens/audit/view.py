"""Everything that is known of the pictures once they are decoded, row by row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convlens.audit.findings import Case, Picture
from convlens.audit.headers import Headers
from convlens.data import Pictures, Source


@dataclass(frozen=True, eq=False, slots=True)
class View:
    """N readable pictures: ``pictures`` at one size, their ``headers``, and what they are called.

    ``items`` (N,) are their indices in ``source``, ``groups`` (N,) number copies of one picture
    alike.
    """

    source: Source
    pictures: Pictures
    items: NDArray[np.int64]
    headers: Headers
    groups: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def labels(self) -> NDArray[np.int64]:
        """Indices of classes (N,)."""
        return self.pictures.labels

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of classes."""
        return self.source.classes

    def picture(self, row: int) -> Picture:
        """Who the picture of that row is."""
        item = self.source.items[int(self.items[row])]
        return Picture(item.name, self.classes[item.label], item.part)

    def part(self, row: int) -> str | None:
        """The part that the picture of that row lies in."""
        return self.source.items[int(self.items[row])].part

    def case(self, row: int, reason: str, score: float = 0.0) -> Case:
        """A case of one picture."""
        return Case((self.picture(row),), reason, round(float(score), 4))
