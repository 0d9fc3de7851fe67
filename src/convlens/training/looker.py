"""Looks at the validation part."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from convlens.network.engine import Engine
from convlens.training.faults import MEMORY_ERRORS, MemoryTooSmallError, is_out_of_memory
from convlens.training.losses import Loss
from convlens.training.sampler import Normalisation

LOOK_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Part:
    """Pictures (N, H, W, C) uint8 and labels (N,) on the device, to be looked at as they are."""

    pixels: Tensor
    labels: Tensor
    normalise: Normalisation

    def __len__(self) -> int:
        return len(self.labels)


class Looker:
    """Measures a network on ``part``, as many pictures at a time as the memory bears."""

    def __init__(self, network: nn.Module, part: Part, engine: Engine, loss: Loss) -> None:
        self.network, self.part, self.engine, self.loss = network, part, engine, loss
        self.batch = LOOK_BATCH
        self.said: list[int] = []  # pictures taken for each class in the last look

    def __call__(self) -> tuple[float, float]:
        """Mean loss in nats and accuracy, in evaluation mode. Raises MemoryTooSmallError."""
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
    def _look(self) -> tuple[float, float]:
        self.network.eval()
        part, total, right, said = self.part, 0.0, 0, []
        for begin in range(0, len(part), self.batch):
            labels = part.labels[begin : begin + self.batch]
            with self.engine.products():
                pictures = part.normalise(part.pixels[begin : begin + self.batch])
                scores = self.network(pictures).float()
            total += float(self.loss(scores, labels)) * len(labels)
            said.append(scores.argmax(1))
            right += int((said[-1] == labels).sum())
        self.said = torch.bincount(torch.cat(said), minlength=scores.shape[1]).tolist()
        return total / len(part), right / len(part)
