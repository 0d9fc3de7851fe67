"""The job's end: the classifier judged, told how it was made, and written."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from convlens.classifier import Classifier
from convlens.data import Dataset
from convlens.errors import ModelFileError
from convlens.files import Output, fitting_name
from convlens.modelfields import fact
from convlens.modelfile import Model, Weights, model_bytes, read_model
from convlens.pipeline.budget import WRITING_SECONDS
from convlens.pipeline.judging import Verdict, judge
from convlens.pipeline.outcome import Outcome
from convlens.pipeline.prepare import Prepared
from convlens.pipeline.settings import Settings
from convlens.pipeline.settling import told_of
from convlens.training.events import Learned
from convlens.training.recipe import Recipe


def conclude(
    prepared: Prepared,
    dataset: Dataset,
    recipe: Recipe,
    learned: Learned,
    classifier: Classifier,
    run: Path | None,
    out: Output | None,
) -> Outcome:
    """Judge the classifier, say in it how it was made, and write it."""
    classifier = classifier.with_training(**record(prepared, dataset, recipe, learned))
    deadline = None if prepared.deadline is None else prepared.deadline - WRITING_SECONDS
    verdict = judge(classifier, dataset, tested=not learned.stopped, deadline=deadline)
    classifier = verdict.classifier.with_training(**accuracies(verdict))
    return Outcome(
        classifier=classifier,
        path=None if out is None else write(classifier, out, learned.stopped),
        parameters=classifier.model.plan().parameters,
        learned=learned,
        validation=verdict.validation,
        test=verdict.test,
        averaged=verdict.averaged,
        skipped=dataset.skipped,
        seconds=time.monotonic() - prepared.begun,
        run=run,
        target=prepared.settings.target,
        ended=reason_of_the_end(prepared.settings),
        advice=advice_for(prepared.settings),
    )


def reason_of_the_end(settings: Settings) -> str:
    """Why training ends by itself without having reached a target."""
    if settings.budget is not None:
        return "the time was up"
    if settings.epochs is not None:
        return "the epochs were over"
    return "it stopped improving"


def advice_for(settings: Settings) -> str:
    """What else may reach a target that a network of ours did not, chosen without a time."""
    given = settings.net, settings.base, settings.budget, settings.epochs
    if any(value is not None for value in given):
        return ""
    return "a budget such as --budget 30m chooses a larger network where it allows one"


def write(classifier: Classifier, out: Output, stopped: bool) -> Path:
    """Write the model, and return where it is. Raises OutputError.

    A run that was stopped does not replace a model that was finished: its own goes beside it.
    """
    path = out.path
    if not stopped or not out.is_file or not path.exists() or is_unfinished(path):
        out.write(model_bytes(classifier.model))
        return path
    beside = path.with_name(fitting_name(path.stem, f"-unfinished{path.suffix}"))
    classifier.save(beside)
    return beside


def is_unfinished(path: Path) -> bool:
    """Whether the model at ``path`` is of a run that was stopped."""
    with contextlib.suppress(ModelFileError):
        return bool(fact(read_model(path).training, "stopped"))
    return False


def accuracies(verdict: Verdict) -> dict[str, Any]:
    """What the model file says of how well it did."""
    validation, test, averaged = verdict.validation, verdict.test, verdict.averaged
    return {
        "validation_accuracy": None if validation is None else validation.accuracy,
        "validation_balanced_accuracy": None if validation is None else validation.balanced,
        "test_accuracy": None if test is None else test.accuracy,
        "test_accuracy_views": None if averaged is None else averaged.accuracy,
        "test_balanced_accuracy": None if test is None else test.balanced,
    }


def record(
    prepared: Prepared, dataset: Dataset, recipe: Recipe, learned: Learned
) -> dict[str, Any]:
    """What the model file says of how it was made."""
    return {
        **told_of(dataset, prepared.settings, recipe),
        "stopped": learned.stopped,
        "epochs": learned.epochs,
        "best_epoch": learned.best.epochs,
        "seconds": learned.seconds,
        "train_accuracy": learned.best.train_accuracy,
    }


def seen_in(dataset: Dataset, base: Model | None) -> dict[str, NDArray[np.uint8]]:
    """Hashes of the pictures that the weights and their choice depend on, those of ``base`` too."""
    earlier = {} if base is None else base.seen
    found = {}
    for part, hashes in dataset.contents.items():
        both = np.concatenate([hashes, earlier.get(part, hashes[:0])])
        found[part] = np.unique(both, axis=0)
    return found


def weights_of(network: nn.Module) -> Weights:
    """Every tensor that a model file keeps."""
    return {
        name: np.ascontiguousarray(value.detach().float().cpu().numpy())
        for name, value in network.state_dict().items()
        if not name.endswith("num_batches_tracked")  # torch's own count, of no use to us
    }
