"""One step: down the gradient of a batch, all at once or in pieces where memory is too small."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from convlens.network.engine import Engine
from convlens.training.faults import MemoryTooSmallError, NotFiniteError
from convlens.training.graphs import EAGER_STEPS, StepGraph
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
    batch-norms measure each piece by itself, and dropout draws anew for each. On a GPU whole
    batches go through recordings of the step.
    """

    def __init__(
        self, network: nn.Module, optimizers: Optimizers, engine: Engine, loss: Loss, seed: int
    ) -> None:
        self.network, self.optimizers, self.engine = network, optimizers, engine
        self.loss, self.seed = loss, seed
        self.watch = Stopwatch(engine.device)
        self.pieces = 1
        self._records = engine.device.type == "cuda"
        self._graph: StepGraph | None = None
        self._eager_steps, self._forward_share = 0, 0.5  # since the graph was forgotten; of a step

    def descend(
        self, pictures: Tensor, labels: Tensor, step: int, factor: float, weigh: bool = False
    ) -> Descent:
        """Learn from (B, C, H, W) and (B,).

        Learning rates are ``factor`` times the recipe's; the weights' decay is measured where it
        is to ``weigh``. Raises NotFiniteError before the weights are touched.
        """
        self.network.train()
        with drawing(self.seed, step, self.engine.device):
            graph = self._graph_for(pictures, labels)
            self.watch.start()
            if graph is None:
                found = self._passes(pictures, labels)
            else:
                found = graph.passes(pictures, labels)
                self.watch.mark()
        loss, right, finite = found.tolist()  # waits for the device
        if not finite:
            raise NotFiniteError("gradient" if math.isfinite(loss) else "loss")
        decay = float(self.optimizers.decay_loss()) if weigh else None
        if graph is not None:
            seconds = sum(self.watch.seconds())
            forward = self._forward_share * seconds
            graph.move(factor)  # nobody waits for its end
            return Descent(loss, int(right), decay, forward, seconds - forward)
        self.optimizers.step(factor)
        self.watch.mark()
        if self.engine.device.type == "cuda":
            torch.cuda.synchronize()
        forward, backward = self.watch.seconds()
        self._eager_steps += 1
        self._forward_share = forward / max(forward + backward, 1e-9)
        return Descent(loss, int(right), decay, forward, backward)

    def refit(self, before: int, now: int) -> None:
        """Batches have ``now`` pictures and had ``before``; pieces that fit the memory still do."""
        if self.pieces > 1:
            self.pieces = max(1, -(-now * self.pieces // before))

    def split(self, batch: int) -> None:
        """Take batches in twice as many pieces from now on. Raises MemoryTooSmallError."""
        self.optimizers.zero_grad()
        self.forget()
        if batch // (2 * self.pieces) < FEWEST:
            raise MemoryTooSmallError(batch // self.pieces)
        self.pieces *= 2
        if self.engine.device.type == "cuda":
            torch.cuda.empty_cache()

    def forget(self) -> None:
        """Record anew: loss, rules or what they remember have been replaced."""
        self._graph, self._eager_steps = None, 0

    def _graph_for(self, pictures: Tensor, labels: Tensor) -> StepGraph | None:
        """The recording for such a batch, made if need be; None where it is not worth one."""
        if not self._records or self.pieces > 1 or self._eager_steps < EAGER_STEPS:
            return None
        if self._graph is None or not self._graph.fits(pictures, labels):
            self._graph = None  # its memory is needed for the next one
            try:
                self._graph = StepGraph(self._passes, self.optimizers, pictures, labels)
            except RuntimeError:  # a layer that cannot be recorded, or too little memory
                self._records = False
                self.optimizers.zero_grad()
        return self._graph

    def _passes(self, pictures: Tensor, labels: Tensor) -> Tensor:
        """Leave the gradients of the batch's mean loss in the parameters.

        Returns the loss in nats, how many were right, and 1 where the loss and every gradient are
        finite, in one tensor (3,). A sum is NaN or infinite where any of its terms is, and quicker
        than asking each.
        """
        self.optimizers.zero_grad()
        total, right = torch.zeros((), device=labels.device), torch.zeros((), device=labels.device)
        pairs = zip(
            pictures.tensor_split(self.pieces), labels.tensor_split(self.pieces), strict=True
        )
        for some, their_labels in pairs:
            with self.engine.products():
                scores = self.network(some).float()
            loss = self.loss(scores, their_labels) * (len(their_labels) / len(labels))
            self.watch.mark()
            loss.backward()  # type: ignore[no-untyped-call]
            self.watch.mark()
            total += loss.detach()
            right += (scores.detach().argmax(1) == their_labels).sum()
        gradients = [p.grad.sum() for p in self.network.parameters() if p.grad is not None]
        finite = torch.isfinite(torch.stack([total, *gradients])).all()
        return torch.stack([total, right, finite.to(total)])


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
