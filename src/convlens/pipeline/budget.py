"""Choosing a network for the time there is, by measuring what this machine does in it."""

from __future__ import annotations

import time

import torch
from torch.nn import functional as F

from convlens.data import Dataset
from convlens.defaults import BREADTH, SCALES, epochs_wanted, network_for
from convlens.network.build import Network, channels_last
from convlens.network.engine import Engine
from convlens.network.rewrite import for_prediction, for_training
from convlens.notation import Plan
from convlens.pipeline.prepare import Prepared
from convlens.training.optimizers import Optimizers
from convlens.training.recipe import Recipe

WRITING_SECONDS = 0.3
"""For the calibration and the file, after the last picture has been looked at."""

VIEWS_OF_ONE = 1.5
"""More views of a test picture, in the mean: five of those that are unsure, at most a third."""

TRIAL_BATCH, TRIALS = 128, 3


def choose_plan(prepared: Prepared, dataset: Dataset, engine: Engine, recipe: Recipe) -> Plan:
    """The user's network, or one of ours on the pictures: the largest that the time allows.

    Without a deadline the choice depends on nothing but the data, so that the same command gives
    the same network on every machine.
    """
    classes = len(dataset.classes)
    if prepared.architecture is not None:
        return prepared.architecture.plan(prepared.input, classes)
    if prepared.deadline is None:
        return network_for(*prepared.input, BREADTH).plan(classes=classes)
    pictures = len(dataset.train)
    chosen = None
    for scale in SCALES:
        plan = network_for(*prepared.input, *scale).plan(classes=classes)
        if chosen is not None:
            speed = training_speed(plan, engine, recipe)
            left = prepared.deadline - time.monotonic() - seconds_after(dataset, plan)
            if left * speed < epochs_wanted(pictures, scale.breadth) * pictures:
                break
        chosen = plan
    assert chosen is not None
    return chosen


def training_speed(plan: Plan, engine: Engine, recipe: Recipe) -> float:
    """Pictures a second that a network of ``plan`` learns from, by a few steps on noise."""
    network = channels_last(Network(plan).to(engine.device))
    fast, optimizers = for_training(network).train(), Optimizers(network, recipe)
    batch = recipe.batch  # the optimizers' share of a step depends on it
    shape = (batch, plan.input.depth, plan.input.height, plan.input.width)
    pictures = torch.randn(shape, device=engine.device).to(memory_format=torch.channels_last)
    labels = torch.zeros(batch, dtype=torch.long, device=engine.device)
    quickest = float("inf")
    for _ in range(1 + TRIALS):
        begun = time.monotonic()
        with engine.products():
            scores = fast(pictures)
        loss = F.cross_entropy(scores.float(), labels)
        optimizers.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizers.step(0.0)
        float(loss.detach())  # waits for a device that works on its own
        quickest = min(quickest, time.monotonic() - begun)
    return batch / quickest


@torch.inference_mode()
def seconds_after(dataset: Dataset, plan: Plan) -> float:
    """Seconds that judging and writing the classifier will take, in fp32 on the processor."""
    network = channels_last(for_prediction(Network(plan)))
    shape = (TRIAL_BATCH, plan.input.depth, plan.input.height, plan.input.width)
    pictures = torch.randn(shape).to(memory_format=torch.channels_last)
    quickest = float("inf")
    for _ in range(1 + TRIALS):
        begun = time.monotonic()
        network(pictures)
        quickest = min(quickest, time.monotonic() - begun)
    return WRITING_SECONDS + pictures_after(dataset) * quickest / TRIAL_BATCH


def pictures_after(dataset: Dataset) -> int:
    """Looks at pictures after training: validation, and test in views."""
    tested = 0 if dataset.test is None else len(dataset.test)
    return len(dataset.validation) + round((1 + VIEWS_OF_ONE) * tested)
