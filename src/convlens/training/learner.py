"""One step: down the gradient of a batch, all at once or in pieces where memory is too small."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from convlens.network.engine import Engine
from convlens.training.faults import MemoryTooSmallError, NotFiniteError
from convlens.training.losses import Loss
from convlens.training.optimizers import Optimizers
from convlens.training.stopwatch import Stopwatch

FEWEST = 2
"""Pictures in a piece: a batch-norm over a single value has nothing to measure."""


class Descent(NamedTuple):
    """What a step over a batch told."""

    loss: float  # in nats, before the step
    right: int
    decay_loss: float | None  # where it was measured
    forward_seconds: float
    backward_seconds: float  # with the optimizer's step


class Learner:
    """Descends on batches of pictures.

    In ``pieces``, whose gradients are added up, the step is the same within rounding; only
    batch-norms measure each piece by itself, and dropout draws anew for each.
    """

    def __init__(
        self, network: nn.Module, optimizers: Optimizers, engine: Engine, loss: Loss, seed: int
    ) -> None:
        self.network, self.optimizers, self.engine = network, optimizers, engine
        self.loss, self.seed = loss, seed
        self.watch = Stopwatch(engine.device)
        self.pieces = 1

    def descend(
        self, pictures: Tensor, labels: Tensor, step: int, factor: float, weigh: bool = False
    ) -> Descent:
        """Learn from (B, C, H, W) and (B,).

        Learning rates are ``factor`` times the recipe's; the weights' decay is measured where it
        is to ``weigh``. Raises NotFiniteError before the weights are touched.
        """
        loss, right = self._gradients(pictures, labels, step)
        self._check(loss)
        decay = self.optimizers.decay_loss() if weigh else torch.zeros_like(loss)
        self.optimizers.step(factor)
        self.watch.mark()
        numbers = [one.to(loss.device) for one in (loss, right, decay)]
        loss_, right_, decay_ = torch.stack(numbers).tolist()  # waits for the device only once
        forward, backward = self.watch.seconds()
        return Descent(loss_, int(right_), decay_ if weigh else None, forward, backward)

    def refit(self, before: int, now: int) -> None:
        """Batches have ``now`` pictures and had ``before``; pieces that fit the memory still do."""
        if self.pieces > 1:
            self.pieces = max(1, -(-now * self.pieces // before))

    def split(self, batch: int) -> None:
        """Take batches in twice as many pieces from now on. Raises MemoryTooSmallError."""
        self.optimizers.zero_grad()
        if batch // (2 * self.pieces) < FEWEST:
            raise MemoryTooSmallError(batch // self.pieces)
        self.pieces *= 2
        if self.engine.device.type == "cuda":
            torch.cuda.empty_cache()

    def _gradients(self, pictures: Tensor, labels: Tensor, step: int) -> tuple[Tensor, Tensor]:
        """Leave the gradients of the batch's mean loss in the parameters."""
        self.network.train()
        self.optimizers.zero_grad()
        total, right = torch.zeros((), device=labels.device), torch.zeros((), device=labels.device)
        pairs = zip(
            pictures.tensor_split(self.pieces), labels.tensor_split(self.pieces), strict=True
        )
        with drawing(self.seed, step, self.engine.device):
            self.watch.start()
            for some, their_labels in pairs:
                with self.engine.products():
                    scores = self.network(some).float()
                loss = self.loss(scores, their_labels) * (len(their_labels) / len(labels))
                self.watch.mark()
                loss.backward()  # type: ignore[no-untyped-call]
                self.watch.mark()
                total += loss.detach()
                right += (scores.detach().argmax(1) == their_labels).sum()
        return total, right

    def _check(self, loss: Tensor) -> None:
        """See that the loss and every gradient are finite, waiting for the device only once.

        A sum is NaN or infinite where any of its terms is, and quicker than asking each.
        """
        gradients = [p.grad.sum() for p in self.network.parameters() if p.grad is not None]
        if bool(torch.isfinite(torch.stack([loss, *gradients])).all()):
            return
        raise NotFiniteError("gradient" if bool(torch.isfinite(loss)) else "loss")


@contextmanager
def drawing(seed: int, step: int, device: torch.device) -> Iterator[None]:
    """Whatever the network draws inside depends on (seed, step) alone.

    The generators of the process are left as they were.
    """
    mixed = int(np.random.SeedSequence([seed, step, 1]).generate_state(1, np.uint64)[0]) >> 1
    generators = [torch.default_generator]
    if device.type == "cuda":
        torch.cuda.init()  # type: ignore[no-untyped-call]
        generators.append(torch.cuda.default_generators[device.index or 0])
    before = [generator.get_state() for generator in generators]
    try:
        for generator in generators:
            generator.manual_seed(mixed)
        yield
    finally:
        for generator, state in zip(generators, before, strict=True):
            generator.set_state(state)
