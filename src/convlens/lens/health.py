"""A network's health before, while and after it learns, as CS231n's notes ask for it."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from convlens.classifier import Classifier
from convlens.data import Pictures
from convlens.data.pictures import channel_statistics
from convlens.errors import DataError
from convlens.lens.distributions import LayerHealth, distributions
from convlens.lens.opened import open_network
from convlens.network.build import Network
from convlens.notation import Architecture, Plan, Volume
from convlens.training import alarms
from convlens.training.checkup import guessing
from convlens.training.gradcheck import GradientCheck, check_gradients
from convlens.training.initialise import PATCH_PICTURES, initialise
from convlens.training.losses import Loss, loss_for
from convlens.training.optimizers import Optimizers
from convlens.training.recipe import Recipe
from convlens.training.sampler import Normalisation
from convlens.training.vitals import Vitals, update_ratios, weights_of

MEASURED = 256
"""Pictures that activations are measured on."""

MOST_VALUES = 1 << 25
"""Activations that are kept at once, 128 MiB: fewer pictures for larger networks."""

FEW, MOST_STEPS = 20, 200
"""Pictures that a sound network learns by heart, and steps that it may take."""


@dataclass(frozen=True, slots=True)
class Overfit:
    """How a network fresh from the start learned ``pictures`` by heart: ``accuracy`` 0 to 1."""

    pictures: int
    steps: int
    loss: float
    accuracy: float


@dataclass(frozen=True, slots=True, eq=False)
class Health:
    """What the notes tell to look at.

    ``first_loss`` is that of a network with first weights, ``expected_loss`` that of guessing,
    ln(classes) for the softmax; ``overfit``, ``gradients`` and ``updates``, how far one step moves
    each layer's weights as a share of their norm, are of such a network too. ``layers`` are of the
    classifier's own weights where one was examined (``trained``), on ``pictures`` pictures.
    ``warnings`` say in one line each what is wrong and what to try.
    """

    first_loss: float
    expected_loss: float
    overfit: Overfit
    gradients: GradientCheck
    updates: dict[str, float]
    layers: tuple[LayerHealth, ...]
    trained: bool
    pictures: int
    warnings: tuple[str, ...]

    def _repr_html_(self) -> str:
        from convlens.lens.findings import health_html

        return health_html(self)


def examine(
    subject: Architecture | Classifier,
    pictures: Pictures,
    classes: int | None = None,
    seed: int = 0,
) -> Health:
    """Examine a network on ``pictures``, whose labels are 0 to ``classes`` − 1.

    Of a classifier its own weights are looked at; what asks for a network that has learned nothing
    yet is made of its architecture. ``classes`` may be left out where the labels show them all.
    Raises DataError where there are no pictures or they have another size than the classifier's.
    """
    if not len(pictures):
        raise DataError("there are no pictures to examine the network on")
    plan, normalise = _prepared(subject, pictures, classes)
    if int(pictures.labels.max()) >= plan.classes:
        raise DataError(f"a label is {pictures.labels.max()}; there are {plan.classes} classes")
    count = max(2, min(MEASURED, len(pictures), MOST_VALUES // plan.activations))
    x, labels = _batch(pictures, spread(pictures, count), normalise)
    loss = loss_for(plan.loss, 0.0)
    with torch.random.fork_rng(devices=[]):
        fresh = Network(plan)
    few = torch.from_numpy(pictures.pixels[: min(PATCH_PICTURES, len(pictures))].copy())
    initialise(fresh, normalise(few), Recipe(), seed)
    first = _loss(fresh, x, labels, loss)
    expected, _ = guessing(loss, labels, plan.classes)
    own = open_network(subject).network if isinstance(subject, Classifier) else fresh
    layers = distributions(plan, own, x, labels, loss)
    twenty = _batch(pictures, spread(pictures, FEW), normalise)
    overfit = by_heart(copy.deepcopy(fresh), *twenty, loss)
    gradients = check_gradients(fresh, *twenty, loss, seed)
    updates = one_step(copy.deepcopy(fresh), x, labels, loss)
    return Health(
        first_loss=first,
        expected_loss=expected,
        overfit=overfit,
        gradients=gradients,
        updates=updates,
        layers=layers,
        trained=isinstance(subject, Classifier),
        pictures=len(labels),
        warnings=tuple(_warnings(plan, first, expected, overfit, gradients, updates, layers, x)),
    )


def _prepared(
    subject: Architecture | Classifier, pictures: Pictures, classes: int | None
) -> tuple[Plan, Normalisation]:
    """The plan on these pictures, and how they are normalised."""
    cpu = torch.device("cpu")
    if isinstance(subject, Classifier):
        p = subject.preprocessing
        if pictures.pixels.shape[1:] != p.geometry.shape:
            raise DataError(
                f"the pictures are {pictures.pixels.shape[1:]}, the network's {p.geometry.shape}",
                "bring them to size with classifier.pixels",
            )
        return subject.model.plan(), Normalisation.of(p.mean, p.std, cpu)
    height, width, channels = pictures.pixels.shape[1:]
    known = classes or int(pictures.labels.max()) + 1
    mean, std = channel_statistics(pictures)
    plan = subject.plan(Volume(width, height, channels), known)
    return plan, Normalisation.of(mean, std, cpu)


def spread(pictures: Pictures, count: int) -> list[int]:
    """Indices of ``count`` pictures at most, as even over the classes as can be."""
    order = np.argsort(pictures.labels, kind="stable")
    places = np.linspace(0, len(order) - 1, min(count, len(order))).round().astype(int)
    return [int(order[place]) for place in places]


def _batch(
    pictures: Pictures, indices: list[int], normalise: Normalisation
) -> tuple[Tensor, Tensor]:
    """The pictures at ``indices`` as input (N, C, H, W), and their labels (N,)."""
    some = pictures.take(indices)
    return normalise(torch.from_numpy(some.pixels)), torch.from_numpy(some.labels)


@torch.no_grad()
def _loss(network: nn.Module, x: Tensor, labels: Tensor, loss: Loss) -> float:
    """The loss as a training's first step has it."""
    network = copy.deepcopy(network).train()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return float(loss(network(x), labels))


def by_heart(network: Network, x: Tensor, labels: Tensor, loss: Loss) -> Overfit:
    """Train ``network`` on a few pictures, always the same, until it knows them."""
    optimizers = Optimizers(network, Recipe())
    step, value, accuracy = 0, float("nan"), 0.0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for step in range(1, MOST_STEPS + 1):
            _descend(network, optimizers, x, labels, loss, 1 - (step - 1) / MOST_STEPS)
            if step % 5 == 0 or step == MOST_STEPS:
                with torch.no_grad():
                    scores = network.eval()(x)
                value = float(loss(scores, labels))
                accuracy = float((scores.argmax(1) == labels).float().mean())
                if accuracy == 1:
                    break
    return Overfit(len(labels), step, value, accuracy)


def one_step(network: Network, x: Tensor, labels: Tensor, loss: Loss) -> dict[str, float]:
    """How far a training's first step moves each layer's weights, as a share of their norm."""
    before = weights_of(network)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        _descend(network, Optimizers(network, Recipe()), x, labels, loss, 1.0)
    return update_ratios(network, before)


def _descend(
    network: Network, optimizers: Optimizers, x: Tensor, labels: Tensor, loss: Loss, factor: float
) -> None:
    optimizers.zero_grad()
    loss(network.train()(x), labels).backward()  # type: ignore[no-untyped-call]
    optimizers.step(factor)


def _warnings(
    plan: Plan,
    first: float,
    expected: float,
    overfit: Overfit,
    gradients: GradientCheck,
    updates: dict[str, float],
    layers: tuple[LayerHealth, ...],
    x: Tensor,
) -> list[str]:
    """What is wrong, in one line each."""
    found: list[alarms.Alarm | None] = []
    if not bool((x.amax((0, 2, 3)) - x.amin((0, 2, 3))).any()):
        found.append(alarms.blank())
    found.append(alarms.first_loss(first, expected, plan.classes))
    vitals = Vitals(
        {one.name: one.dead for one in layers if one.dead is not None},
        {one.name: one.saturated for one in layers if one.saturated is not None},
    )
    found += alarms.vital_alarms(vitals)
    lines = [alarm.text for alarm in found if alarm is not None]
    if overfit.accuracy < 1:
        lines.append(
            f"the network learned {overfit.accuracy:.0%} of {overfit.pictures} pictures by heart "
            f"in {overfit.steps} steps: make it larger, or see that no two alike differ in class"
        )
    if not gradients.passed:
        lines.append(
            f"the gradients of {gradients.worst} differ from numeric ones by "
            f"{gradients.largest:.1g}: a layer computes its gradient wrongly"
        )
    return lines
