"""The pictures of a training step: which, in which order, and how each is varied.

Everything random here is a function of (seed, epoch, position), so that a run can go on from any
step and meet the same pictures in the same order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from convlens.data import Pictures
from convlens.training.recipe import Recipe

Window = tuple[Tensor, Tensor]
"""Rows ``(B, H)`` and columns ``(B, W)`` of the padded pictures that a view shows."""


@dataclass(frozen=True, slots=True)
class Normalisation:
    """Takes uint8 pixels to (p/255 − mean)/std, channel by channel."""

    mean: Tensor  # (1, C, 1, 1), in units of 1/255
    scale: Tensor  # (1, C, 1, 1)

    @classmethod
    def of(
        cls, mean: tuple[float, ...], std: tuple[float, ...], device: torch.device
    ) -> Normalisation:
        """From means and deviations on the scale of p/255."""
        mean_, std_ = (torch.tensor(v, device=device).view(1, -1, 1, 1) * 255 for v in (mean, std))
        return cls(mean_, 1 / std_)

    def __call__(self, pixels: Tensor) -> Tensor:
        """(B, H, W, C) uint8 → (B, C, H, W) float32, channels last in memory."""
        return (pixels.permute(0, 3, 1, 2) - self.mean).mul_(self.scale)


class Sampler:
    """The training part, resident on the device as uint8, handed out a varied batch at a time."""

    def __init__(
        self, pictures: Pictures, recipe: Recipe, seed: int, normalise: Normalisation
    ) -> None:
        count: int
        count, self.height, self.width, _ = pictures.pixels.shape
        device = normalise.mean.device
        self.recipe, self.seed, self.normalise = recipe, seed, normalise
        self.batch: int = min(recipe.batch, count)
        self.margin = math.ceil(recipe.shift * max(self.height, self.width))
        self.labels = torch.from_numpy(pictures.labels).to(device)
        self.pixels = torch.from_numpy(_mirrored_border(pictures.pixels, self.margin)).to(device)
        self._mirrored_first = torch.rand(count, generator=self._random(-1)) < 0.5

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in an epoch; the few pictures left over differ from epoch to epoch."""
        return len(self.labels) // self.batch

    def originals(self, count: int) -> Tensor:
        """The first ``count`` pictures as they are, (B, H, W, C) uint8."""
        m = self.margin
        return self.pixels[:count, m : m + self.height, m : m + self.width]

    def _random(self, epoch: int) -> torch.Generator:
        mixed = np.random.SeedSequence([self.seed, epoch + 1]).generate_state(1, np.uint64)
        return torch.Generator().manual_seed(int(mixed[0]) >> 1)

    def epoch(self, number: int) -> Epoch:
        """The order and the variations of epoch ``number``, from 0."""
        return Epoch(self, number)


class Epoch:
    """One pass over the pictures, any step of which can be asked for."""

    def __init__(self, sampler: Sampler, number: int) -> None:
        self.sampler = sampler
        random = sampler._random(number)
        self.order = torch.randperm(len(sampler), generator=random)
        self.places = torch.rand(len(sampler), 2, generator=random)  # of the view: down, across
        self.zooms = 1 - sampler.recipe.zoom * torch.rand(len(sampler), generator=random)
        self.mirrored = sampler._mirrored_first ^ bool(number % 2)

    def step(self, position: int) -> tuple[Tensor, Tensor]:
        """Batch ``position`` of the epoch: pictures (B, C, H, W) float32 and labels (B,)."""
        sampler = self.sampler
        chosen = self.order[position * sampler.batch : (position + 1) * sampler.batch]
        rows, columns = self._window(chosen)
        device = sampler.pixels.device
        at = (chosen[:, None, None], rows[:, :, None], columns[:, None, :])
        view = sampler.pixels[tuple(index.to(device) for index in at)]  # (B, H, W, C)
        return sampler.normalise(view), sampler.labels[chosen.to(device)]

    def _window(self, chosen: Tensor) -> Window:
        sampler = self.sampler
        height, width = sampler.pixels.shape[1:3]
        zoom, place = self.zooms[chosen], self.places[chosen]
        rows = _line(sampler.height, height, zoom, place[:, 0])
        columns = _line(sampler.width, width, zoom, place[:, 1])
        if sampler.recipe.flip:
            columns = torch.where(self.mirrored[chosen][:, None], columns.flip(1), columns)
        return rows, columns


def _line(size: int, available: int, zoom: Tensor, place: Tensor) -> Tensor:
    """Indices (B, size) into a line of ``available`` cells: a stretch of ``zoom`` × size cells.

    ``zoom`` and ``place`` are (B,), each 0 to 1; place 0 is the first stretch, 1 the last.
    """
    extent = zoom * size
    free = available - extent
    # whole cells where nothing is enlarged, so that an unzoomed view is the picture's own pixels
    start = torch.where(zoom == 1, (place * (free + 1)).floor().minimum(free), place * free)
    cells = (torch.arange(size) + 0.5)[None] * zoom[:, None]
    return (start[:, None] + cells).floor().long().clamp_(0, available - 1)


def _mirrored_border(pixels: np.ndarray, margin: int) -> np.ndarray:
    """(N, H, W, C) → (N, H + 2·margin, W + 2·margin, C), the border mirrored at the edge."""
    if not margin:
        return np.ascontiguousarray(pixels)
    around = ((0, 0), (margin, margin), (margin, margin), (0, 0))
    return np.pad(pixels, around, mode="symmetric")
