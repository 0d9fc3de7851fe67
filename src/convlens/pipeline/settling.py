"""Everything that is decided once the pictures are known, and stays the same when a run goes on."""

from __future__ import annotations

import math
import platform
import time
import zlib
from contextlib import suppress
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from convlens import __version__
from convlens.data import Dataset, Preprocessing
from convlens.defaults import (
    BATCH,
    BREADTH,
    GPU_BATCH,
    batch_for,
    epochs_for,
    may_flip,
    network_for,
)
from convlens.errors import ModelFileError, SettingsError
from convlens.modelfile import Model
from convlens.network.engine import Engine, all_bytes, choose_engine
from convlens.notation import Architecture, Plan
from convlens.notation.plan import VALUE_BYTES
from convlens.pipeline.budget import choose_plan, reserve_for
from convlens.pipeline.prepare import Prepared
from convlens.pipeline.record import Record
from convlens.pipeline.settings import Settings
from convlens.training.loop import Run
from convlens.training.recipe import Recipe
from convlens.training.sampler import Sampler
from convlens.training.schedule import Schedule, Steps, Until
from convlens.training.target import Rounds, Target

MOST_AFTER = 0.25
"""Share of the time left that is set aside at most for judging, however slow it seems to be."""

FIRST_ROUND = 0.25
"""Of the usual epochs: the length of the first round towards a target."""

HELD, HELD_FROZEN = 4, 2
"""Numbers held for each weight at least: itself and the best so far, gradient and a moment."""

STATES, ROOM_FOR_EVENTS = 7, 20_000_000
"""Times the weights that a checkpoint takes at most (the best; they and two moments, twice); bytes.
"""


def recipe_for(settings: Settings, pictures: int, classes: tuple[str, ...]) -> Recipe:
    """The recipe for so many training pictures of ``classes``, as the user wants it."""
    most = GPU_BATCH if on_gpu(settings) else BATCH
    batch = batch_for(pictures, most)
    suited = Recipe(batch=batch, flip=may_flip(classes))
    if batch > BATCH and settings.batch is None and "batch" not in settings.recipe:
        suited = suited.scaled(math.sqrt(batch / BATCH))  # the standard rates are for BATCH
    asked = {} if settings.batch is None else {"batch": settings.batch}
    return suited.changed({**asked, **settings.recipe}).scaled(settings.lr or 1.0)


def on_gpu(settings: Settings) -> bool:
    """Whether training will go on a GPU."""
    return settings.device != "cpu" and torch.cuda.is_available()


def engine_for(prepared: Prepared, record: Record | None) -> Engine:
    """The fastest engine, or the one that the run began with where that is here.

    Where the network is for us to choose, one of them stands for all until that is done. Raises
    SettingsError for a network that the device's memory cannot hold.
    """
    width, height, depth = prepared.input
    architecture = prepared.architecture or network_for(width, height, depth, BREADTH)
    plan = architecture.plan(prepared.input, len(prepared.pictures.classes))
    engine = choose_engine(prepared.settings.device, plan)
    check_memory(plan, engine, frozen=prepared.settings.freeze is not None)
    before = None if record is None else record.earlier.settled("engine")
    candidates = [replace(engine, dtype=dtype) for dtype in (torch.float32, torch.bfloat16)]
    return next((one for one in candidates if str(one) == before), engine)


def check_memory(plan: Plan, engine: Engine, *, frozen: bool = False) -> None:
    """Raise SettingsError where the weights alone, while they learn, take more than there is.

    Of many classes the last FC may be larger than all before it, and without memory for it the
    system ends the process with no word of why.
    """
    needed = (HELD_FROZEN if frozen else HELD) * VALUE_BYTES * plan.parameters
    if needed <= (there := all_bytes(engine.device)):
        return
    raise SettingsError(
        f"the network has {plan.parameters:,} parameters for {plan.classes:,} classes, which take "
        f"{needed / 1e9:,.0f} GB while they learn, and there are {there / 1e9:,.0f} GB of memory",
        "let fewer values reach the last FC, by GLOBALPOOL in front of it, or choose fewer classes",
    )


def engine_on(
    plan: Plan, engine: Engine, prepared: Prepared, record: Record | None = None
) -> Engine:
    """``engine``, or fp32 where bf16 does not do for the layers of the ``plan`` that was chosen.

    What a run began with stays.
    """
    began = record is not None and record.earlier.settled("engine") is not None
    if engine.device.type != "cpu" or engine.dtype == torch.float32 or began:
        return engine
    return choose_engine(prepared.settings.device, plan)


def plan_for(
    prepared: Prepared, record: Record | None, dataset: Dataset, engine: Engine, recipe: Recipe
) -> Plan:
    """The network on the pictures; one of our choice is not chosen anew where a run goes on."""
    before = None if record is None else record.earlier.settled("architecture")
    if prepared.architecture is None and isinstance(before, str):
        return Architecture(before).plan(prepared.input, len(dataset.classes))
    return choose_plan(prepared, dataset, engine, recipe)


def preprocessing_for(
    dataset: Dataset,
    base: Model | None,
    record: Record | None,
    normalisation: Preprocessing | None = None,
) -> Preprocessing:
    """The pictures' own, or that of the model to go on from, with the pictures' tones.

    Mean and deviation are those of ``normalisation`` where it is given and as deep as the pictures;
    where a run goes on they stay what they were.
    """
    if base is not None:
        return replace(base.preprocessing, tones=dataset.geometry.tones)
    own = dataset.preprocessing()
    before = None if record is None else record.earlier.settled("preprocessing")
    if before is not None:
        with suppress(ModelFileError):  # then the record says that it is another
            normalisation = Preprocessing.from_json(before)
    if normalisation is None or normalisation.channels != own.channels:
        return own
    return replace(own, mean=normalisation.mean, std=normalisation.std)


def schedule_for(prepared: Prepared, dataset: Dataset, plan: Plan, sampler: Sampler) -> Schedule:
    """As long as the user says, until a target where there is one."""
    target = prepared.settings.target
    if target is None:
        return _length_for(prepared, dataset, plan, sampler)
    if prepared.deadline is None and prepared.settings.epochs is None:
        epochs = max(1, round(FIRST_ROUND * epochs_for(len(dataset.train))))
        return Target(Rounds(epochs * sampler.steps_per_epoch), target)
    return Target(_length_for(prepared, dataset, plan, sampler), target)


def _length_for(prepared: Prepared, dataset: Dataset, plan: Plan, sampler: Sampler) -> Schedule:
    """Until the deadline, less what comes after training; or a number of epochs."""
    if prepared.deadline is not None:
        most = MOST_AFTER * (prepared.deadline - time.monotonic())
        reserve = reserve_for(dataset, plan, sampler.recipe, sampler.device, most)
        return Until(prepared.deadline, reserve, len(dataset.validation))
    epochs = prepared.settings.epochs or epochs_for(len(dataset.train))
    return Steps(max(1, round(epochs * sampler.steps_per_epoch)))


def settled(
    dataset: Dataset, preprocessing: Preprocessing, plan: Plan, run: Run, engine: Engine
) -> dict[str, Any]:
    """What must be the same again for a run to go on, and what else decided on its weights."""
    return {
        "data": {
            "source": dataset.source,
            "fingerprint": dataset.fingerprint,
            "pixels": f"{zlib.crc32(dataset.contents['train'].data):08x}",
            "classes": list(dataset.classes),
            **sizes(dataset),
        },
        "preprocessing": preprocessing.to_json(),
        "architecture": str(plan.architecture),
        "recipe": run.sampler.recipe.to_json(),
        "epochs": run.length,
        "engine": str(engine),
        "threads": torch.get_num_threads(),
        "versions": versions(),
    }


def told_of(dataset: Dataset, settings: Settings, recipe: Recipe) -> dict[str, Any]:
    """What a model file says of every training, also of one that is not over."""
    return {
        "data": {
            "source": dataset.source,
            "fingerprint": dataset.fingerprint,
            **sizes(dataset),
            "skipped": len(dataset.skipped),
            "division": dataset.division,
            "group_by": settings.group_by,
            "labelling": settings.labelling.to_json(),
        },
        "recipe": recipe.to_json(),
        "base": None if settings.base is None else settings.base.name,
        "freeze": settings.freeze,
        "balance": settings.balance,
        "seed": settings.seed,
        "batch": min(recipe.batch, len(dataset.train)),
        "versions": versions(),
        "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def sizes(dataset: Dataset) -> dict[str, int]:
    """Pictures in each part."""
    return {
        "train": len(dataset.train),
        "validation": len(dataset.validation),
        "test": 0 if dataset.test is None else len(dataset.test),
    }


def versions() -> dict[str, str]:
    """What the weights' last bits depend on, the processor aside."""
    return {
        "convlens": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


def room_for(network: nn.Module) -> int:
    """Bytes on the disk that a run may come to: three checkpoints, the model, the events."""
    weights = sum(int(value.nbytes) for value in network.state_dict().values())
    return 3 * STATES * weights + weights + ROOM_FOR_EVENTS
