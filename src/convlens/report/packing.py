"""Arrays to text that a page carries: 32-bit numbers, their bytes sorted, zipped, in base64."""

from __future__ import annotations

import base64
import gzip
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 3
"""Of zip: beyond it the page hardly gets smaller, and takes longer."""


@dataclass(slots=True, eq=False)
class Block:
    """Arrays laid one behind the other; ``name`` is the element of the page that holds them."""

    name: str
    size: int = 0
    parts: list[NDArray[np.float32]] = field(default_factory=list)

    def add(self, values: ArrayLike) -> int:
        """Append ``values`` as float32; returns the place of the first."""
        flat = np.asarray(values, np.float32).ravel()
        place = self.size
        self.parts.append(flat)
        self.size += flat.size
        return place

    def span(self, values: ArrayLike) -> list[int]:
        """Append ``values``; returns the place of the first and how many they are."""
        place = self.add(values)
        return [place, self.size - place]

    def text(self) -> str:
        """The block as the page's ``packed.js`` unpacks it.

        First every number's first byte, then every second: equal exponents then lie together, and
        zip to much less.
        """
        whole = np.concatenate(self.parts) if self.parts else np.empty(0, np.float32)
        planes = whole.astype("<f4").view(np.uint8).reshape(-1, 4).T
        packed = gzip.compress(np.ascontiguousarray(planes).tobytes(), LEVEL, mtime=0)
        return base64.b64encode(packed).decode("ascii")
