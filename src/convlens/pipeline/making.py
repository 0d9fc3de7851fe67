"""The job's second half: from decoded pictures to a classifier in a file."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from convlens import __version__
from convlens.classifier import Classifier
from convlens.data import Dataset, Pictures
from convlens.defaults import batch_for, epochs_for, may_flip
from convlens.errors import ConvLensError
from convlens.evaluation import Evaluation, evaluate
from convlens.modelfile import Model, Weights
from convlens.network.build import Network, channels_last
from convlens.network.engine import choose_engine
from convlens.notation import Plan
from convlens.pipeline.budget import choose_plan, seconds_after
from convlens.pipeline.events import Event, Note, Reading, Ready
from convlens.pipeline.outcome import Outcome
from convlens.pipeline.prepare import Prepared
from convlens.training.events import Learned
from convlens.training.initialise import PATCH_PICTURES, initialise
from convlens.training.loop import DivergedError, Part, Run
from convlens.training.losses import loss_for
from convlens.training.recipe import Recipe
from convlens.training.sampler import Normalisation, Sampler
from convlens.training.schedule import Schedule, Steps, Until

Listener = Callable[[Event], None]

MOST_AFTER = 0.25
"""Share of the time left that is set aside at most for judging, however slow it seems to be."""

NAMES_IN_A_NOTE = 3
"""Files named in the one line about those that were skipped; the summary has them all."""


def make(prepared: Prepared, listen: Listener, stop: Callable[[], bool]) -> Outcome:
    """Carry out a prepared job; see ``pipeline.train``."""
    engine = choose_engine(prepared.settings.device)
    dataset = prepared.loading.result(lambda done, total: listen(Reading(done, total)))
    for line in notes(dataset):
        listen(Note(line))
    recipe = recipe_for(prepared, dataset)
    plan = choose_plan(prepared, dataset, engine, recipe)
    listen(introduction(dataset, plan, str(engine)))
    preprocessing = dataset.preprocessing()
    normalise = Normalisation.of(preprocessing.mean, preprocessing.std, engine.device)
    sampler = Sampler(dataset.train, recipe, prepared.settings.seed, normalise)
    network = new_network(plan, sampler)
    judged = dataset.validation if len(dataset.validation) else dataset.train
    run = Run(
        network,
        sampler,
        part(judged, normalise),
        schedule_for(prepared, dataset, plan, sampler),
        engine,
        loss_for(plan.loss, recipe.label_smoothing),
        stop,
    )
    learned = follow(run, listen)
    model = Model(
        architecture=plan.architecture,
        classes=dataset.classes,
        preprocessing=preprocessing,
        weights=weights_of(network),
        temperature=1.0,
        training={},
    )
    classifier = Classifier(model).calibrated(judged.pixels, judged.labels)
    return conclude(prepared, dataset, recipe, learned, classifier)


def notes(dataset: Dataset) -> list[str]:
    """What the user should know of the data before training begins."""
    lines = [f"note: {warning}" for warning in dataset.warnings]
    if count := len(dataset.skipped):
        named = "; ".join(f"{s.file}: {s.reason}" for s in dataset.skipped[:NAMES_IN_A_NOTE])
        more = ", …" if count > NAMES_IN_A_NOTE else ""
        lines.append(f"note: skipped {count:,} of the files ({named}{more})")
    return lines


def recipe_for(prepared: Prepared, dataset: Dataset) -> Recipe:
    """The recipe, suited to the data and to what the user asked for."""
    settings, standard = prepared.settings, Recipe()
    factor = settings.lr or 1.0
    return Recipe(
        batch=settings.batch or batch_for(len(dataset.train)),
        flip=may_flip(dataset.classes),
        filters_rate=standard.filters_rate * factor,
        rest_rate=standard.rest_rate * factor,
    )


def introduction(dataset: Dataset, plan: Plan, engine: str) -> Ready:
    """All that is settled, told before training begins."""
    return Ready(
        source=dataset.source,
        classes=dataset.classes,
        train=len(dataset.train),
        validation=len(dataset.validation),
        test=0 if dataset.test is None else len(dataset.test),
        architecture=plan.architecture,
        parameters=plan.parameters,
        engine=engine,
    )


def new_network(plan: Plan, sampler: Sampler) -> Network:
    """A network of ``plan`` with its first weights, on the sampler's device."""
    first = sampler.normalise(sampler.originals(PATCH_PICTURES)).cpu()
    network = Network(plan)
    initialise(network, first, sampler.recipe, sampler.seed)
    return channels_last(network.to(sampler.pixels.device))


def part(pictures: Pictures, normalise: Normalisation) -> Part:
    """``pictures`` on the device."""
    device = normalise.mean.device
    pixels, labels = (torch.from_numpy(a).to(device) for a in (pictures.pixels, pictures.labels))
    return Part(pixels, labels, normalise)


def schedule_for(prepared: Prepared, dataset: Dataset, plan: Plan, sampler: Sampler) -> Schedule:
    """Until the deadline, less what comes after training; or a number of epochs."""
    if prepared.deadline is not None:
        most = MOST_AFTER * (prepared.deadline - time.monotonic())
        return Until(prepared.deadline - min(seconds_after(dataset, plan), most))
    epochs = prepared.settings.epochs or epochs_for(len(dataset.train))
    return Steps(max(1, round(epochs * sampler.steps_per_epoch)))


def follow(run: Run, listen: Listener) -> Learned:
    """Let ``run`` go to its end, telling of everything."""
    try:
        for event in run.events():
            listen(event)
    except DivergedError as error:
        raise ConvLensError(
            f"training diverged: the loss is not finite at step {error.step}",
            "train with a lower learning rate: --lr 0.3",
        ) from error
    assert isinstance(event, Learned)
    return event


def weights_of(network: nn.Module) -> Weights:
    """Every tensor that a model file keeps."""
    return {
        name: np.ascontiguousarray(value.detach().float().cpu().numpy())
        for name, value in network.state_dict().items()
        if not name.endswith("num_batches_tracked")  # torch's own count, of no use to us
    }


def conclude(
    prepared: Prepared, dataset: Dataset, recipe: Recipe, learned: Learned, classifier: Classifier
) -> Outcome:
    """Judge the classifier, say in it how it was made, and write it."""
    validation = dataset.validation if len(dataset.validation) else dataset.train
    found = evaluate(classifier, validation)
    test = None
    if dataset.test is not None and not learned.stopped:
        test = evaluate(classifier, dataset.test)
    classifier = classifier.with_training(
        **record(prepared, dataset, recipe, learned), **accuracies(found, test)
    )
    if prepared.out is not None:
        classifier.save(prepared.out)
    return Outcome(
        classifier=classifier,
        path=prepared.out,
        parameters=classifier.model.plan().parameters,
        learned=learned,
        validation=found,
        test=test,
        skipped=dataset.skipped,
        seconds=time.monotonic() - prepared.begun,
    )


def accuracies(validation: Evaluation, test: Evaluation | None) -> dict[str, Any]:
    """What the model file says of how well it did."""
    return {
        "validation_accuracy": validation.accuracy,
        "test_accuracy": None if test is None else test.accuracy,
    }


def record(
    prepared: Prepared, dataset: Dataset, recipe: Recipe, learned: Learned
) -> dict[str, Any]:
    """What the model file says of how it was made."""
    settings = prepared.settings
    return {
        "data": {
            "source": dataset.source,
            "fingerprint": dataset.fingerprint,
            "train": len(dataset.train),
            "validation": len(dataset.validation),
            "test": 0 if dataset.test is None else len(dataset.test),
            "skipped": len(dataset.skipped),
            "division": prepared.division.summary,
        },
        "recipe": recipe.to_json(),
        "seed": settings.seed,
        "epochs": learned.epochs,
        "best_epoch": learned.best.epochs,
        "batch": min(recipe.batch, len(dataset.train)),
        "seconds": learned.seconds,
        "train_accuracy": learned.best.train_accuracy,
        "versions": {
            "convlens": __version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
        "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
