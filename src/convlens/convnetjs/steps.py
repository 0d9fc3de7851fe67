"""A model as the steps that ConvNetJS can take: what it lacks is brought to what it has.

Exactly, in 64-bit numbers: BN goes into the convolution before it, or becomes one of 1x1; groups,
dilation and uneven padding become zeros in larger filters; the preprocessing becomes a first 1x1
convolution, the calibration's temperature a factor on the last weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from convlens.convnetjs.filters import Square, check_values, diagonal, squared
from convlens.convnetjs.values import CENTRE, Values, rows_from_filters, rows_from_weights
from convlens.errors import ModelFileError
from convlens.modelfile import Model
from convlens.notation import Row, Volume
from convlens.notation import layers as kinds
from convlens.notation.layers import BN_EPSILON


@dataclass(slots=True)
class Step:
    """A layer of ConvNetJS: its kind and options, its output, and its weights if it has any.

    ``rows`` holds the filters, one a row, in the order of ConvNetJS.
    """

    kind: str
    output: Volume
    options: dict[str, Any] = field(default_factory=dict)
    rows: Values | None = None
    biases: Values | None = None

    def scale(self, factor: Values | float, shift: Values | float = 0.0) -> None:
        """Make the step give ``factor·y + shift`` for y."""
        assert self.rows is not None
        assert self.biases is not None
        self.rows = self.rows * (factor if np.ndim(factor) == 0 else np.reshape(factor, (-1, 1)))
        self.biases = self.biases * factor + shift


def steps_of(model: Model) -> list[Step]:
    """The steps of ``model``, input and loss included.

    Raises ModelFileError where ConvNetJS lacks a layer, naming it and saying what to do.
    """
    return _Writer(model).steps()


class _Writer:
    def __init__(self, model: Model) -> None:
        self.model = model
        self.plan = model.plan()
        self.done: list[Step] = [Step("input", self.plan.input)]
        self.written = 0  # filters' weights

    def steps(self) -> list[Step]:
        check_values(self.plan.parameters, "its parameters")
        self._preprocess()
        for row in self.plan.rows:
            self._write(row)
        if self.done[-1].kind != "svm":
            if self.model.temperature != 1:
                self._factor(1 / self.model.temperature)
            self._add("softmax", self.done[-1].output, num_inputs=self.done[-1].output.size)
        return self.done

    def _add(self, kind: str, output: Volume, **options: Any) -> None:
        self.done.append(Step(kind, output, options))

    def _preprocess(self) -> None:
        """(p/255 - mean)/std from ConvNetJS's p/255 - 0.5."""
        p = self.model.preprocessing
        mean, std = np.array(p.mean), np.array(p.std)
        if (mean != CENTRE).any() or (std != 1).any():
            self._pointwise(1 / std, (CENTRE - mean) / std)

    def _pointwise(self, factor: Values, shift: Values) -> None:
        """Give each depth slice its factor and shift, in the step before or in one of its own."""
        if self.done[-1].rows is not None:
            self.done[-1].scale(factor, shift)
            return
        self._convolve(diagonal(factor), shift, self.done[-1].output)

    def _convolve(self, square: Square, biases: Values, output: Volume) -> None:
        filters, pad, stride = square
        options = {
            "sx": filters.shape[3],
            "sy": filters.shape[2],
            "stride": stride,
            "in_depth": filters.shape[1],
            "pad": pad,
        }
        self.written += filters.size
        check_values(self.written, "its filters, written out,")
        self.done.append(Step("conv", output, options, rows_from_filters(filters), biases))

    def _factor(self, factor: float) -> None:
        """Multiply the scores, by the last weights where nothing bars the way to them."""
        depth = self.done[-1].output.depth
        self._pointwise(np.full(depth, factor), np.zeros(depth))

    def _tensor(self, row: Row, name: str) -> Values:
        return np.asarray(self.model.weights[f"{row.name}.{name}"], np.float64)

    def _bias(self, row: Row, wanted: bool) -> Values:
        return self._tensor(row, "bias") if wanted else np.zeros(row.output.depth)

    def _write(self, row: Row) -> None:
        layer = row.layer
        write = _WRITERS.get(type(layer))
        if write is None or (isinstance(layer, kinds.Activation) and layer.kind not in _ALIKE):
            raise _unsayable(row)
        write(self, row, layer)

    def conv(self, row: Row, layer: kinds.Conv) -> None:
        self._convolve(
            squared(self._tensor(row, "weight"), layer, row),
            self._bias(row, layer.bias),
            row.output,
        )

    def fc(self, row: Row, layer: kinds.FullyConnected) -> None:
        rows = rows_from_weights(self._tensor(row, "weight"), row.input)
        options = {"num_inputs": row.input.size}
        biases = self._bias(row, layer.bias)
        self.done.append(Step("fc", row.output, options, rows, biases))

    def pool(self, row: Row, layer: kinds.Pool) -> None:
        sides = set(row.padding)
        if layer.kind != "max" or len(sides) != 1:
            raise _unsayable(row)
        self._pooled(row, layer.kernel, layer.stride, sides.pop())

    def global_pool(self, row: Row, layer: kinds.GlobalPool) -> None:
        if layer.kind != "max":
            raise _unsayable(row)
        self._pooled(row, (row.input.width, row.input.height), 1, 0)

    def _pooled(self, row: Row, kernel: tuple[int, int], stride: int, pad: int) -> None:
        options = {"sx": kernel[0], "sy": kernel[1], "stride": stride, "pad": pad}
        self._add("pool", row.output, in_depth=row.input.depth, **options)

    def norm(self, row: Row, layer: kinds.BatchNorm) -> None:
        deviation = np.sqrt(self._tensor(row, "running_var") + BN_EPSILON)
        factor = self._tensor(row, "weight") / deviation
        self._pointwise(
            factor, self._tensor(row, "bias") - self._tensor(row, "running_mean") * factor
        )

    def activation(self, row: Row, layer: kinds.Activation) -> None:
        self._add(layer.kind, row.output)

    def maxout(self, row: Row, layer: kinds.Maxout) -> None:
        self._add("maxout", row.output, group_size=layer.group)

    def lrn(self, row: Row, layer: kinds.LocalResponseNorm) -> None:
        if layer.n % 2 == 0:
            raise _unsayable(row)
        self._add("lrn", row.output, k=layer.k, n=layer.n, alpha=layer.alpha, beta=layer.beta)

    def dropout(self, row: Row, layer: kinds.Dropout) -> None:
        """Nothing: in prediction it does nothing here, and ConvNetJS would multiply."""

    def svm(self, row: Row, layer: kinds.SVM) -> None:
        self._add("svm", row.output, num_inputs=row.output.size)


_ALIKE = ("relu", "sigmoid", "tanh")

_WRITERS: dict[type, Callable[[_Writer, Row, Any], None]] = {
    kinds.Conv: _Writer.conv,
    kinds.FullyConnected: _Writer.fc,
    kinds.Pool: _Writer.pool,
    kinds.GlobalPool: _Writer.global_pool,
    kinds.BatchNorm: _Writer.norm,
    kinds.Activation: _Writer.activation,
    kinds.Maxout: _Writer.maxout,
    kinds.LocalResponseNorm: _Writer.lrn,
    kinds.Dropout: _Writer.dropout,
    kinds.SVM: _Writer.svm,
}


def _unsayable(row: Row) -> ModelFileError:
    """What ConvNetJS lacks, and what to train in its place."""
    match row.layer:
        case kinds.Residual():
            what, instead = "shortcuts (RES)", "train a network without"
        case kinds.Concat():
            what, instead = "branches (CAT)", "train a network without"
        case kinds.Pool(kind="max"):
            what, instead = "padding that differs from side to side in pooling", "say POOL floor"
        case kinds.Pool(kind=kind) | kinds.GlobalPool(kind=kind):
            what, instead = f"pooling by {kind}, only by max", f"train with max in place of {kind}"
        case kinds.Activation(kind=kind):
            what, instead = kind.upper(), f"train with RELU in place of {kind.upper()}"
        case kinds.LocalResponseNorm(n=n):
            what, instead = f"LRN over an even number of neighbours, {n}", f"take {n + 1}"
        case layer:
            what, instead = type(layer).__name__, "leave it out"
    return ModelFileError(f"{row.name}: ConvNetJS has no {what}", instead)
