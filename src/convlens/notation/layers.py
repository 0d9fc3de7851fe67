"""The layers that a network is made of, as immutable values.

Layers are compared by what they say, not by where they were said: ``span``, the offsets of the
layer's words in the text they were read from, takes no part in equality.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

Span = tuple[int, int]
"""Offsets ``(start, end)`` of a word or a layer in the text of the network."""

Padding = int | Literal["same"]
"""Cells of zeros on every side, or ``"same"``: as many as give ``ceil(size / stride)``."""

Fit = Literal["exact", "floor", "ceil"]
"""What to do where a window does not fit a whole number of times: refuse, drop, or overhang."""

PoolKind = Literal["max", "avg", "l2"]

LEAKY_SLOPE = 0.01
"""What LEAKY multiplies negative values by."""

BN_EPSILON = 1e-5
"""Added to BN's variance before its root is taken."""

ActivationKind = Literal["relu", "relu6", "leaky", "elu", "gelu", "silu", "sigmoid", "tanh"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What every layer has: the place in the text that it was read from, if any."""

    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conv(Layer):
    """``CONV K@FxF/S``: K filters of F×F through the full depth (or ``groups`` parts of it)."""

    filters: int = 16
    kernel: tuple[int, int] = (3, 3)  # width, height
    stride: int = 1
    pad: Padding = "same"
    dilation: int = 1
    groups: int = 1
    bias: bool = True
    fit: Fit = "exact"
    depth: int | None = None  # the depth of the input that the text claims, to be checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool(Layer):
    """``POOL FxF/S``: the largest, the mean or the L2 norm of each window of each depth slice."""

    kind: PoolKind = "max"
    kernel: tuple[int, int] = (2, 2)  # width, height
    stride: int = 2
    pad: Padding = 0
    fit: Fit = "exact"


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalPool(Layer):
    """``GLOBALPOOL avg``: one number for each depth slice."""

    kind: Literal["max", "avg"] = "avg"


@dataclass(frozen=True, slots=True, kw_only=True)
class FullyConnected(Layer):
    """``FC n``: n dot products with the whole volume; ``units`` None means one for each class."""

    units: int | None = None
    bias: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation(Layer):
    """``RELU`` and its like: a function of each value alone. ``RELU6`` is min(max(x, 0), 6)."""

    kind: ActivationKind = "relu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Maxout(Layer):
    """``MAXOUT n``: the largest of every n neighbours in depth."""

    group: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchNorm(Layer):
    """``BN``: each depth slice to mean 0 and deviation 1 over the batch, then scale and shift."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalResponseNorm(Layer):
    """``LRN``: ``x / (k + alpha/n · Σ x²)^beta`` over n neighbours in depth.

    That is the form of Caffe, torch and ConvNetJS; the paper (Krizhevsky 2012) has alpha without n.
    """

    k: float = 2.0
    n: int = 5
    alpha: float = 1e-4
    beta: float = 0.75

    def within(self, depth: int) -> LocalResponseNorm:
        """The same on a volume of that depth, with no neighbours counted that it has not."""
        n = min(self.n, 2 * depth - 1)
        return self if n == self.n else replace(self, n=n, alpha=self.alpha * n / self.n)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropout(Layer):
    """``DROPOUT p``: in training, each value is zeroed with probability p, the rest scaled up."""

    p: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Softmax(Layer):
    """``SOFTMAX``: class probabilities, trained by cross-entropy; implied at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SVM(Layer):
    """``SVM``: class scores trained by the multi-class hinge loss with margin 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual(Layer):
    """``RES[ body | shortcut ]``: the sum of two paths.

    ``shortcut`` None is the input itself, or a 1×1 projection of it where the volumes differ; an
    empty tuple is the input itself, always.
    """

    body: tuple[Layer, ...]
    shortcut: tuple[Layer, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Concat(Layer):
    """``CAT[ branch | branch … ]``: the branches' outputs, one behind the other in depth."""

    branches: tuple[tuple[Layer, ...], ...]
