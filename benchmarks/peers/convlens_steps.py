"""Steps of ConvNetJS' CIFAR-10 network as ConvLens trains it: for each line, pictures a second.

A step is a training's own: shift, flip, forward, backward, the check of every number, both
optimizers.

usage: python convlens_steps.py BATCH
"""

from __future__ import annotations

import sys
import time

import numpy as np

from convlens.data import Pictures
from convlens.network.build import Network, channels_last
from convlens.network.engine import choose_engine
from convlens.network.rewrite import for_training
from convlens.notation import Architecture
from convlens.training.initialise import initialise
from convlens.training.learner import Learner
from convlens.training.losses import loss_for
from convlens.training.optimizers import Optimizers
from convlens.training.recipe import Recipe
from convlens.training.sampler import Normalisation, Sampler

TEXT = "INPUT 32x32x3 - CONV 16@5x5 - RELU - POOL - [CONV 20@5x5 - RELU - POOL]*2 - FC"
PICTURES = 5120


def main() -> None:
    recipe = Recipe(batch=int(sys.argv[1]))
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (PICTURES, 32, 32, 3)).astype(np.uint8)
    pictures = Pictures(pixels, random.integers(0, 10, PICTURES), ("",) * PICTURES)
    plan = Architecture(TEXT).plan(classes=10)
    engine = choose_engine("cpu", plan)
    normalise = Normalisation.of((0.5,) * 3, (0.25,) * 3, engine.device)
    sampler = Sampler(pictures, recipe, 0, normalise)
    network = Network(plan)
    initialise(network, normalise(sampler.originals(2000)), recipe, 0)
    fast = for_training(channels_last(network))
    learner = Learner(fast, Optimizers(network, recipe), engine, loss_for("softmax", 0.1), 0)
    for number, _ in enumerate(sys.stdin):
        begun = time.perf_counter()
        epoch = sampler.epoch(number)
        for step in range(sampler.steps_per_epoch):
            chosen, labels = epoch.step(step)
            learner.descend(chosen, labels, step, 0.5)
        print(PICTURES / (time.perf_counter() - begun), flush=True)


if __name__ == "__main__":
    main()
