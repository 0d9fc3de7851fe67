"""Everything that a report shows, gathered from the lens as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.classifier import Classifier
from convlens.data import Pictures
from convlens.lens import PreferredInput, Probabilities, passed, preferred_inputs, probabilities_in
from convlens.lens.looking import INPUT
from convlens.lens.opened import class_index, layer_of
from convlens.lens.passes import Pass
from convlens.notation import Plan
from convlens.notation.layers import Conv
from convlens.report.causes import Causes, causes
from convlens.report.gathering import DataSeen, see_data
from convlens.report.holding import LARGEST_MAP, Holding, holding
from convlens.report.statistics import Statistics, statistics_of

Tell = Callable[[str], None]

MOST_PICTURES = 12
"""Pictures that a report shows."""

PREFERRED_CHANNELS = 6
"""Filters of a layer that an input is synthesized for."""

PREFERRED_LAYERS = 6
"""Layers that it is done for: spread from the first to the last."""

PREFERRED_WORK = 40_000_000
"""Multiply-adds above which a network is too large to do it for within seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A picture of the report: its name, its way through the network, and why its class.

    Of the way's volumes those are gone that are too large for any page; ``statistics`` are of all.
    """

    name: str
    way: Pass
    probabilities: Probabilities
    causes: Causes
    statistics: Mapping[str, Statistics]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A network looked into: what a page draws, and nothing that it computes.

    ``chosen`` are the layers shown, all where None. ``preferred`` are synthesized inputs by layer,
    empty where pictures were given. ``data`` is what a data set adds; None without one.
    """

    title: str
    classifier: Classifier
    plan: Plan
    chosen: frozenset[str] | None
    pictures: tuple[Shown, ...]
    holding: Holding
    preferred: Mapping[str, tuple[PreferredInput, ...]]
    data: DataSeen | None


def look(
    classifier: Classifier,
    pictures: Sequence[tuple[str, Any]],
    *,
    title: str = "network",
    data: Pictures | None = None,
    notes: Sequence[str] = (),
    label: str | None = None,
    chosen: Sequence[str] | None = None,
    tell: Tell = lambda line: None,
    explain: bool = True,
) -> Look:
    """Look into ``classifier`` with ``pictures``, each with its name, and with a data set.

    ``data`` are pictures whose labels index the classifier's classes, and ``notes`` what is to be
    told beside them, a line each; ``label`` is the class to explain, by default each picture's
    likeliest; ``chosen`` the layers to show, by default all.
    Without ``explain`` no saliency maps are made.
    Raises SettingsError where there is no such class or layer, DataError where one is no picture.
    """
    plan = classifier.model.plan()
    names = None if chosen is None else frozenset(layer_of(plan, name).name for name in chosen)
    if label is not None:
        class_index(classifier, label)
    shown = []
    for name, picture in pictures:
        tell(f"looking at {name}")
        shown.append(_shown(classifier, name, picture, label, len(pictures) if explain else 0))
    return Look(
        title=title,
        classifier=classifier,
        plan=plan,
        chosen=names,
        pictures=tuple(shown),
        holding=holding(plan, _strength(plan, shown), len(shown), names),
        preferred={} if shown else _preferred(classifier, plan, names, tell),
        data=None if data is None else see_data(classifier, data, names, tell, notes),
    )


def _shown(
    classifier: Classifier, name: str, picture: Any, label: str | None, explained: int
) -> Shown:
    """One picture; maps are made for it where so many pictures are to be ``explained``."""
    way = passed(classifier, picture)
    statistics = {layer: statistics_of(values) for layer, values in way.volumes.items()}
    small = {
        layer: values
        for layer, values in way.volumes.items()
        if layer == INPUT or values[0].size <= LARGEST_MAP
    }
    way = replace(way, volumes=small)
    why = causes(classifier, way.pixels, label, explained) if explained else Causes((), None)
    return Shown(name, way, probabilities_in(way), why, statistics)


def _strength(plan: Plan, shown: Sequence[Shown]) -> Mapping[str, NDArray[np.float64]]:
    """How strongly each channel of each layer answers to any of the pictures.

    Of scores the highest count, not the largest of either sign: the likeliest classes are shown.
    """
    strength = {}
    for _, row in plan.walk():
        found = np.zeros(row.output.depth)
        for one in shown:
            found = np.maximum(found, one.statistics[row.name].strongest)
        strength[row.name] = found
    for row in plan.rows:
        if shown and row.output == (1, 1, plan.classes):
            scores = [one.way.volumes[row.name][:, 0, 0] for one in shown]
            strength[row.name] = np.max([given - given.max() for given in scores], axis=0)
    return strength


def _preferred(
    classifier: Classifier, plan: Plan, chosen: frozenset[str] | None, tell: Tell
) -> Mapping[str, tuple[PreferredInput, ...]]:
    if plan.multiply_adds > PREFERRED_WORK:
        return {}
    layers = [
        row.name
        for _, row in plan.walk()
        if isinstance(row.layer, Conv) and (chosen is None or row.name in chosen)
    ]
    places = np.unique(np.linspace(0, len(layers) - 1, PREFERRED_LAYERS).round().astype(int))
    found = {}
    for name in [layers[place] for place in places] if layers else []:
        tell(f"what {name} prefers")
        count = min(layer_of(plan, name).output.depth, PREFERRED_CHANNELS)
        found[name] = preferred_inputs(classifier, name, range(count))
    return found
