"""Probabilities for every picture from networks that have not seen it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from convlens.audit.folds import fold_count, folds
from convlens.data import Pictures, channel_statistics
from convlens.defaults import batch_for, may_flip, network_for
from convlens.network.build import Network, channels_last
from convlens.network.engine import choose_engine, threads_for
from convlens.network.rewrite import for_training
from convlens.training.faults import NotFiniteError
from convlens.training.initialise import PATCH_PICTURES, initialise
from convlens.training.learner import Learner
from convlens.training.losses import loss_for
from convlens.training.optimizers import Optimizers
from convlens.training.recipe import Recipe
from convlens.training.sampler import Normalisation, Sampler

BREADTH = 16
"""Filters of the first stage: a quick network, right often enough to tell what is odd."""

SAMPLES, FEWEST_EPOCHS, MOST_EPOCHS = 80_000, 2, 30
"""Each network learns from this many pictures, within these numbers of epochs."""

LOOK_BATCH, LOOK_SCORES = 1000, 1 << 22
"""Pictures that are judged at a time, and their scores: 16 MiB."""

Progress = Callable[[float], None]
"""Called with the share that is done, 0 to 1."""


def out_of_fold(
    pictures: Pictures,
    classes: tuple[str, ...],
    groups: NDArray[np.int64],
    *,
    seed: int,
    progress: Progress = lambda done: None,
) -> NDArray[np.float32]:
    """Probabilities ``(N, classes)`` of each picture by a network that learned from the others."""
    count = fold_count(len(pictures))
    fold = folds(pictures.labels, groups, count, seed)
    found = np.empty((len(pictures), len(classes)), np.float32)
    for number in range(count):
        learn, judge = np.flatnonzero(fold != number), np.flatnonzero(fold == number)

        def told(done: float, begun: int = number) -> None:
            progress((begun + done) / count)

        network = _Quick(pictures.take(learn), classes, seed + number)
        network.learn(told)
        network.judge(pictures, judge, found)
        told(1.0)
    return found


class _Quick:
    """A small network of ours, learning from ``pictures``."""

    def __init__(self, pictures: Pictures, classes: tuple[str, ...], seed: int) -> None:
        _, height, width, channels = pictures.pixels.shape
        plan = network_for(width, height, channels, BREADTH).plan(classes=len(classes))
        self.engine = choose_engine("auto", plan)
        recipe = Recipe(batch=batch_for(len(pictures)), flip=may_flip(classes))
        mean, std = channel_statistics(pictures)
        self.normalise = Normalisation.of(mean, std, self.engine.device)
        self.sampler = Sampler(pictures, recipe, seed, self.normalise)
        self.work = plan.multiply_adds * self.sampler.batch
        network = Network(plan)
        first = self.normalise(self.sampler.originals(PATCH_PICTURES)).cpu()
        initialise(network, first, recipe, seed)
        network = channels_last(network.to(self.engine.device))
        self.fast = for_training(network)
        loss = loss_for(plan.loss, recipe.label_smoothing)
        optimizers = Optimizers(network, recipe)
        self.learner = Learner(self.fast, optimizers, self.engine, loss, seed)

    def learn(self, progress: Progress) -> None:
        """Train to the end, or until numbers go bad: what was learned till then must do."""
        sampler = self.sampler
        epochs = min(max(round(SAMPLES / len(sampler)), FEWEST_EPOCHS), MOST_EPOCHS)
        total = epochs * sampler.steps_per_epoch
        with threads_for(self.work):
            for number in range(epochs):
                epoch = sampler.epoch(number)
                for position in range(sampler.steps_per_epoch):
                    step = number * sampler.steps_per_epoch + position
                    try:
                        self.learner.descend(*epoch.step(position), step, 1 - step / total)
                    except NotFiniteError:
                        return
                    progress(step / total)

    @torch.no_grad()
    def judge(
        self, pictures: Pictures, rows: NDArray[np.int64], found: NDArray[np.float32]
    ) -> None:
        """Put the probabilities of ``rows`` of ``pictures`` in those of ``found`` (N, classes).

        They are seen both ways round where a mirror may.
        """
        self.fast.eval()
        step = max(1, min(LOOK_BATCH, LOOK_SCORES // found.shape[1]))
        with threads_for(self.work):
            for start in range(0, len(rows), step):
                some = rows[start : start + step]
                block = torch.from_numpy(pictures.store[pictures.rows[some]])
                seen = self.normalise(block.to(self.engine.device))
                views = [seen, seen.flip(3)] if self.sampler.recipe.flip else [seen]
                with self.engine.products():
                    scores = [self.fast(view).float() for view in views]
                chances = [F.softmax(one, dim=1).cpu() for one in scores]
                found[some] = torch.stack(chances).mean(dim=0).numpy()
