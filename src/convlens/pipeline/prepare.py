"""Everything that is settled before torch is needed: data, size, network, where the file goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from convlens.data import (
    Dataset,
    Groups,
    Loading,
    Source,
    check_divisible,
    divide,
    named_groups,
    open_source,
    start_loading,
    survey,
)
from convlens.defaults import size_for
from convlens.errors import NotationError, SettingsError
from convlens.files import check_output
from convlens.heads import for_classes
from convlens.modelfile import A_MODEL, Model, is_model, read_model
from convlens.notation import Architecture, Volume, resolve
from convlens.pipeline.events import Event, Reading
from convlens.pipeline.settings import Settings


@dataclass(frozen=True, eq=False, slots=True)
class Prepared:
    """A checked job whose pictures are being decoded."""

    settings: Settings
    source: Source
    named: Groups | None  # pictures that belong together by their names
    input: Volume
    architecture: Architecture | None  # None: to be chosen
    base: Model | None  # what to go on from
    out: Path | None
    loading: Loading
    begun: float  # on the clock of time.monotonic
    deadline: float | None


def prepare(settings: Settings, begun: float | None = None) -> Prepared:
    """Check all that can be checked before the work, and begin to decode in the background.

    Raises ConvLensError: the data do not open, the network does not read or fit, the file could
    not be written.
    """
    begun = time.monotonic() if begun is None else begun
    base = None if settings.base is None else read_model(settings.base)
    architecture = _architecture(settings.net)
    if settings.out is not None:
        check_output(settings.out, is_model, A_MODEL)
    source = open_source(settings.data)
    check_divisible(source)
    named = None if settings.group_by is None else named_groups(source, settings.group_by)
    if base is not None:
        architecture = for_classes(base.architecture, len(source.classes))
        architecture = architecture.with_input(base.plan().input)
    volume = _input(settings, source, architecture)
    if architecture is not None:
        _check_fit(architecture, volume, source)
        architecture = architecture.with_input(volume)
    loading = start_loading(
        source,
        width=volume.width,
        height=volume.height,
        channels=volume.depth,
        fit="stretch" if base is None else base.preprocessing.fit,
        cache=settings.cache,
    )
    deadline = None if settings.budget is None else begun + settings.budget
    return Prepared(
        settings,
        source,
        named,
        volume,
        architecture,
        base,
        settings.out,
        loading,
        begun,
        deadline,
    )


def read(prepared: Prepared, listen: Callable[[Event], None]) -> Dataset:
    """Wait for the pictures, and divide them: near duplicates and what is named so together."""
    decoded = prepared.loading.result(lambda done, total: listen(Reading(done, total)))
    groups = decoded.groups(prepared.named)
    return decoded.dataset(divide(prepared.source, seed=prepared.settings.seed, groups=groups))


def _architecture(net: str | Path | Architecture | None) -> Architecture | None:
    return resolve(net) if isinstance(net, str | Path) else net


def _input(settings: Settings, source: Source, architecture: Architecture | None) -> Volume:
    """The volume that pictures are brought to: the text's, the user's, or the pictures' own."""
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
    seen = survey(source)
    return Volume(*(settings.size or size_for(seen)), seen.channels)


def _check_fit(architecture: Architecture, volume: Volume, source: Source) -> None:
    """See that the network fits the pictures; say so with their size where it does not."""
    try:
        architecture.plan(volume, len(source.classes))
    except NotationError as error:
        if architecture.input is None and error.correction is None:
            size = "x".join(map(str, error.fits or "WH"))
            error.hint = f"the pictures come as {volume}: give another size with --size {size}"
        raise
