"""Everything that is settled before torch is needed: data, size, network."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from convlens.data import (
    Dataset,
    Decoded,
    Fit,
    Geometry,
    Groups,
    Loading,
    Source,
    Survey,
    check_divisible,
    divide,
    learnable,
    named_groups,
    open_source,
    start_loading,
    survey,
)
from convlens.data.leftout import without_chosen
from convlens.data.tones import PLAIN, Tones
from convlens.defaults import size_for, size_in_time
from convlens.errors import NotationError, SettingsError
from convlens.heads import for_classes
from convlens.modelfile import Model, read_model
from convlens.notation import Architecture, Volume, resolve
from convlens.pipeline.events import Event, Reading
from convlens.pipeline.settings import Settings

LEARNING_SHARE = 0.75
"""Of a budget, about, that is left for learning."""

TRAINING_SHARE = 0.7
"""Of the pictures, that are learned from where they come without parts."""

PRODUCT_SIDE, PRODUCTS = 768, 4
"""Sides of the matrices, and products, by which the machine's speed is measured: some 30 ms."""


@dataclass(frozen=True, eq=False, slots=True)
class Prepared:
    """A checked job whose pictures are being decoded."""

    settings: Settings
    pictures: Source | Dataset  # to be read, or there already
    named: Groups | None  # pictures that belong together by their names
    input: Volume
    architecture: Architecture | None  # None: to be chosen
    base: Model | None  # what to go on from
    loading: Loading | None  # where there is something to read
    notes: tuple[str, ...]  # what the user should know of how pictures become 8 bits
    begun: float  # on the clock of time.monotonic
    deadline: float | None


def prepare(
    settings: Settings,
    begun: float | None = None,
    given: Dataset | None = None,
    before: Geometry | None = None,
    share: float = 1.0,
    check_classes: Callable[[Sequence[str]], None] = lambda classes: None,
) -> Prepared:
    """Check all that can be checked before the work, and begin to decode in the background.

    Pictures ``given`` in the geometry that is wanted are taken as they are. Where a run goes on,
    its tones and a size of our choice stay those of ``before``; elsewhere they follow from the
    pictures, the size also from a ``share`` of the budget where there are several trainings.
    ``check_classes`` may refuse the data's classes. Raises ConvLensError: the data do not open,
    the network does not read or fit.
    """
    begun = time.monotonic() if begun is None else begun
    base = None if settings.base is None else read_model(settings.base)
    architecture = _architecture(settings.net)
    stated = None if architecture is None else architecture.input
    if base is not None:
        stated = base.plan().input
    fit = _fit(settings, base)
    known = PLAIN if base is None else base.preprocessing.tones
    if before is not None:
        known = before.tones
    seen: Survey | None = None
    pictures: Source | Dataset
    if given is not None and _suits(given.geometry, stated, settings.size, fit, known):
        pictures, named, tones = given, None, given.geometry.tones
    else:
        pictures = source_of(settings)
        check_divisible(pictures)
        named = None if settings.group_by is None else named_groups(pictures, settings.group_by)
        check_classes(pictures.classes)
        seen = survey(pictures, known=known) if before is None else None
        tones = known if seen is None else seen.tones
    if base is not None:
        architecture = for_classes(base.architecture, len(pictures.classes)).with_input(stated)
    volume = _input(settings, pictures, architecture, before or seen, share)
    if architecture is not None:
        _check_fit(architecture, volume, len(pictures.classes))
        architecture = architecture.with_input(volume)
    return Prepared(
        settings,
        pictures,
        named,
        volume,
        architecture,
        base,
        _loading(pictures, Geometry(*volume, fit, tones), settings.cache),
        () if seen is None else seen.notes,
        begun,
        None if settings.budget is None else begun + settings.budget,
    )


def _fit(settings: Settings, base: Model | None) -> Fit:
    """How pictures of other shapes are brought to size: as asked, or as the base takes them."""
    if base is None:
        return settings.fit or "stretch"
    own = base.preprocessing.fit
    if settings.fit not in (None, own):
        raise SettingsError(
            f"the model that it goes on from takes pictures by fit `{own}`, not `{settings.fit}`",
            "leave fit out, or train from the start",
        )
    return own


def source_of(settings: Settings) -> Source:
    """The pictures that ``settings`` name, listed, of classes that there is one to train on of.

    Raises DataError where there are none, or they can be read in two ways.
    """
    source = open_source(settings.data, settings.labelling)
    return learnable(without_chosen(source, settings.without))


def read(prepared: Prepared, listen: Callable[[Event], None]) -> Dataset:
    """Wait for the pictures, and divide them: near duplicates and what is named so together."""
    if isinstance(prepared.pictures, Dataset):
        return prepared.pictures
    decoded = decoded_of(prepared, listen)
    groups = decoded.groups(prepared.named)
    settings = prepared.settings
    division = divide(
        prepared.pictures, seed=settings.seed, groups=groups, test=settings.test_share
    )
    return decoded.dataset(division)


def decoded_of(prepared: Prepared, listen: Callable[[Event], None]) -> Decoded:
    """Wait for pictures that are being decoded."""
    assert prepared.loading is not None
    return prepared.loading.result(lambda done, total: listen(Reading(done, total)))


def _loading(pictures: Source | Dataset, geometry: Geometry, cache: bool) -> Loading | None:
    """Begin to decode what has to be."""
    if isinstance(pictures, Dataset):
        return None
    return start_loading(
        pictures,
        width=geometry.width,
        height=geometry.height,
        channels=geometry.channels,
        fit=geometry.fit,
        tones=geometry.tones,
        cache=cache,
    )


def _suits(
    geometry: Geometry,
    stated: Volume | None,
    size: tuple[int, int] | None,
    fit: Fit,
    known: Tones,
) -> bool:
    """Whether pictures of that geometry are what the network, or else the user, asks for."""
    sides = (geometry.width, geometry.height)
    if stated is not None and (*sides, geometry.channels) != tuple(stated):
        return False
    if known.over(geometry.tones) != geometry.tones:
        return False
    return geometry.fit == fit and size in (None, sides)


def _architecture(net: str | Path | Architecture | None) -> Architecture | None:
    return resolve(net) if isinstance(net, str | Path) else net


def _input(
    settings: Settings,
    pictures: Source | Dataset,
    architecture: Architecture | None,
    seen: Geometry | Survey | None,
    share: float,
) -> Volume:
    """The volume that pictures are brought to: the text's, the user's, or one that suits them.

    ``seen`` is what the pictures are like, or what a run that goes on brought them to.
    """
    stated = None if architecture is None else architecture.input
    if stated is not None:
        if stated.depth not in (1, 3):
            raise SettingsError(
                f"INPUT {stated} is {stated.depth} deep; pictures are 1 (grey) or 3 (colour) deep"
            )
        if settings.size not in (None, stated[:2]):
            width, height = settings.size or (0, 0)
            raise SettingsError(
                f"the network says INPUT {stated}, the size {width}x{height}",
                "leave one of the two out",
            )
        return stated
    if isinstance(pictures, Dataset):
        geometry = pictures.geometry
        return Volume(geometry.width, geometry.height, geometry.channels)
    assert seen is not None
    if isinstance(seen, Geometry):
        return Volume(*(settings.size or (seen.width, seen.height)), seen.channels)
    if settings.size is not None or settings.budget is None or architecture is not None:
        return Volume(*(settings.size or size_for(seen)), seen.channels)
    learned = sum(item.part == "train" for item in pictures.items)
    learned = learned or round(TRAINING_SHARE * len(pictures))
    work = share * LEARNING_SHARE * settings.budget * product_speed()
    return Volume(*size_in_time(seen, learned, work), seen.channels)


@cache
def product_speed() -> float:
    """Multiply-adds a second of this machine, by a matrix product in numpy, at its quickest.

    Networks of ours learn at 0.75 to 1.1 times this rate, measured with and without bf16: good
    enough to choose among sizes that differ twofold, before torch is there to try.
    """
    random = np.random.default_rng(0)
    one, other = random.random((2, PRODUCT_SIDE, PRODUCT_SIDE), dtype=np.float32)
    quickest = math.inf
    for _ in range(PRODUCTS):
        begun = time.perf_counter()
        one @ other
        quickest = min(quickest, time.perf_counter() - begun)
    return PRODUCT_SIDE**3 / quickest


def _check_fit(architecture: Architecture, volume: Volume, classes: int) -> None:
    """See that the network fits the pictures; say so with their size where it does not."""
    try:
        architecture.plan(volume, classes)
    except NotationError as error:
        if architecture.input is None and error.correction is None:
            size = "x".join(map(str, error.fits or "WH"))
            error.hint = f"the pictures come as {volume}: give another size with --size {size}"
        raise
