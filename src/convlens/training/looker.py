"""Looks at the validation part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from convlens.data import Pictures
from convlens.network.engine import Engine
from convlens.training.faults import MEMORY_ERRORS, MemoryTooSmallError, is_out_of_memory
from convlens.training.losses import Loss
from convlens.training.sampler import Normalisation, resident

LOOK_BATCH, LOOK_SCORES = 1000, 1 << 22
"""Pictures in a batch at most, and their scores: 16 MiB, of which losses make several copies."""


@dataclass(frozen=True, slots=True)
class Part:
    """Pictures to be looked at as they are, and labels (N,) on the device.

    ``rows`` (N,) say where in ``pixels`` (M, H, W, C) uint8 they lie; left out, in their order.
    """

    pixels: Tensor
    labels: Tensor
    normalise: Normalisation
    rows: Tensor | None = None

    @classmethod
    def of(cls, pictures: Pictures, normalise: Normalisation) -> Part:
        """``pictures`` where a device can look at them."""
        device = normalise.mean.device
        pixels, rows = resident(pictures, device)
        labels = torch.from_numpy(pictures.labels).to(device)
        return cls(pixels, labels, normalise, rows.to(pixels.device))

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, begin: int, end: int) -> Tensor:
        """Pictures ``begin`` to ``end``, (B, C, H, W) float32 on the device."""
        where = slice(begin, end) if self.rows is None else self.rows[begin:end]
        return self.normalise(self.pixels[where].to(self.labels.device))


class Look(NamedTuple):
    """What was seen: mean loss in nats, accuracy, and the mean of the classes' recalls if asked.

    ``taken`` counts the pictures taken for each class.
    """

    loss: float
    accuracy: float
    balanced: float | None
    taken: list[int]


class Looker:
    """Measures a network on ``part``, as many pictures at a time as the memory bears.

    Of ``classes`` only the number matters, that batches of many are small.
    """

    def __init__(
        self,
        network: nn.Module,
        part: Part,
        engine: Engine,
        loss: Loss,
        balanced: bool = False,
        classes: int = 1,
    ) -> None:
        self.network, self.part, self.engine, self.loss = network, part, engine, loss
        self.balanced = balanced
        self.batch = max(1, min(LOOK_BATCH, LOOK_SCORES // classes))

    def __call__(self) -> Look:
        """Look in evaluation mode. Raises MemoryTooSmallError."""
        while True:
            try:
                return self._look()
            except MEMORY_ERRORS as error:
                if not is_out_of_memory(error):
                    raise
                if self.batch == 1:
                    raise MemoryTooSmallError(1) from error
            self.batch //= 2

    @torch.no_grad()
    def _look(self) -> Look:
        self.network.eval()
        part, total, taken = self.part, 0.0, []
        for begin in range(0, len(part), self.batch):
            labels = part.labels[begin : begin + self.batch]
            with self.engine.products():
                scores = self.network(part.batch(begin, begin + self.batch)).float()
            total += float(self.loss(scores, labels)) * len(labels)
            taken.append(scores.argmax(1))
        right = torch.cat(taken) == part.labels
        return Look(
            loss=total / len(part),
            accuracy=int(right.sum()) / len(part),
            balanced=mean_recall(right, part.labels) if self.balanced else None,
            taken=torch.bincount(torch.cat(taken), minlength=scores.shape[1]).tolist(),
        )


def mean_recall(right: Tensor, labels: Tensor) -> float:
    """The share of pictures that were ``right`` (N,), class by class, their mean over classes."""
    hits, there = torch.bincount(labels, right.double()), torch.bincount(labels)
    return float((hits[there > 0] / there[there > 0]).mean())
