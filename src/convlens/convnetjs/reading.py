"""From a snapshot of ConvNetJS to our model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from convlens.convnetjs.document import Bad, Part, read_parts
from convlens.convnetjs.values import CENTRE, Values, filters_from_rows, weights_from_rows
from convlens.data import Preprocessing
from convlens.errors import ModelFileError, NotationError, SettingsError
from convlens.modelfile import Model
from convlens.notation import Architecture, Plan, Row, Volume
from convlens.notation import layers as kinds
from convlens.notation.faults import Misfit
from convlens.notation.layers import Layer, Padding
from convlens.notation.trace import trace
from convlens.notation.words import BOUNDS

CHANNELS = (1, 3)

_SAYABLE = "conv, fc, pool, relu, sigmoid, tanh, maxout, dropout, lrn, softmax and svm can be"


def read_snapshot(path: Path, names: Sequence[str] | None = None) -> Model:
    """Read the network that ConvNetJS wrote to ``path``.

    ``names`` are those of the classes; left out: those of the snapshot's own ``classes``, which
    ``snapshot`` writes, or numbers. Raises ModelFileError where the file is no snapshot, is damaged
    or holds what the notation cannot say.

    At prediction ConvNetJS multiplies by ``drop_prob`` where it trained with dropout; that factor
    goes into the weights behind, so that the scores are those that ConvNetJS gives.
    """
    try:
        parts, document = read_parts(path)
        plan = _planned(parts)
        weights = _weights(parts, plan)
        volume = plan.input
        preprocessing = Preprocessing(
            *volume, mean=(CENTRE,) * volume.depth, std=(1.0,) * volume.depth
        )
        classes = _classes(names if names is not None else document.get("classes"), plan.classes)
    except Bad as bad:
        raise ModelFileError(f"{path}: {bad}", bad.hint) from None
    except (NotationError, SettingsError) as error:
        raise ModelFileError(f"{path}: {error.message}", "its layers do not fit together") from None
    training = {"imported": {"file": path.name, "network": "ConvNetJS"}}
    return Model(plan.architecture, classes, preprocessing, weights, 1.0, training)


def _planned(parts: list[Part]) -> Plan:
    """The network with every volume held to what the snapshot says of it."""
    first, *rest = parts
    if first.kind != "input":
        raise first.bad("a network begins with its input")
    volume = _output(first)
    if volume.depth not in CHANNELS:
        raise first.bad(f"out_depth is {volume.depth}; a picture has 1 channel or 3")
    layers = []
    before = volume
    for part in rest:
        layer = _layer(part, before, last=part is rest[-1])
        _check_output(part, layer, before)
        layers.append(layer)
        before = _output(part)
    if isinstance(layers[-1], kinds.Softmax):
        layers.pop()
    if not layers:
        raise Bad("it has no layer between its input and its softmax")
    return _opened(layers, volume).plan(classes=before.size)


def _check_output(part: Part, layer: Layer, volume: Volume) -> None:
    """Hold what a part says of its output to what ``layer`` makes of ``volume``."""
    try:
        output = trace([layer], volume, None)[0].output
    except Misfit as misfit:
        raise part.bad(misfit.message.partition(": ")[2]) from None
    if output != _output(part):
        raise part.bad(f"it says {_output(part)}, but makes {output} of {volume}")


def _opened(layers: list[Layer], volume: Volume) -> Architecture:
    """The architecture, a last FC left open for any number of classes."""
    at = len(layers) - (2 if isinstance(layers[-1], kinds.SVM) else 1)
    if at >= 0 and isinstance(layers[at], kinds.FullyConnected):
        layers = [*layers[:at], kinds.FullyConnected(), *layers[at + 1 :]]
    return Architecture.of(layers, volume)


def _output(part: Part) -> Volume:
    return Volume(part.whole("out_sx"), part.whole("out_sy"), part.whole("out_depth"))


def _layer(part: Part, volume: Volume, *, last: bool) -> Layer:
    if part.kind in ("softmax", "svm"):
        if not last:
            raise part.bad("it is not the last layer")
        if volume.width * volume.height > 1:
            raise part.bad(f"it has {volume} to work on, not one value for each class")
    make = _LAYERS.get(part.kind)
    if make is None:
        what = "predicts numbers, not classes" if part.kind == "regression" else "is not known here"
        raise part.bad(what, f"{_SAYABLE} said in the notation")
    return make(part, volume)


def _conv(part: Part, volume: Volume) -> Layer:
    kernel, stride, pad = _window(part)
    if part.whole("in_depth") != volume.depth:
        raise part.bad(f"in_depth is {part.whole('in_depth')}, but {volume} comes before")
    padding: Padding = pad
    if stride == 1 and kernel == (2 * pad + 1, 2 * pad + 1):
        padding = "same"
    fit = _fit(kernel, stride, pad, volume)
    return kinds.Conv(
        filters=part.whole("out_depth"), kernel=kernel, stride=stride, pad=padding, fit=fit
    )


def _pool(part: Part, volume: Volume) -> Layer:
    kernel, stride, pad = _window(part)
    if 2 * pad > min(kernel):
        raise part.bad(f"pad {pad} is more than half its window: some windows would see nothing")
    return kinds.Pool(kernel=kernel, stride=stride, pad=pad, fit=_fit(kernel, stride, pad, volume))


def _window(part: Part) -> tuple[tuple[int, int], int, int]:
    width = part.whole("sx")
    return (width, part.whole("sy", width)), part.whole("stride", 1), part.whole("pad", 0, low=0)


def _fit(kernel: tuple[int, int], stride: int, pad: int, volume: Volume) -> kinds.Fit:
    """What ConvNetJS does by itself, and the notation only where it is said: drop what is over."""
    rooms = (volume.width + 2 * pad - kernel[0], volume.height + 2 * pad - kernel[1])
    return "floor" if any(room % stride for room in rooms) else "exact"


def _fc(part: Part, volume: Volume) -> Layer:
    if part.whole("num_inputs") != volume.size:
        raise part.bad(f"num_inputs is {part.whole('num_inputs')}, but {volume} comes before")
    return kinds.FullyConnected(units=part.whole("out_depth"))


def _lrn(part: Part, volume: Volume) -> Layer:
    """Over an even n, ConvNetJS takes one neighbour more, and still divides by n."""
    n, alpha = part.whole("n"), part.number_at("alpha", BOUNDS["alpha"].high)
    neighbours = 2 * (n // 2) + 1
    k, beta = (part.number_at(key, BOUNDS[key].high) for key in ("k", "beta"))
    return kinds.LocalResponseNorm(k=k, n=neighbours, alpha=alpha * neighbours / n, beta=beta)


def _dropout(part: Part, volume: Volume) -> Layer:
    p = part.number_at("drop_prob", 1, 0.5)
    if not 0 < p <= BOUNDS["p"].high:
        raise part.bad(f"drop_prob is {p:g}: it must lie between 0 and 1")
    return kinds.Dropout(p=p)


def _maxout(part: Part, volume: Volume) -> Layer:
    group = part.whole("group_size", 2, low=2)
    if volume.depth % group:
        raise part.bad(f"the depth of {volume} does not divide into groups of {group}")
    return kinds.Maxout(group=group)


_LAYERS: dict[str, Callable[[Part, Volume], Layer]] = {
    "conv": _conv,
    "pool": _pool,
    "fc": _fc,
    "relu": lambda part, volume: kinds.Activation(kind="relu"),
    "sigmoid": lambda part, volume: kinds.Activation(kind="sigmoid"),
    "tanh": lambda part, volume: kinds.Activation(kind="tanh"),
    "maxout": _maxout,
    "dropout": _dropout,
    "lrn": _lrn,
    "softmax": lambda part, volume: kinds.Softmax(),
    "svm": lambda part, volume: kinds.SVM(),
}

LETS_A_FACTOR_PASS = (kinds.Pool, kinds.Maxout, kinds.Dropout)
"""Layers that give c·y for c·x, with c above 0; RELU is another."""


def _weights(parts: list[Part], plan: Plan) -> dict[str, Any]:
    """The tensors of every row, float32, factors of dropout in the weights behind."""
    weights: dict[str, Any] = {}
    factor = 1.0
    for part, row in zip(parts[1:], plan.rows, strict=False):
        layer = row.layer
        if isinstance(layer, kinds.Dropout):
            factor *= layer.p
        elif isinstance(layer, kinds.Conv | kinds.FullyConnected):
            weights[f"{row.name}.weight"] = (_tensor(part, row) * factor).astype(np.float32)
            weights[f"{row.name}.bias"] = part.biases(row.output.depth).astype(np.float32)
            factor = 1.0
        elif factor != 1 and not passes_factor(layer):
            raise part.bad("the dropout before it has no weights behind it to take its factor")
    if factor != 1:
        raise parts[-1].bad("the dropout before it has no weights behind it to take its factor")
    return weights


def passes_factor(layer: Layer) -> bool:
    """Whether a factor above 0 on the layer's input is the same factor on its output."""
    if isinstance(layer, kinds.Activation):
        return layer.kind == "relu"
    return isinstance(layer, LETS_A_FACTOR_PASS)


def _tensor(part: Part, row: Row) -> Values:
    if isinstance(row.layer, kinds.Conv):
        kernel, depth = row.layer.kernel, row.input.depth
        rows = part.rows(row.layer.filters, kernel[0] * kernel[1] * depth)
        return filters_from_rows(rows, kernel, depth)
    return weights_from_rows(part.rows(row.output.depth, row.input.size), row.input)


def _classes(said: object, count: int) -> tuple[str, ...]:
    """Names of the classes; the snapshot's own where there are as many, and all are texts."""
    if said is None:
        return tuple(map(str, range(count)))
    names = tuple(said) if isinstance(said, list | tuple) else ()
    if len(names) != count or not all(isinstance(name, str) for name in names):
        raise Bad(f"there are {len(names)} names for {count} classes", "give as many as classes")
    if len(set(names)) < count:
        raise Bad("a class is named twice", "give every class a name of its own")
    return names
