"""The main job from end to end: pictures in, a classifier in a file out.

The second half, ``making``, needs torch and is imported late, so that pictures are being read
while torch loads.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from typing import TYPE_CHECKING

from convlens.files import Output
from convlens.modelfile import MODEL_FORM
from convlens.pipeline.attending import Attendant, Work
from convlens.pipeline.events import Event, FoldDone, Note, Reading, Ready, Resumed
from convlens.pipeline.outcome import Outcome
from convlens.pipeline.prepare import prepare, read
from convlens.pipeline.record import record_of
from convlens.pipeline.settings import Keep, Settings
from convlens.training.recipe import Recipe

if TYPE_CHECKING:
    from convlens.data import Dataset, Preprocessing
    from convlens.modelfile import Weights
    from convlens.pipeline.folds import CrossValidation

__all__ = [
    "Attendant",
    "Event",
    "FoldDone",
    "Keep",
    "Note",
    "Outcome",
    "Reading",
    "Ready",
    "Resumed",
    "Settings",
    "Work",
    "cross_validate",
    "recipe",
    "train",
]


def recipe(settings: Settings, listen: Callable[[Event], None] = lambda event: None) -> Recipe:
    """The recipe that ``train`` would follow with the same settings."""
    prepared = prepare(settings)
    with prepared.loading or nullcontext():
        from convlens.pipeline.settling import recipe_for

        dataset = read(prepared, listen)
        return recipe_for(settings, len(dataset.train), dataset.classes)


def train(
    settings: Settings,
    listen: Callable[[Event], None] = lambda event: None,
    stop: Callable[[], bool] = lambda: False,
    begun: float | None = None,
    keep: Keep | None = None,
    *,
    attend: Attendant | None = None,
    dataset: Dataset | None = None,
    carry: Weights | None = None,
    normalisation: Preprocessing | None = None,
) -> Outcome:
    """Read, train, calibrate, test and save, as ``settings`` say.

    ``listen`` is told of everything on the way; training ends early, keeping what was learned,
    once ``stop()`` is true. ``begun`` is when the budget began to count, on the clock of
    ``time.monotonic``; now, where it is left out. With ``keep`` the run is saved in a folder as it
    goes, and what is unfinished there goes on.

    ``attend`` looks in between any two events and may steer the run. ``dataset`` are the pictures
    of ``settings.data`` as an earlier training read and divided them, taken in their place where
    they have the size that is wanted. ``carry`` are weights by name to begin with, where they fit
    by name and shape and no checkpoint is there to go on from; ``normalisation`` holds the mean
    and deviation that they have learned to take pictures by, in place of the pictures' own. Raises
    ConvLensError for what the user can mend.
    """
    begun = time.monotonic() if begun is None else begun
    out = None if settings.out is None else Output(settings.out, MODEL_FORM)
    with ExitStack() as stack:
        if out is not None:
            stack.enter_context(out)
        record = None if keep is None else stack.enter_context(record_of(keep, settings, begun))
        if record is None:
            prepared = prepare(settings, begun, dataset)
        else:
            prepared = prepare(
                settings,
                record.begun,
                dataset,
                record.geometry,
                check_classes=record.earlier.check_classes,
            )
        with prepared.loading or nullcontext():
            from convlens.pipeline.making import trained
            from convlens.pipeline.settling import engine_for

            engine = engine_for(prepared, record)
            pictures = read(prepared, listen)
            return trained(
                prepared, pictures, engine, record, listen, stop, attend, carry, normalisation, out
            )


def cross_validate(
    settings: Settings,
    folds: int,
    listen: Callable[[Event], None] = lambda event: None,
    stop: Callable[[], bool] = lambda: False,
    begun: float | None = None,
) -> CrossValidation:
    """Train ``folds`` times, each time judged by another part of the pictures; nothing is written.

    Of the arguments see ``train``; a budget is for the whole. Raises ConvLensError for what the
    user can mend.
    """
    prepared = prepare(settings, begun, share=1 / folds)
    with prepared.loading or nullcontext():
        from convlens.pipeline.folds import validate

        return validate(prepared, folds, listen, stop)
