"""What one value of a layer is made of: small values whose numbers add up to it.

Everything is float64. Volumes are (C, H, W); positions are (x, y), x to the right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Contribution:
    """One product: ``value`` · ``weight``, from the input's ``channel``, column x, row y."""

    channel: int
    x: int
    y: int
    value: float
    weight: float
    product: float


@dataclass(frozen=True, slots=True, eq=False)
class Products:
    """CONV and FC: Σ inputs · weights + bias.

    ``inputs`` and ``weights`` (C, h, w): the patch under the filter and the filter; for FC the
    whole volume and the unit's weights. ``inside`` (h, w) is False for cells of padding, whose
    inputs are 0. The patch begins at channel ``first`` and its cells lie in the input's columns
    ``xs`` (w,) and rows ``ys`` (h,), outside of it for padding. ``bias`` is None for ``nobias``.
    """

    inputs: Values
    weights: Values
    bias: float | None
    inside: Mask
    first: int
    xs: NDArray[np.int64]
    ys: NDArray[np.int64]

    @property
    def products(self) -> Values:
        """(C, h, w): each input with its weight."""
        return self.inputs * self.weights

    @property
    def total(self) -> float:
        """The sum of the products and the bias."""
        return float(self.products.sum()) + (self.bias or 0.0)

    def largest(self, count: int = 10) -> tuple[Contribution, ...]:
        """The ``count`` products of largest size, of either sign, largest first."""
        products = self.products
        order = np.argsort(-np.abs(products), axis=None, kind="stable")[:count]
        found = []
        for place in order:
            c, i, j = (int(n) for n in np.unravel_index(place, products.shape))
            found.append(
                Contribution(
                    self.first + c,
                    int(self.xs[j]),
                    int(self.ys[i]),
                    float(self.inputs[c, i, j]),
                    float(self.weights[c, i, j]),
                    float(products[c, i, j]),
                )
            )
        return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """POOL and GLOBALPOOL: the largest, the mean or the L2 norm of a window of one channel.

    ``inputs`` (h, w), 0 where ``inside`` (h, w) is False: cells of padding never count. The cells
    lie in the input's columns ``xs`` (w,) and rows ``ys`` (h,).
    """

    kind: Literal["max", "avg", "l2"]
    inputs: Values
    inside: Mask
    xs: NDArray[np.int64]
    ys: NDArray[np.int64]

    @property
    def winner(self) -> tuple[int, int] | None:
        """The input's (x, y) of the largest value, the first of equals; None but for ``max``."""
        if self.kind != "max":
            return None
        shown = np.where(self.inside, self.inputs, -np.inf)
        i, j = np.unravel_index(int(shown.argmax()), shown.shape)
        return int(self.xs[j]), int(self.ys[i])

    @property
    def total(self) -> float:
        """The window's value."""
        inputs = self.inputs[self.inside]
        if self.kind == "max":
            return float(inputs.max())
        if self.kind == "l2":
            return math.sqrt(float((inputs * inputs).sum()))
        return float(inputs.mean())


@dataclass(frozen=True, slots=True)
class Pointwise:
    """A function of one value alone: RELU and its like; DROPOUT, SOFTMAX, SVM pass it on.

    ``formula`` writes the function of ``x``; ``total`` is its value at ``value``.
    """

    value: float
    formula: str
    total: float


@dataclass(frozen=True, slots=True)
class Normalised:
    """BN in prediction: (value − mean) / √(variance + epsilon) · scale + shift."""

    value: float
    mean: float
    variance: float
    epsilon: float
    scale: float
    shift: float

    @property
    def standard(self) -> float:
        """How many deviations the value lies above the channel's mean."""
        return (self.value - self.mean) / math.sqrt(self.variance + self.epsilon)

    @property
    def total(self) -> float:
        """The value behind the layer."""
        return self.standard * self.scale + self.shift


@dataclass(frozen=True, slots=True, eq=False)
class ResponseNorm:
    """LRN: value / (k + alpha/n · Σ neighbours²)^beta.

    ``neighbours`` (≤ n,) are the values at the same place from channel ``first`` on, the value
    itself among them.
    """

    value: float
    neighbours: Values
    first: int
    k: float
    alpha: float
    n: int
    beta: float

    @property
    def divisor(self) -> float:
        """What the value is divided by."""
        squares = float((self.neighbours * self.neighbours).sum())
        return float((self.k + self.alpha / self.n * squares) ** self.beta)

    @property
    def total(self) -> float:
        """The value behind the layer."""
        return self.value / self.divisor


@dataclass(frozen=True, slots=True, eq=False)
class Largest:
    """MAXOUT: the largest of ``inputs`` (n,), the values at the same place from ``first`` on."""

    inputs: Values
    first: int

    @property
    def winner(self) -> int:
        """The input's channel of the largest value, the first of equals."""
        return self.first + int(self.inputs.argmax())

    @property
    def total(self) -> float:
        """The largest."""
        return float(self.inputs.max())


@dataclass(frozen=True, slots=True)
class Sum:
    """RES: what the body and the shortcut give at this place.

    ``body_end`` and ``shortcut_end`` name the layers that the two come from; ``input`` is the
    input of the RES itself.
    """

    body: float
    shortcut: float
    body_end: str
    shortcut_end: str

    @property
    def total(self) -> float:
        """Their sum."""
        return self.body + self.shortcut


@dataclass(frozen=True, slots=True)
class Joined:
    """CAT: the value is that of ``branch`` (from 0), there in ``channel`` of the layer ``end``."""

    value: float
    branch: int
    channel: int
    end: str

    @property
    def total(self) -> float:
        """The value itself."""
        return self.value


Terms = Products | Window | Pointwise | Normalised | ResponseNorm | Largest | Sum | Joined
