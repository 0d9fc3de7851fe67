"""The job's second half: from decoded pictures to a classifier in a file."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np

from convlens.classifier import Classifier
from convlens.data import Dataset, Preprocessing, Source
from convlens.data.content import as_numbers, content_hashes
from convlens.errors import ConvLensError, SettingsError
from convlens.files import Output
from convlens.modelfile import Model, Weights
from convlens.network.build import Network, channels_last
from convlens.network.engine import Engine, threads_for
from convlens.network.footprint import prediction_memory, refuse_above
from convlens.notation import Plan
from convlens.pipeline.attending import Attendant, Work
from convlens.pipeline.concluding import conclude, seen_in, weights_of
from convlens.pipeline.events import Event, Note, Ready
from convlens.pipeline.outcome import Outcome
from convlens.pipeline.prepare import Prepared
from convlens.pipeline.record import Record
from convlens.pipeline.settings import ALL_BUT_HEAD
from convlens.pipeline.settling import (
    engine_on,
    plan_for,
    preprocessing_for,
    recipe_for,
    room_for,
    schedule_for,
    settled,
    sizes,
)
from convlens.training.events import Learned
from convlens.training.faults import DivergedError, MemoryTooSmallError
from convlens.training.initialise import PATCH_PICTURES, initialise
from convlens.training.looker import Part
from convlens.training.loop import Run
from convlens.training.losses import class_weights, loss_for
from convlens.training.sampler import Normalisation, Sampler
from convlens.training.transfer import carry_over, freeze, take_over, weighted_layers

Listener = Callable[[Event], None]

LITTLE_LEFT = 0.1
"""Share of a budget below which it is said that too little is left to learn in."""

MANY_SCORES = 1_000_000_000
"""Scores of all pictures that are judged, from which it is said that it takes a while."""

NAMES_IN_A_NOTE = 3
"""Files named in the one line about those that were skipped; the run folder names all."""


def trained(
    prepared: Prepared,
    dataset: Dataset,
    engine: Engine,
    record: Record | None,
    listen: Listener,
    stop: Callable[[], bool],
    attend: Attendant | None = None,
    carry: Weights | None = None,
    normalisation: Preprocessing | None = None,
    out: Output | None = None,
) -> Outcome:
    """Train on ``dataset``, judge and write, as the prepared job says; see ``pipeline.train``."""
    settings, base = prepared.settings, prepared.base
    recipe = recipe_for(settings, len(dataset.train), dataset.classes)
    plan = plan_for(prepared, record, dataset, engine, recipe)
    check_usable(plan)
    engine = engine_on(plan, engine, prepared, record)
    preprocessing = preprocessing_for(dataset, base, record, normalisation)
    normalise = Normalisation.of(preprocessing.mean, preprocessing.std, engine.device)
    resample = settings.balance == "resample"
    sampler = Sampler(dataset.train, recipe, settings.seed, normalise, resample)
    network = new_network(plan, sampler)
    gently = frozenset() if base is None else go_on(network, base, settings.freeze)
    carried = frozenset() if carry is None else carry_over(network, carry)
    judged = dataset.validation if len(dataset.validation) else dataset.train
    weights = None
    if settings.balance == "weight":
        weights = class_weights(sampler.labels, len(dataset.classes))
    run = Run(
        network,
        sampler,
        Part.of(judged, normalise),
        schedule_for(prepared, dataset, plan, sampler),
        engine,
        loss_for(plan.loss, recipe.label_smoothing, weights),
        stop,
        gently,
        balanced=settings.balance is not None,
    )
    told = settled(dataset, preprocessing, plan, run, engine)
    if attend is not None:
        work = Work(settings, dataset, plan, preprocessing, engine, run, carried, record)
        attend.begin(work)
    if record is not None:
        record.begin(run, told, room_for(network), listen, dataset.skipped)
        if carried and not record.resumed:
            record.save(run)  # where they came from need not be there when the run goes on
    tell = listen if record is None else record.tell
    whole = None if record is None else record.folder.skipped
    toned = [f"note: {line}" for line in prepared.notes]
    for line in [*notes(dataset, whole), *toned, *met_before(dataset, base), *hurried(prepared)]:
        tell(Note(line))
    tell(introduction(dataset, plan, str(engine)))
    if record is not None:
        record.tell_resumed(run)
    with Threads(plan.multiply_adds) as threads:
        learned = follow(run, threads, record, listen, dataset.train.names, attend)
    model = Model(
        architecture=plan.architecture,
        classes=dataset.classes,
        preprocessing=preprocessing,
        weights=weights_of(network),
        temperature=1.0,
        training={},
        seen=seen_in(dataset, base),
    )
    if slow := slow_to_judge(dataset):
        tell(Note(slow))
    folder = None if record is None else record.folder.path
    deadline = None if prepared.deadline is None else prepared.deadline + run.idle
    prepared = replace(prepared, begun=prepared.begun + run.idle, deadline=deadline)
    classifier = Classifier(model, device=settings.device)
    outcome = conclude(prepared, dataset, run.recipe, learned, classifier, folder, out)
    if record is not None:
        record.finished(outcome.to_json())
    return outcome


def check_usable(plan: Plan) -> None:
    """See that what will be trained can be used here afterwards. Raises SettingsError."""
    needed = prediction_memory(plan)
    refuse_above(needed, "with this network a prediction of one picture", SettingsError)


def notes(dataset: Dataset, whole: Path | None = None) -> list[str]:
    """What the user should know of the data before training begins.

    ``whole`` is the file that names all that was skipped, if one does.
    """
    lines = [f"note: {warning}" for warning in dataset.warnings]
    if count := len(dataset.skipped):
        named = [f"{one.file}: {one.reason}" for one in dataset.skipped[:NAMES_IN_A_NOTE]]
        if count > NAMES_IN_A_NOTE:
            named.append("…" if whole is None else f"… all in {whole}")
        lines.append(f"note: skipped {count:,} of the files ({'; '.join(named)})")
    return lines


def met_before(dataset: Dataset, base: Model | None) -> list[str]:
    """That the model to go on from was trained on pictures that are to judge, if it was."""
    if base is None or dataset.test is None or not base.seen:
        return []
    seen = np.concatenate([as_numbers(hashes) for hashes in base.seen.values()])
    own = as_numbers(content_hashes(dataset.test.store, dataset.test.rows))
    count = int(np.isin(own, seen).sum())
    told = f"note: test pictures that the model gone on from has seen: {count:,}"
    return [f"{told}; convlens evaluate leaves them out of a second accuracy"] if count else []


def hurried(prepared: Prepared) -> list[str]:
    """That hardly any of the budget is left to learn in, if so."""
    budget, now = prepared.settings.budget, time.monotonic()
    if budget is None or prepared.deadline is None:
        return []
    left = prepared.deadline - now
    if left > LITTLE_LEFT * budget:
        return []
    remains = f"{left:.1f} s are left" if left > 0 else "nothing is left"
    source = prepared.pictures
    read = isinstance(source, Source) and not source.in_memory and prepared.settings.cache
    again = ", or again the same: what was read is kept" if read else ""
    return [
        f"note: {now - prepared.begun:.0f} s went by before learning begins, so {remains} of the "
        f"{budget:g} s; give more time{again}"
    ]


def slow_to_judge(dataset: Dataset) -> str | None:
    """That judging takes long where scores are very many, which nothing else would tell."""
    pictures = len(dataset.validation) + (0 if dataset.test is None else len(dataset.test))
    if pictures * len(dataset.classes) < MANY_SCORES:
        return None
    return (
        f"note: judging takes a while: {pictures:,} pictures, each with a score for "
        f"{len(dataset.classes):,} classes"
    )


def introduction(dataset: Dataset, plan: Plan, engine: str) -> Ready:
    """All that is settled, told before training begins."""
    return Ready(
        source=dataset.source,
        classes=dataset.classes,
        **sizes(dataset),
        architecture=plan.architecture,
        parameters=plan.parameters,
        engine=engine,
    )


def new_network(plan: Plan, sampler: Sampler) -> Network:
    """A network of ``plan`` with its first weights, on the sampler's device."""
    first = sampler.normalise(sampler.originals(PATCH_PICTURES)).cpu()
    network = Network(plan)
    initialise(network, first, sampler.recipe, sampler.seed)
    return channels_last(network.to(sampler.device))


def go_on(network: Network, base: Model, frozen: int | str | None) -> frozenset[str]:
    """Put the weights of ``base`` into ``network`` and hold the first layers still, if told to.

    Returns the names of the tensors that are to be moved gently. Raises SettingsError where there
    are fewer layers than are to be held still.
    """
    taken = take_over(network, base.weights)
    layers = len(weighted_layers(network))
    count = layers - 1 if frozen == ALL_BUT_HEAD else int(frozen or 0)
    if count >= layers:
        raise SettingsError(
            f"the network has {layers} layers with weights; {count} held still leave none to learn",
            f"hold {layers - 1} still at most, which is all-but-head",
        )
    freeze(network, count)
    return taken


class Threads(ExitStack):
    """As many threads as a step is worth, also where batches change in size."""

    def __init__(self, multiply_adds: int) -> None:
        super().__init__()
        self.multiply_adds, self.batch = multiply_adds, 0

    def suit(self, batch: int) -> None:
        """Set them for batches of so many pictures."""
        if batch != self.batch:
            self.close()
            self.enter_context(threads_for(self.multiply_adds * batch))
            self.batch = batch


def follow(
    run: Run,
    threads: Threads,
    record: Record | None,
    listen: Listener,
    names: Sequence[str] = (),
    attend: Attendant | None = None,
) -> Learned:
    """Let ``run`` go to its end, telling of everything; ``names`` are those of its pictures."""
    events, event = run.events(), None
    try:
        while not isinstance(event, Learned):
            if attend is not None:
                attend.between()
            threads.suit(run.sampler.batch)
            event = next(events)
            if record is None:
                listen(event)
            else:
                record.after(event, run)
    except DivergedError as error:
        named = ", ".join(names[index] for index in error.pictures[:NAMES_IN_A_NOTE])
        tried = f" {error.returns} times, at ever lower learning rates" if error.returns else ""
        raise ConvLensError(
            f"training diverged{tried}: the {error.what} is not finite at step {error.step:,} "
            f"(pictures {named}, …)",
            "train with a lower learning rate: --lr 0.3",
        ) from error
    except MemoryTooSmallError as error:
        raise ConvLensError(
            f"{error}", "free some memory, or take a smaller --size, --batch or network"
        ) from error
    return event
