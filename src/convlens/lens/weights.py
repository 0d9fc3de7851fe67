"""The filters of a layer as they are: weights on a common scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convlens.classifier import Classifier
from convlens.errors import SettingsError
from convlens.lens.opened import LayerInfo, layer_of, row_of
from convlens.notation import Plan, Row
from convlens.notation.layers import Conv, FullyConnected


@dataclass(frozen=True, slots=True, eq=False)
class Filters:
    """The filters of a CONV, or the units of an FC.

    ``weights`` (K, D, h, w) float32, read-only: K filters through D channels (those of one group);
    for FC the volume before it. ``bias`` (K,) or None. ``scale`` is the largest absolute weight of
    the layer: all tiles are drawn on −scale … scale, so that a filter that looks stronger is
    stronger. ``colour`` says that the filters read the picture's red, green and blue themselves.
    """

    layer: LayerInfo
    weights: NDArray[np.float32]
    bias: NDArray[np.float32] | None
    scale: float
    colour: bool

    def _repr_html_(self) -> str:
        from convlens.lens.notebook import filters_html

        return filters_html(self)


def filters(classifier: Classifier, layer: str) -> Filters:
    """The filters of ``layer``. Raises SettingsError where there is no such CONV or FC."""
    plan = classifier.model.plan()
    row, info = row_of(plan, layer), layer_of(plan, layer)
    check_weighted(plan, row)
    weights = np.asarray(classifier.weights[f"{info.path}.weight"])
    if isinstance(row.layer, FullyConnected):
        weights = weights.reshape(-1, row.input.depth, row.input.height, row.input.width)
    weights = weights.view()
    weights.flags.writeable = False
    first = isinstance(row.layer, Conv) and row is plan.rows[0]
    return Filters(
        layer=info,
        weights=weights,
        bias=classifier.weights.get(f"{info.path}.bias"),
        scale=float(np.abs(weights).max()),
        colour=first and weights.shape[1] == 3 and plan.input.depth == 3,
    )


def check_weighted(plan: Plan, row: Row) -> None:
    """Raise SettingsError where a layer is no CONV or FC."""
    if not isinstance(row.layer, Conv | FullyConnected):
        having = [r.name for _, r in plan.walk() if isinstance(r.layer, Conv | FullyConnected)]
        shown = ", ".join(having[:20]) + (" …" if len(having) > 20 else "")
        raise SettingsError(f"{row.name} has no filters", f"these have: {shown}")
