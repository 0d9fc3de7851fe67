"""Decoded pictures with their labels, in the parts that a network is trained and judged on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convlens.data.content import content_hashes
from convlens.data.preprocessing import Geometry, Preprocessing

BLOCK = 256 << 20
"""Bytes of pixels that are gathered at a time where all of them might be too many."""

_MEASURED = 10_000  # pictures that channel statistics are taken over, evenly spaced


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was left out, and why in a few words."""

    file: str
    reason: str


@dataclass(frozen=True, eq=False, slots=True)
class Pictures:
    """N pictures of one size, as rows of a store that several parts may share.

    ``store`` (M, H, W, C) uint8 (maybe a file mapped to memory); ``labels`` (N,) int64, indices of
    classes; ``names`` N names of files; ``rows`` (N,) int64, where in the store each picture lies,
    left out where they are all of it in its order. Raises ValueError where these do not agree.
    """

    store: NDArray[np.uint8]
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    rows: NDArray[np.int64] = None  # type: ignore[assignment]  # set below where left out

    def __post_init__(self) -> None:
        if self.store.ndim != 4 or self.store.dtype != np.uint8:
            raise ValueError(f"pixels must be (N, H, W, C) uint8, not {self.store.shape}")
        if self.rows is None:
            object.__setattr__(self, "rows", np.arange(len(self.store)))
        if self.labels.shape != self.rows.shape or self.labels.dtype != np.int64:
            raise ValueError(f"labels must be ({len(self.rows)},) int64")
        if len(self.names) != len(self.rows):
            raise ValueError(f"{len(self.names)} names for {len(self.rows)} pictures")

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of each picture."""
        _, height, width, channels = self.store.shape
        return height, width, channels

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """All pixels, (N, H, W, C); a copy, unless the pictures lie side by side in the store."""
        first = int(self.rows[0]) if len(self) else 0
        if np.array_equal(self.rows, np.arange(first, first + len(self))):
            return self.store[first : first + len(self)]
        return self.store[self.rows]

    def blocks(self, size: int = BLOCK) -> Iterator[Pictures]:
        """The pictures in their order, at most ``size`` bytes of pixels at a time."""
        step = max(1, size // max(1, math.prod(self.shape)))
        for start in range(0, len(self), step):
            yield self.take(np.arange(start, min(start + step, len(self))))

    def take(self, indices: Sequence[int] | NDArray[Any]) -> Pictures:
        """Return the pictures at ``indices``, in that order; their pixels stay in the store."""
        where = np.asarray(indices, dtype=np.int64)
        names = tuple(self.names[i] for i in where.tolist())
        return Pictures(self.store, self.labels[where], names, self.rows[where])


class ChannelStatistics(NamedTuple):
    """Mean and standard deviation per channel, in units of pixel / 255."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


def channel_statistics(pictures: Pictures) -> ChannelStatistics:
    """Return mean and deviation per channel over at most 10,000 evenly spaced pictures.

    A channel without any contrast gets the deviation 1 / 255, so that dividing by it is safe.
    """
    chosen = np.unique(np.linspace(0, len(pictures) - 1, _MEASURED).round().astype(np.int64))
    channels = pictures.shape[2]
    counts = np.zeros((channels, 256), np.int64)
    for start in range(0, len(chosen), 1000):
        rows = pictures.rows[chosen[start : start + 1000]]
        block = pictures.store[rows].reshape(-1, channels)
        for channel in range(channels):
            counts[channel] += np.bincount(block[:, channel], minlength=256)
    levels = np.arange(256) / 255.0
    weights = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    mean = weights @ levels
    deviation = np.sqrt(np.maximum((weights * (levels - mean[:, None]) ** 2).sum(axis=1), 0.0))
    return ChannelStatistics(
        tuple(mean.tolist()), tuple(np.maximum(deviation, 1.0 / 255.0).tolist())
    )


@dataclass(frozen=True, eq=False)
class Dataset:
    """Decoded pictures in their parts; the parts' indices of classes agree.

    ``test`` is None where there is no test part. ``source`` is the display name of where they come
    from, ``fingerprint`` changes when that changes, ``skipped`` names every picture that was left
    out, ``division`` says in one sentence how the parts came about and ``warnings`` in one line
    each what the user should know.
    """

    classes: tuple[str, ...]
    train: Pictures
    validation: Pictures
    test: Pictures | None
    skipped: tuple[Skipped, ...]
    source: str
    fingerprint: str
    geometry: Geometry
    warnings: tuple[str, ...] = ()
    division: str = ""

    @cached_property
    def contents(self) -> Mapping[str, NDArray[np.uint8]]:
        """Hashes of the pictures that train and of those that choose, by the name of the part."""
        parts = {"train": self.train, "validation": self.validation}
        return {name: content_hashes(one.store, one.rows) for name, one in parts.items()}

    def preprocessing(self) -> Preprocessing:
        """Return the geometry with the channel statistics of the training pictures."""
        size = self.geometry
        mean, std = channel_statistics(self.train)
        return Preprocessing(
            size.width, size.height, size.channels, size.fit, mean, std, size.tones
        )
