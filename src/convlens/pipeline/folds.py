"""Cross-validation: several trainings on the same pictures, each judged by another part of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from convlens.data import Dataset, Skipped, divide_in_folds
from convlens.evaluation import Evaluation
from convlens.evaluation.intervals import Interval, fold_interval
from convlens.network.engine import Engine
from convlens.pipeline.events import Event, FoldDone, Note, Ready
from convlens.pipeline.making import Listener, trained
from convlens.pipeline.outcome import Outcome
from convlens.pipeline.prepare import Prepared, decoded_of
from convlens.pipeline.settling import engine_for, plan_for, recipe_for


@dataclass(frozen=True, eq=False, slots=True)
class CrossValidation:
    """What came out of each fold that was finished, in their order.

    ``asked`` folds were; ``seconds`` are of the whole job, ``skipped`` files that were left out.
    """

    folds: tuple[Evaluation, ...]
    asked: int
    classes: tuple[str, ...]
    architecture: str
    seconds: float
    skipped: tuple[Skipped, ...] = ()

    @property
    def stopped(self) -> bool:
        """Whether it was interrupted."""
        return len(self.folds) < self.asked

    @property
    def uneven(self) -> bool:
        """Whether classes differ in size so much that accuracy alone may mislead."""
        return any(one.uneven for one in self.folds)

    def mean(self, figure: Callable[[Evaluation], float]) -> float:
        """The mean of a figure over the folds."""
        return sum(figure(one) for one in self.folds) / len(self.folds)

    def interval(
        self, figure: Callable[[Evaluation], float], corrected: bool = True
    ) -> Interval | None:
        """The 95 % interval of that mean, None for a single fold; see ``fold_interval``."""
        values = [figure(one) for one in self.folds]
        return fold_interval(values, corrected) if len(values) > 1 else None

    def to_json(self) -> dict[str, Any]:
        """The result as a dictionary of plain values, the contract of ``train --folds --json``."""
        found: dict[str, Any] = {"folds": [one.to_json() for one in self.folds]}
        for name, figure in FIGURES.items() if self.folds else ():
            found[name] = self.mean(figure)
            found[f"{name}_interval"] = self.interval(figure)
            found[f"{name}_interval_uncorrected"] = self.interval(figure, corrected=False)
        return found | {
            "architecture": self.architecture,
            "classes": list(self.classes),
            "stopped": self.stopped,
            "seconds": self.seconds,
            "skipped": [{"file": one.file, "reason": one.reason} for one in self.skipped],
        }


def accuracy(found: Evaluation) -> float:
    """The share that was right."""
    return found.accuracy


def balanced(found: Evaluation) -> float:
    """The mean recall of the classes."""
    return found.balanced


FIGURES: dict[str, Callable[[Evaluation], float]] = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced,
}


def validate(
    prepared: Prepared, count: int, listen: Listener, stop: Callable[[], bool]
) -> CrossValidation:
    """Train ``count`` times, each time from the start, and judge by the fold left out.

    A network of our choice is chosen once, on the first fold; a budget is for all folds together.
    """
    settings = prepared.settings
    engine = engine_for(prepared, None)
    decoded = decoded_of(prepared, listen)
    groups = decoded.groups(prepared.named)
    divisions = divide_in_folds(decoded.source, count, seed=settings.seed, groups=groups)
    job = prepared
    found: list[Evaluation] = []
    for number, division in enumerate(divisions):
        dataset = decoded.dataset(division)
        job = _with_network(_with_share(job, prepared.deadline, count - number), dataset, engine)
        outcome = trained(job, dataset, engine, None, _told_once(listen, number), stop)
        if outcome.learned.stopped or stop():
            break
        found.append(_judged(outcome))
        listen(FoldDone(number + 1, count, found[-1].accuracy, found[-1].n))
    return CrossValidation(
        folds=tuple(found),
        asked=count,
        classes=prepared.pictures.classes,
        architecture=str(job.architecture),
        seconds=time.monotonic() - prepared.begun,
        skipped=decoded.skipped,
    )


def _judged(outcome: Outcome) -> Evaluation:
    assert outcome.test is not None  # a fold is never empty
    return outcome.test


def _with_share(job: Prepared, deadline: float | None, left: int) -> Prepared:
    """The job with its share of the time until ``deadline``, of which ``left`` folds have need."""
    if deadline is None:
        return job
    now = time.monotonic()
    return replace(job, deadline=now + max(deadline - now, 0.0) / left)


def _with_network(job: Prepared, dataset: Dataset, engine: Engine) -> Prepared:
    if job.architecture is not None:
        return job
    recipe = recipe_for(job.settings, len(dataset.train), dataset.classes)
    plan = plan_for(job, None, dataset, engine, recipe)
    return replace(job, architecture=plan.architecture)


def _told_once(listen: Listener, number: int) -> Listener:
    """Pass on what a later fold has to tell, but not again what was said of the data."""

    def tell(event: Event) -> None:
        if number == 0 or not isinstance(event, Note | Ready):
            listen(event)

    return tell
