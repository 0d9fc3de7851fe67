"""A step recorded once as CUDA graphs and replayed: one launch in place of hundreds.

A small network's kernels are over before the processor has launched the next one; replayed, the
device has them all at once.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from convlens.training.optimizers import Optimizers

EAGER_STEPS = 2
"""Steps to take before recording, so that every library and every rule's memory is set up."""

Passes = Callable[[Tensor, Tensor], Tensor]
"""Pictures (B, C, H, W) and labels (B,) to what was found; gradients are left in parameters."""


class StepGraph:
    """Both passes, and then the move, for batches of the shape of ``pictures`` and ``labels``.

    Recording runs nothing. Gradients and results lie where they were recorded and are overwritten
    by the next replay. Where the rules take no rate that lies on the device, the passes alone are
    recorded. Raises RuntimeError for what cannot be recorded.
    """

    def __init__(
        self, passes: Passes, optimizers: Optimizers, pictures: Tensor, labels: Tensor
    ) -> None:
        self.pictures, self.labels = pictures.clone(), labels.clone()
        self.factor = torch.zeros((), device=pictures.device)
        self.optimizers = optimizers
        optimizers.zero_grad()  # so that gradients are allocated by the recording
        self._passes, self._moves = torch.cuda.CUDAGraph(), torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._passes):
            self.found = passes(self.pictures, self.labels)
        self._gradients = [(one, one.grad) for one in optimizers.parameters]
        if optimizers.recordable:
            pool = self._passes.pool()
            with torch.cuda.graph(self._moves, pool=pool):
                optimizers.step(self.factor)

    def fits(self, pictures: Tensor, labels: Tensor) -> bool:
        """Whether this is the recording for such a batch."""
        return pictures.shape == self.pictures.shape and labels.shape == self.labels.shape

    def passes(self, pictures: Tensor, labels: Tensor) -> Tensor:
        """Forward and back; what was found, on the device."""
        self.pictures.copy_(pictures)
        self.labels.copy_(labels)
        self._passes.replay()
        for parameter, gradient in self._gradients:
            parameter.grad = gradient
        return self.found

    def move(self, factor: float) -> None:
        """Move the weights at ``factor`` times the rates."""
        if not self.optimizers.recordable:
            self.optimizers.step(factor)
            return
        self.factor.fill_(factor)
        self._moves.replay()
