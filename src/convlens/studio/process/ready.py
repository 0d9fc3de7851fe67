"""What is told once pictures and network are there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from convlens.classifier import Classifier
from convlens.data import Dataset
from convlens.defaults import epochs_for
from convlens.notation import Plan
from convlens.pipeline.settling import recipe_for, sizes
from convlens.studio.process.gallery import is_dark
from convlens.studio.process.knobs import knobs, stretch, values_of
from convlens.training.recipe import Recipe

if TYPE_CHECKING:
    from convlens.modelfile import Model
    from convlens.pipeline import Settings, Work
    from convlens.studio.process.ended import Ended

PROCESSOR = "cpu float32"
"""Where networks are computed that do not learn."""

MIDDLE = 0.5
"""Brightness below which the pictures of a model without data are taken for dark."""


def ready(work: Work, before: float) -> dict[str, Any]:
    """A run that has been built, from its checkpoint where it goes on.

    ``before`` are the epochs of earlier stretches, which the knob leaves out.
    """
    run = work.run
    return {
        **described(work.dataset, work.plan),
        **with_knobs(work.settings, work.dataset, run.recipe, run.length, before),
        "engine": str(work.engine),
        "resumed_step": run.steps or None,
    }


def described(dataset: Dataset, plan: Plan) -> dict[str, Any]:
    """The pictures and the network."""
    data = {
        "name": dataset.source,
        "classes": list(dataset.classes),
        **sizes(dataset),
        "dark": is_dark(dataset),
    }
    return _network(data, plan)


def with_knobs(
    settings: Settings, dataset: Dataset, recipe: Recipe, length: float | None, before: float
) -> dict[str, Any]:
    """The knobs as they stand, and as they would be with nothing said."""
    plain = replace(settings, recipe={}, batch=None, lr=None)
    usual = recipe_for(plain, len(dataset.train), dataset.classes)
    return {
        "epochs": length,
        "epochs_before": before,
        "knobs": knobs(recipe, stretch(length, before)),
        "defaults": values_of(usual, epochs_for(len(dataset.train))),
    }


def of_finished(settings: Settings, dataset: Dataset, model: Model, ended: Ended) -> dict[str, Any]:
    """A run that has ended, with the ``model`` it came to."""
    assert ended.recipe is not None
    return {
        **described(dataset, model.plan()),
        **with_knobs(settings, dataset, ended.recipe, ended.length, ended.opened.before),
        "engine": PROCESSOR,
        "resumed_step": ended.steps,
    }


def of_model(classifier: Classifier, name: str) -> dict[str, Any]:
    """A trained network without any data."""
    p = classifier.preprocessing
    data = {
        "name": name,
        "classes": list(classifier.classes),
        "train": 0,
        "validation": 0,
        "test": 0,
        "dark": sum(p.mean) / len(p.mean) < MIDDLE,
    }
    nothing: dict[str, Any] = {"epochs": None, "knobs": {}, "defaults": {}, "resumed_step": None}
    return {**_network(data, classifier.model.plan()), **nothing, "engine": PROCESSOR}


def _network(data: dict[str, Any], plan: Plan) -> dict[str, Any]:
    volume = plan.input
    size = {"width": volume.width, "height": volume.height, "depth": volume.depth}
    return {
        "data": {**data, "input": size},
        "net": str(plan.architecture),
        "parameters": plan.parameters,
        "multiply_adds": plan.multiply_adds,
    }
