"""The arithmetic behind a value: from one number in a layer back to what it was made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from convlens.classifier import Classifier
from convlens.lens.fields import Box, receptive_field
from convlens.lens.following import Place, Step, followed
from convlens.lens.making import terms_of
from convlens.lens.opened import LayerInfo, check_cell, check_channel, layer_of, row_of
from convlens.lens.order import links
from convlens.lens.passes import Pass, passed
from convlens.lens.terms import Terms


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How the value at (``x``, ``y``) of ``channel`` of ``layer`` comes about.

    ``value`` is the network's, computed in float64; ``terms.total`` is made of the numbers shown
    and agrees with it. ``reads`` names the layer that the terms' inputs are the output of, or
    ``input``. ``field`` are the pixels of the picture that it depends on. ``steps`` follow the
    value through the layers behind, as long as each makes its values of one channel's, and
    ``ends`` says in words why the last is the last.
    """

    layer: LayerInfo
    channel: int
    x: int
    y: int
    value: float
    reads: str
    terms: Terms
    field: Box
    steps: tuple[Step, ...]
    ends: str

    def _repr_html_(self) -> str:
        from convlens.lens.notebook import arithmetic_html

        return arithmetic_html(self)


def explain(
    classifier: Classifier, picture: Any, layer: str, channel: int, x: int = 0, y: int = 0
) -> Arithmetic:
    """The arithmetic behind one value of ``layer`` for ``picture``.

    For several values of one picture, ``explain_in(passed(classifier, picture), …)`` computes the
    network only once. Raises DataError where it is no picture, SettingsError where there is no
    such layer, channel or cell.
    """
    row = row_of(classifier.model.plan(), layer)
    check_channel(row, channel)
    check_cell(row, x, y)
    return explain_in(passed(classifier, picture), layer, channel, x, y)


def explain_in(way: Pass, layer: str, channel: int, x: int = 0, y: int = 0) -> Arithmetic:
    """The same for a picture whose way through the network is at hand."""
    row = row_of(way.plan, layer)
    check_channel(row, channel)
    check_cell(row, x, y)
    linked = links(way.plan)
    link = linked[row.name]
    steps, ends = followed(way, linked, Place(link, channel, x, y))
    return Arithmetic(
        layer=layer_of(way.plan, layer),
        channel=channel,
        x=x,
        y=y,
        value=float(way.volumes[row.name][channel, y, x]),
        reads=link.source,
        terms=terms_of(way, link, channel, x, y),
        field=receptive_field(way.plan, layer, x, y, channel),
        steps=steps,
        ends=ends,
    )
