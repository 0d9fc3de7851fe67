"""The pictures that excite each filter most, with the patch of each that the filter sees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convlens.classifier import Classifier
from convlens.errors import DataError, SettingsError
from convlens.lens.fields import Box, receptive_field
from convlens.lens.opened import LayerInfo, check_channel, layer_of, open_network, row_of
from convlens.lens.streaming import Best, strongest
from convlens.lens.weights import check_weighted
from convlens.notation import Plan, Row
from convlens.notation.layers import Conv


@dataclass(frozen=True, slots=True)
class Exemplar:
    """One patch that excites a filter: of which picture, where in the layer, how strongly.

    ``response`` is the filter's value with the batch-norm behind it, before any activation. ``box``
    are the pixels that it depends on, ``patch`` (h, w, C) uint8 those pixels.
    """

    picture: int
    x: int
    y: int
    response: float
    box: Box
    patch: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Exemplars:
    """For every filter of ``layer`` the k pictures with the strongest responses, strongest first.

    ``pictures``, ``xs``, ``ys`` (K, k) int64 and ``responses`` (K, k) float32. ``pixels``
    (N, H, W, C) uint8 are the pictures gone through, of which patches are cut when asked for.
    ``left_out`` counts filters past the first ``MOST_FILTERS``, which were not followed.
    """

    layer: LayerInfo
    plan: Plan
    pixels: NDArray[np.uint8]
    pictures: NDArray[np.int64]
    xs: NDArray[np.int64]
    ys: NDArray[np.int64]
    responses: NDArray[np.float32]
    left_out: int = 0

    def of(self, channel: int) -> tuple[Exemplar, ...]:
        """The exemplars of one filter. Raises SettingsError where there is no such filter."""
        check_channel(row_of(self.plan, self.layer.name), channel)
        if channel >= len(self.pictures):
            raise SettingsError(
                f"only the first {len(self.pictures):,} filters of {self.layer.name} were followed",
                f"ask for a channel of 0 to {len(self.pictures) - 1}",
            )
        return tuple(self._one(channel, rank) for rank in range(self.pictures.shape[1]))

    def _one(self, channel: int, rank: int) -> Exemplar:
        at = channel, rank
        picture, x, y = int(self.pictures[at]), int(self.xs[at]), int(self.ys[at])
        box = receptive_field(self.plan, self.layer.name, x, y, channel)
        patch = np.array(box.cut(self.pixels[picture]))
        return Exemplar(picture, x, y, float(self.responses[at]), box, patch)

    def _repr_html_(self) -> str:
        from convlens.lens.notebook import exemplars_html

        return exemplars_html(self)


def exemplars(
    classifier: Classifier,
    pixels: NDArray[np.uint8],
    layers: Sequence[str] | None = None,
    k: int = 9,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Exemplars]:
    """Go once through ``pixels`` (N, H, W, C), keeping each filter's k strongest pictures.

    ``layers`` are names of CONV and FC layers, all CONV layers where None. Of each picture only
    the strongest place counts. Memory is that of one batch and of k numbers for each filter.
    ``progress`` is called with the pictures done and N. Raises SettingsError where a layer has no
    filters or k is not a whole number from 1, DataError where the pixels are of another shape.
    """
    plan = classifier.model.plan()
    _check(classifier, pixels, k)
    chosen = _chosen(plan, layers)
    best = strongest(open_network(classifier), chosen, pixels, k, progress)
    return {row.name: _found(best[row.name], row, plan, pixels) for row in chosen}


def _check(classifier: Classifier, pixels: NDArray[np.uint8], k: int) -> None:
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise SettingsError(f"{k!r} exemplars of each filter", "give a whole number from 1")
    shape = classifier.preprocessing.geometry.shape
    if pixels.ndim != 4 or pixels.shape[1:] != shape or pixels.dtype != np.uint8:
        raise DataError(
            f"exemplars are looked for in pixels (N, {', '.join(map(str, shape))}) uint8, "
            f"not {pixels.shape} {pixels.dtype}",
            "bring each picture to size with classifier.pixels",
        )
    if not len(pixels):
        raise DataError("there are no pictures to find exemplars in", "give one at least")


def _chosen(plan: Plan, layers: Sequence[str] | None) -> list[Row]:
    if layers is None:
        return [row for _, row in plan.walk() if isinstance(row.layer, Conv)]
    if isinstance(layers, str):
        layers = [layers]
    rows = [row_of(plan, layer) for layer in layers]
    for row in rows:
        check_weighted(plan, row)
    return rows


def _found(best: Best, row: Row, plan: Plan, pixels: NDArray[np.uint8]) -> Exemplars:
    k = min(best.k, len(pixels))
    places = best.places[:, :k].numpy()
    return Exemplars(
        layer=layer_of(plan, row.name),
        plan=plan,
        pixels=pixels,
        pictures=best.pictures[:, :k].numpy(),
        xs=places % row.output.width,
        ys=places // row.output.width,
        responses=best.responses[:, :k].numpy(),
        left_out=row.output.depth - len(places),
    )
