"""Decoded pictures with their labels, in the parts that a network is trained and judged on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convlens.data.preprocessing import Geometry, Preprocessing

_MEASURED = 10_000  # pictures that channel statistics are taken over, evenly spaced


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was left out, and why in a few words."""

    file: str
    reason: str


@dataclass(frozen=True, eq=False, slots=True)
class Pictures:
    """N pictures of one size.

    ``pixels`` (N, H, W, C) uint8, C-contiguous (maybe a ``np.memmap``); ``labels`` (N,) int64,
    indices of classes; ``names`` N names of files. Raises ValueError where these do not agree.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.pixels.ndim != 4 or self.pixels.dtype != np.uint8:
            raise ValueError(f"pixels must be (N, H, W, C) uint8, not {self.pixels.shape}")
        if self.labels.shape != self.pixels.shape[:1] or self.labels.dtype != np.int64:
            raise ValueError(f"labels must be ({len(self.pixels)},) int64")
        if len(self.names) != len(self.pixels):
            raise ValueError(f"{len(self.names)} names for {len(self.pixels)} pictures")

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, indices: Sequence[int] | NDArray[Any]) -> Pictures:
        """Return the pictures at ``indices``, in that order, as a copy."""
        where = np.asarray(indices, dtype=np.int64)
        names = tuple(self.names[i] for i in where.tolist())
        return Pictures(self.pixels[where], self.labels[where], names)


class ChannelStatistics(NamedTuple):
    """Mean and standard deviation per channel, in units of pixel / 255."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


def channel_statistics(pictures: Pictures) -> ChannelStatistics:
    """Return mean and deviation per channel over at most 10,000 evenly spaced pictures.

    A channel without any contrast gets the deviation 1 / 255, so that dividing by it is safe.
    """
    chosen = np.unique(np.linspace(0, len(pictures) - 1, _MEASURED).round().astype(np.int64))
    channels = pictures.pixels.shape[3]
    counts = np.zeros((channels, 256), np.int64)
    for start in range(0, len(chosen), 1000):
        block = pictures.pixels[chosen[start : start + 1000]].reshape(-1, channels)
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
    out and ``warnings`` says in one line each what the user should know.
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

    def preprocessing(self) -> Preprocessing:
        """Return the geometry with the channel statistics of the training pictures."""
        size = self.geometry
        mean, std = channel_statistics(self.train)
        return Preprocessing(size.width, size.height, size.channels, size.fit, mean, std)
