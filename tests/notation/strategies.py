"""Random networks that fit, for any test that wants one.

Drawn layer by layer from the volume at hand; what would not fit is left out, so nothing is
filtered away afterwards.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import get_args

from hypothesis import strategies as st

from convlens.notation import Architecture, Volume
from convlens.notation import layers as kinds
from convlens.notation.faults import Misfit
from convlens.notation.layers import Layer
from convlens.notation.trace import trace

Drawn = tuple[tuple[Layer, ...], Volume, int]

volumes = st.builds(Volume, st.integers(1, 20), st.integers(1, 20), st.integers(1, 6))

plain_layers = st.one_of(
    st.builds(kinds.Activation, kind=st.sampled_from(get_args(kinds.ActivationKind))),
    st.just(kinds.BatchNorm()),
    st.just(kinds.LocalResponseNorm()),
    st.builds(
        kinds.LocalResponseNorm,
        k=st.sampled_from([0.5, 1.0, 2.0]),
        n=st.integers(1, 7),
        alpha=st.floats(1e-6, 1.0),
        beta=st.sampled_from([0.5, 0.75, 1.0]),
    ),
    st.builds(kinds.Dropout, p=st.one_of(st.just(0.5), st.floats(0, 0.9))),
    st.builds(kinds.Maxout, group=st.integers(2, 3)),
)
"""Layers that keep width and height."""

_whole = cache(st.integers)
_one_of = cache(lambda *choices: st.sampled_from(choices))
# built once: hypothesis works out anew what it knows of a strategy that is built for each draw
_sides = _whole(1, 5)
_fits = st.sampled_from(get_args(kinds.Fit))
_kernels = st.one_of(_sides.map(lambda side: (side, side)), st.tuples(_sides, _sides))
_pads = st.one_of(st.just("same"), _whole(0, 3))
_pool_strides = cache(lambda least: st.one_of(st.just(least), _whole(1, 3)))
_pool_pads = cache(lambda most: st.one_of(st.just(0), st.just("same"), _whole(0, most)))
_tails = st.lists(plain_layers.filter(lambda layer: not isinstance(layer, kinds.Maxout)))
_filters = st.lists(_whole(1, 4), min_size=2, max_size=4)
_booleans = st.booleans()


@st.composite
def _convs(draw: st.DrawFn, volume: Volume) -> kinds.Conv:
    groups = draw(_one_of(*(n for n in (1, 1, 1, 2, 3, 4) if volume.depth % n == 0)))
    depths = [None, None, volume.depth, volume.depth // groups]
    return kinds.Conv(
        filters=groups * draw(_whole(1, 4)),
        kernel=draw(_kernels),
        stride=draw(_one_of(1, 1, 1, 2, 3)),
        pad=draw(_pads),
        dilation=draw(_one_of(1, 1, 1, 2, 3)),
        groups=groups,
        bias=draw(_booleans),
        fit=draw(_fits),
        depth=draw(_one_of(*depths)),
    )


@st.composite
def _pools(draw: st.DrawFn) -> kinds.Pool:
    kernel = draw(_kernels)
    stride = draw(_pool_strides(min(kernel)))
    return kinds.Pool(
        kind=draw(_one_of(*get_args(kinds.PoolKind))),
        kernel=kernel,
        stride=stride,
        pad=draw(_pool_pads(min(kernel) // 2)),
        fit=draw(_fits),
    )


@st.composite
def _keeping(draw: st.DrawFn, volume: Volume, stride: int) -> tuple[Layer, ...]:
    """A branch whose width and height are ``ceil(side / stride)``; empty only for stride 1."""
    side = draw(_sides)
    first: list[Layer] = draw(
        st.sampled_from(
            [
                [kinds.Conv(filters=draw(_whole(1, 4)), kernel=(side, side), stride=stride)],
                [kinds.Pool(kernel=(side, side), stride=stride, pad="same")],
                [] if stride == 1 else [kinds.Conv(filters=2, kernel=(1, 1), stride=stride)],
            ]
        )
    )
    rest = draw(_tails)
    return (*first, *rest[:2])


@st.composite
def _branchings(draw: st.DrawFn, volume: Volume, nesting: int) -> Layer:
    stride = draw(_one_of(1, 1, 2))
    if draw(_booleans):
        count = draw(_whole(2, 3))
        return kinds.Concat(branches=tuple(draw(_keeping(volume, stride)) for _ in range(count)))
    body = draw(_keeping(volume, stride)) + draw(_sequences(volume, nesting + 1, 2))
    if not body:
        body = (kinds.Conv(filters=3),)
    shortcut = draw(_one_of("implied", "identity", "conv"))
    if shortcut == "conv":
        end = _traced((*body,), volume)
        if end is not None and end[:2] == (-(-volume.width // stride), -(-volume.height // stride)):
            conv = kinds.Conv(filters=end.depth, kernel=(1, 1), stride=stride)
            return kinds.Residual(body=body, shortcut=(conv,))
    return kinds.Residual(body=body, shortcut=() if shortcut == "identity" else None)


def _traced(layers: tuple[Layer, ...], volume: Volume) -> Volume | None:
    """The volume behind ``layers``, or None where they do not fit."""
    try:
        rows = trace(layers, volume, None)
    except Misfit:
        return None
    return rows[-1].output if rows else volume


@st.composite
def _sequences(draw: st.DrawFn, volume: Volume, nesting: int, most: int) -> tuple[Layer, ...]:
    layers: list[Layer] = []
    for _ in range(draw(_whole(0, most))):
        drawn = _drawn(draw, volume, nesting)
        behind = _traced(drawn, volume)
        if behind is not None:
            layers.extend(drawn)
            volume = behind
    return tuple(layers)


def _drawn(draw: st.DrawFn, volume: Volume, nesting: int) -> tuple[Layer, ...]:
    """One layer, or a block of two repeated, its numbers of filters the same or not."""
    choices = ["plain", "conv", "conv", "pool", "gpool", "fc", "block", *["branches"] * 3]
    choice = draw(_one_of(*choices))
    if choice == "conv":
        return (draw(_convs(volume)),)
    if choice == "pool":
        return (draw(_pools()),)
    if choice == "gpool":
        return (kinds.GlobalPool(kind=draw(_one_of("max", "avg"))),)
    if choice == "fc":
        return (kinds.FullyConnected(units=draw(_whole(1, 12)), bias=draw(_booleans)),)
    if choice == "branches" and nesting < 2:
        return (draw(_branchings(volume, nesting)),)
    if choice == "block":
        conv = replace(draw(_convs(volume)), groups=1, depth=None, stride=1, pad="same")
        filters = draw(_filters)
        tail = draw(plain_layers)
        return tuple(layer for number in filters for layer in (replace(conv, filters=number), tail))
    return (draw(plain_layers),)


@st.composite
def networks(draw: st.DrawFn, most: int = 7, inputs: st.SearchStrategy[Volume] = volumes) -> Drawn:
    """Layers that fit, the volume they fit, and the number of classes they end in."""
    volume = draw(inputs)
    classes = draw(_whole(1, 12))
    layers = draw(_sequences(volume, 0, most))
    units = draw(_one_of(classes, None))
    end: tuple[Layer, ...] = draw(
        st.sampled_from(
            [
                (kinds.FullyConnected(units=units),),
                (kinds.Conv(filters=classes, kernel=(1, 1)), kinds.GlobalPool()),
            ]
        )
    )
    loss = draw(st.sampled_from([(), (kinds.SVM(),)]))
    return (*layers, *end, *loss), volume, classes


@st.composite
def architectures_on_inputs(
    draw: st.DrawFn, most: int = 7, inputs: st.SearchStrategy[Volume] = volumes
) -> tuple[Architecture, Volume, int]:
    """A network, an input that it fits, and its number of classes.

    ``architecture.plan(volume, classes)`` succeeds. The text states the input, or leaves it open.
    """
    layers, volume, classes = draw(networks(most, inputs))
    stated = draw(_booleans)
    return Architecture.of(layers, volume if stated else None), volume, classes
