"""A network on a given input: every layer's row, and the totals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from convlens.notation.faults import Cause, Misfit
from convlens.notation.layers import SVM, FullyConnected, Layer
from convlens.notation.trace import ClassesUnknown, trace
from convlens.notation.volumes import Row, Volume

if TYPE_CHECKING:
    from convlens.notation.architecture import Architecture

STATES = 6
"""Numbers for each weight: itself, gradient, two of the optimizer's, the best so far, its average.

All but the weights themselves are upper bounds: not every optimizer has two.
"""

PASSES = 2
"""Numbers for each activation: itself, and its gradient."""

VALUE_BYTES = 4
"""Bytes of a value: everything is counted in 32-bit floating point."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an architecture comes to on ``input`` with ``classes`` classes.

    ``rows`` are the top-level layers, RES and CAT with their branches inside; every number is for
    one picture.
    """

    architecture: Architecture
    input: Volume
    classes: int
    rows: tuple[Row, ...]

    def walk(self) -> Iterator[tuple[int, Row]]:
        """Yield ``(nesting, row)`` for every row, those of branches behind their RES or CAT."""
        for row in self.rows:
            yield from row.walk()

    @property
    def parameters(self) -> int:
        """Learnable values of the whole network."""
        return sum(row.parameters for _, row in self.walk())

    @property
    def multiply_adds(self) -> int:
        """Multiplications, each with its addition, of one forward pass."""
        return sum(row.multiply_adds for _, row in self.walk())

    @property
    def activations(self) -> int:
        """Values of the input and of every row's output, those inside branches included."""
        return self.input.size + sum(row.output.size for _, row in self.walk())

    @property
    def memory(self) -> int:
        """Bytes of those values; training keeps about as much again for their gradients."""
        return VALUE_BYTES * self.activations

    def training_memory(self, batch: int) -> int:
        """Bytes that training takes, about: of a batch all activations, of weights all states."""
        return PASSES * batch * self.memory + STATES * VALUE_BYTES * self.parameters

    @property
    def loss(self) -> Literal["softmax", "svm"]:
        """What the network is trained by."""
        return "svm" if isinstance(self.rows[-1].layer, SVM) else "softmax"


def planned_rows(
    layers: tuple[Layer, ...], volume: Volume, classes: int | None
) -> tuple[int, tuple[Row, ...]]:
    """Return the number of classes and the rows of a network that is complete; else Misfit."""
    try:
        rows = trace(layers, volume, classes)
    except ClassesUnknown:
        raise _unknown_classes(layers) from None
    output = rows[-1].output
    flat = output.width == output.height == 1
    if classes is None and not flat:
        message = f"the network ends in {output}, not in one value for each class"
        raise _unended(layers, output, None, message)
    if classes is not None and output.size != classes:
        end = "value" if output.size == 1 else "values"
        shape = f"{output.size} {end}" if flat else f"{output}, that is {output.size:,} values"
        message = f"the network ends in {shape}; {classes} classes need {classes}"
        raise _unended(layers, output, classes, message)
    return output.size, rows


def _unended(
    layers: tuple[Layer, ...], output: Volume, classes: int | None, message: str
) -> Misfit:
    last = layers[-2] if isinstance(layers[-1], SVM) and len(layers) > 1 else layers[-1]
    return Misfit(
        Cause.END,
        message,
        position=None,
        layer=last,
        volume=output,
        classes=classes,
        expected="FC at the end, or FC with as many units as there are classes",
    )


def _unknown_classes(layers: tuple[Layer, ...]) -> Misfit:
    bare = [layer for layer in layers if isinstance(layer, FullyConnected) and layer.units is None]
    return Misfit(
        Cause.CLASSES,
        "how many classes there are is not known: FC has one unit for each",
        position=None,
        layer=bare[-1] if bare else layers[-1],
        expected="the number of classes, plan(classes=10), or of units, FC 10",
    )
