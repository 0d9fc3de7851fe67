"""Choosing a network for the time there is, by measuring what this machine does in it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch
from torch import Tensor

from convlens.data import Dataset
from convlens.defaults import BREADTH, SCALES, least_epochs, network_for
from convlens.network.build import Network, channels_last
from convlens.network.engine import Engine, exactly, free_bytes
from convlens.network.rewrite import for_prediction, for_training
from convlens.notation import Plan
from convlens.pipeline.prepare import Prepared
from convlens.training.graphs import EAGER_STEPS
from convlens.training.learner import Learner
from convlens.training.losses import loss_for
from convlens.training.optimizers import Optimizers
from convlens.training.recipe import Recipe
from convlens.training.schedule import Reserve
from convlens.views import Views

WRITING_SECONDS = 0.3
"""For the calibration and the file, after the last picture has been looked at."""

HOPED_FOR = 0.88
"""Accuracy by which time for judging is set aside in the choice of a network."""

MOST_OF_MEMORY = 0.5
"""Share of what is free that a network of ours may take, going by the numbers it has to hold."""

TRIAL_BATCH, TRIALS = 128, 3

MOST_ON_TRIALS = 0.03
"""Share of the time left that the steps of one trial may take, beyond the first two."""


def choose_plan(prepared: Prepared, dataset: Dataset, engine: Engine, recipe: Recipe) -> Plan:
    """The user's network, or one of ours on the pictures: the largest that the time allows.

    Without a deadline the choice depends on nothing but the data, so that the same command gives
    the same network on every machine. What would crowd the memory is not even tried.
    """
    classes = len(dataset.classes)
    if prepared.architecture is not None:
        return prepared.architecture.plan(prepared.input, classes)
    if prepared.deadline is None:
        return network_for(*prepared.input, BREADTH).plan(classes=classes)
    pictures = len(dataset.train)
    chosen, rate = None, 0.0
    for scale in SCALES:
        plan = network_for(*prepared.input, *scale).plan(classes=classes)
        if chosen is not None:
            if prepared.deadline <= time.monotonic():
                break  # too late even to try
            if plan.training_memory(recipe.batch) > MOST_OF_MEMORY * free_bytes(engine.device):
                break
            most = MOST_ON_TRIALS * (prepared.deadline - time.monotonic())
            # A broader network does no fewer multiply-adds a second; a trial beside other work
            # of a moment must not end the search.
            rate = max(rate, training_speed(plan, engine, recipe, most) * plan.multiply_adds)
            after = reserve_for(dataset, plan, recipe, engine.device).seconds(HOPED_FOR)
            left = prepared.deadline - time.monotonic() - after
            if left * rate < plan.multiply_adds * least_epochs(pictures, scale) * pictures:
                break
        chosen = plan
    assert chosen is not None
    return chosen


def training_speed(plan: Plan, engine: Engine, recipe: Recipe, most: float = math.inf) -> float:
    """Pictures a second that a network of ``plan`` learns from, by a few steps on noise.

    No further step is taken once they have taken ``most`` seconds.
    """
    network = channels_last(Network(plan).to(engine.device))
    optimizers, loss = Optimizers(network, recipe), loss_for(plan.loss, recipe.label_smoothing)
    learner = Learner(for_training(network), optimizers, engine, loss, seed=0)
    batch = recipe.batch  # the optimizers' share of a step depends on it
    pictures, labels = noise(plan, batch, engine.device), torch.zeros(batch, dtype=torch.long)
    labels = labels.to(engine.device)
    warm = 1 if engine.device.type == "cpu" else EAGER_STEPS + 1
    steps: list[float] = []
    while len(steps) <= warm or (len(steps) < warm + TRIALS and sum(steps) < most):
        steps.append(timed(lambda: learner.descend(pictures, labels, 0, 0.0)))
    return batch / min(steps[warm:])


@torch.inference_mode()
def reserve_for(
    dataset: Dataset, plan: Plan, recipe: Recipe, device: torch.device, most: float = math.inf
) -> Reserve:
    """Time for judging, which is done in fp32 on ``device``, and for writing; ``most`` seconds."""
    network = channels_last(for_prediction(Network(plan)).to(device))
    pictures = noise(plan, TRIAL_BATCH, device)
    with exactly():
        quickest = min(timed(lambda: network(pictures).cpu()) for _ in range(1 + TRIALS))
    tested = 0 if dataset.test is None else len(dataset.test)
    return Reserve(
        rest=WRITING_SECONDS,
        look=quickest / TRIAL_BATCH,
        looks=len(dataset.validation) + tested,
        again=tested * Views.learned({"recipe": recipe.to_json()}).more,
        most=most,
    )


def noise(plan: Plan, batch: int, device: torch.device) -> Tensor:
    """Pictures (B, C, H, W) of the plan's size."""
    shape = (batch, plan.input.depth, plan.input.height, plan.input.width)
    return torch.randn(shape, device=device).to(memory_format=torch.channels_last)


def timed(work: Callable[[], object]) -> float:
    """Seconds that ``work`` takes."""
    begun = time.monotonic()
    work()
    return time.monotonic() - begun
