"""The arithmetic behind a value: from one number in a layer back to what it was made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from convlens.classifier import Classifier
from convlens.lens.fields import Box
from convlens.lens.opened import LayerInfo
from convlens.lens.passes import Pass
from convlens.lens.terms import Terms


@dataclass(frozen=True, slots=True)
class Step:
    """What the next layer made of a value.

    At (``x``, ``y``) of ``channel`` of ``layer`` stands ``value``, made of ``terms``. ``won`` says,
    behind POOL max, GLOBALPOOL max and MAXOUT, whether the value followed was the largest; else
    None. ``windows`` counts the windows of a pooling that hold it; the one shown is the first that
    it won, or the first.
    """

    layer: LayerInfo
    channel: int
    x: int
    y: int
    value: float
    terms: Terms
    won: bool | None = None
    windows: int = 1


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
    raise NotImplementedError


def explain_in(way: Pass, layer: str, channel: int, x: int = 0, y: int = 0) -> Arithmetic:
    """The same for a picture whose way through the network is at hand."""
    raise NotImplementedError
