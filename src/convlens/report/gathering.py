"""What a data set adds to a report: exemplars, the map of the data, the network's health."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from convlens.classifier import Classifier
from convlens.data import Pictures
from convlens.errors import ConvLensError
from convlens.lens import Exemplars, exemplars
from convlens.lens.embedding import Embedding, embed
from convlens.lens.health import Health, examine
from convlens.notation.layers import Conv

EXEMPLAR_WORK = 30_000_000_000
"""Multiply-adds that finding exemplars may take: seconds."""

FEWEST, MOST = 48, 5_000
"""Pictures that they are found among."""

MOST_POINTS = 1_500
"""Pictures on the map: as many as can be told apart."""

HEALTH_WORK = 30_000_000
"""Multiply-adds above which training a few steps takes too long for a report."""

EACH = 8
"""Exemplars of a filter."""


@dataclass(frozen=True, slots=True, eq=False)
class DataSeen:
    """``exemplars`` by layer, among ``searched`` pictures of ``total``; the map; the health.

    ``notes`` say what is not there, and why.
    """

    exemplars: Mapping[str, Exemplars]
    searched: int
    total: int
    embedding: Embedding | None
    health: Health | None
    notes: tuple[str, ...]


def see_data(
    classifier: Classifier,
    pictures: Pictures,
    chosen: Collection[str] | None,
    tell: Callable[[str], None],
    notes: Sequence[str] = (),
) -> DataSeen:
    """Look at ``pictures``, whose labels index the classifier's classes.

    ``notes`` say what else is to be told of them.
    """
    plan = classifier.model.plan()
    count = int(np.clip(EXEMPLAR_WORK // max(plan.multiply_adds, 1), FEWEST, MOST))
    some = _some(pictures, count)
    layers = [
        row.name
        for _, row in plan.walk()
        if isinstance(row.layer, Conv) and (chosen is None or row.name in chosen)
    ]
    tell(f"what excites each filter most, among {len(some):,} pictures")
    found = exemplars(classifier, some.pixels, layers, EACH) if layers else {}
    tell("the map of the data")
    told = [f"{note[:1].upper()}{note[1:]}." for note in notes]
    embedding = health = None
    try:
        embedding = embed(classifier, _some(some, MOST_POINTS))
    except ConvLensError as error:
        told.append(f"No map of the data: {error.message}.")
    if plan.multiply_adds > HEALTH_WORK:
        told.append(
            "The health of so large a network is left out: it is measured by training a few steps; "
            "convlens.lens.health.examine does so."
        )
    else:
        tell("the network's health")
        health = examine(classifier, some)
    return DataSeen(found, len(some), len(pictures), embedding, health, tuple(told))


def _some(pictures: Pictures, count: int) -> Pictures:
    """At most ``count`` of the pictures, evenly spaced: sources list class by class."""
    if len(pictures) <= count:
        return pictures
    return pictures.take(np.linspace(0, len(pictures) - 1, count).round().astype(np.int64))
