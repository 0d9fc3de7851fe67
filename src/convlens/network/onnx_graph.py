"""A network on a plan as an ONNX graph, for the runtimes that read it; needs the onnx package.

The graph takes pixels (N, H, W, C) uint8, named ``pixels``, and gives scores (N, classes) float32,
named ``scores``: the pictures' normalisation is part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from convlens.data import Preprocessing
from convlens.notation import Plan, Row, Sides
from convlens.notation import layers as kinds

OPSET, IR_VERSION = 17, 8
"""Of 2022: read by every runtime in use."""

PIXELS, SCORES = "pixels", "scores"

Weights = Mapping[str, NDArray[np.float32]]


class UnsupportedError(Exception):
    """ONNX has no equal of a layer."""


def graph_of(plan: Plan, weights: Weights, preprocessing: Preprocessing) -> bytes:
    """The serialised ONNX model. Raises UnsupportedError."""
    graph = _Graph(weights)
    mean = np.array(preprocessing.mean, np.float32)[:, None, None] * 255
    scale = 1 / (np.array(preprocessing.std, np.float32)[:, None, None] * 255)
    x = graph.add("Cast", PIXELS, to=TensorProto.FLOAT)
    x = graph.add("Transpose", x, perm=[0, 3, 1, 2])
    x = graph.add("Mul", graph.add("Sub", x, graph.constant(mean)), graph.constant(scale))
    x = graph.chain(x, plan.rows, "")
    graph.nodes.append(helper.make_node("Flatten", [x], [SCORES], axis=1))
    width, height, depth = plan.input
    made = helper.make_graph(
        graph.nodes,
        "convlens",
        [helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, ["N", height, width, depth])],
        [helper.make_tensor_value_info(SCORES, TensorProto.FLOAT, ["N", plan.classes])],
        graph.constants,
    )
    model = helper.make_model(
        made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
    )
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


class _Graph:
    """Nodes and constants as they are added; values go by their names."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """One node with one result."""
        result = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [result], **attributes))
        return result

    def constant(self, values: Any, dtype: Any = np.float32) -> str:
        """A tensor that stays."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def chain(self, x: str, rows: Sequence[Row], prefix: str) -> str:
        """``x`` through ``rows``, whose tensors are named with ``prefix``."""
        for row in rows:
            x = self.layer(x, row, prefix + row.name)
        return x

    def layer(self, x: str, row: Row, name: str) -> str:
        """``x`` through one layer. Raises UnsupportedError."""
        layer = row.layer
        match layer:
            case kinds.Conv():
                return self._convolution(x, row, layer, name)
            case kinds.FullyConnected():
                size = (row.input.depth, row.input.height, row.input.width)
                filters = self.weights[f"{name}.weight"].reshape(row.output.depth, *size)
                return self.add("Conv", x, self.constant(filters), *self._bias(layer.bias, name))
            case kinds.Pool():
                return self._pool(x, row, layer)
            case kinds.GlobalPool():
                return self.add("GlobalMaxPool" if layer.kind == "max" else "GlobalAveragePool", x)
            case kinds.Activation():
                return ACTIVATIONS[layer.kind](self, x)
            case kinds.Maxout():
                depth, height, width = row.output.depth, row.output.height, row.output.width
                shape = self.constant([0, depth, layer.group, height, width], np.int64)
                return self.add("ReduceMax", self.add("Reshape", x, shape), axes=[2], keepdims=0)
            case kinds.BatchNorm():
                parts = ("weight", "bias", "running_mean", "running_var")
                tensors = [self.constant(self.weights[f"{name}.{part}"]) for part in parts]
                return self.add("BatchNormalization", x, *tensors, epsilon=kinds.BN_EPSILON)
            case kinds.LocalResponseNorm():
                if layer.n % 2 == 0:
                    raise UnsupportedError("LRN over an even number of neighbours")
                norm = layer.within(row.input.depth)
                figures = {"alpha": norm.alpha, "beta": norm.beta, "bias": norm.k}
                as_floats = {name: float(value) for name, value in figures.items()}
                return self.add("LRN", x, size=norm.n, **as_floats)
            case kinds.Residual():
                body, shortcut = row.branches
                straight = self.chain(x, shortcut, f"{name}.shortcut.")
                return self.add("Add", self.chain(x, body, f"{name}.body."), straight)
            case kinds.Concat():
                parts_of = [
                    self.chain(x, branch, f"{name}.branches.{number}.")
                    for number, branch in enumerate(row.branches)
                ]
                return self.add("Concat", *parts_of, axis=1)
            case kinds.Dropout() | kinds.Softmax() | kinds.SVM():
                return x
        raise UnsupportedError(type(layer).__name__)

    def _bias(self, there: bool, name: str) -> list[str]:
        return [self.constant(self.weights[f"{name}.bias"])] if there else []

    def _convolution(self, x: str, row: Row, layer: kinds.Conv, name: str) -> str:
        filters = self.constant(self.weights[f"{name}.weight"])
        return self.add(
            "Conv",
            x,
            filters,
            *self._bias(layer.bias, name),
            pads=_pads(row.padding),
            strides=[layer.stride] * 2,
            dilations=[layer.dilation] * 2,
            group=layer.groups,
        )

    def _pool(self, x: str, row: Row, layer: kinds.Pool) -> str:
        width, height = layer.kernel
        window: dict[str, Any] = {
            "kernel_shape": [height, width],
            "strides": [layer.stride] * 2,
            "pads": _pads(row.padding),
        }
        if layer.kind == "max":
            return self.add("MaxPool", x, **window)
        if layer.kind == "avg":
            return self.add("AveragePool", x, count_include_pad=0, **window)
        mean = self.add("AveragePool", self.add("Mul", x, x), count_include_pad=1, **window)
        return self.add("Sqrt", self.add("Mul", mean, self.constant(float(width * height))))


def _pads(sides: Sides) -> list[int]:
    return [sides.top, sides.left, sides.bottom, sides.right]


def _gelu(graph: _Graph, x: str) -> str:
    """x/2 · (1 + erf(x/√2)), which runtimes know as one operation."""
    error = graph.add("Erf", graph.add("Div", x, graph.constant(2**0.5)))
    raised = graph.add("Add", error, graph.constant(1.0))
    return graph.add("Mul", graph.add("Mul", x, raised), graph.constant(0.5))


ACTIVATIONS: dict[str, Callable[[_Graph, str], str]] = {
    "relu": lambda graph, x: graph.add("Relu", x),
    "relu6": lambda graph, x: graph.add("Clip", x, graph.constant(0.0), graph.constant(6.0)),
    "leaky": lambda graph, x: graph.add("LeakyRelu", x, alpha=kinds.LEAKY_SLOPE),
    "elu": lambda graph, x: graph.add("Elu", x, alpha=1.0),
    "gelu": _gelu,
    "silu": lambda graph, x: graph.add("Mul", x, graph.add("Sigmoid", x)),
    "sigmoid": lambda graph, x: graph.add("Sigmoid", x),
    "tanh": lambda graph, x: graph.add("Tanh", x),
}
