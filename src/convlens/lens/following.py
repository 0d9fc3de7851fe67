"""What the layers behind made of a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from convlens.lens.making import terms_of
from convlens.lens.opened import LayerInfo, layer_of
from convlens.lens.order import Link
from convlens.lens.passes import Pass
from convlens.lens.terms import Largest, Terms, Window
from convlens.notation import layers as kinds


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
class Place:
    """A cell of a layer's output."""

    link: Link
    channel: int
    x: int
    y: int


def followed(way: Pass, linked: Mapping[str, Link], place: Place) -> tuple[tuple[Step, ...], str]:
    """The steps behind ``place``, and why there are no more."""
    steps: list[Step] = []
    while True:
        link = place.link
        if link.behind is None and link.parent is None:
            return tuple(steps), "the end of the network"
        if link.behind is None:
            assert link.parent is not None
            step, place = _joining(way, linked[link.parent.name], place)
            steps.append(step)
            continue
        behind = linked[link.behind.name]
        if stop := STOPS.get(type(behind.row.layer)):
            return tuple(steps), f"{behind.row.name} {stop}"
        found = [_step(way, there, place) for there in _places_behind(behind, place)]
        if not found:
            return tuple(steps), f"{behind.row.name} leaves this cell out"
        best = next((at for at, step in enumerate(found) if step.won), 0)
        step = found[best]
        steps.append(replace(step, windows=len(found)))
        place = Place(behind, step.channel, step.x, step.y)


STOPS = {
    kinds.Conv: "weighs it together with others",
    kinds.FullyConnected: "weighs it together with all others",
    kinds.Residual: "reads it in its body and its shortcut",
    kinds.Concat: "reads it in each of its branches",
}


def _places_behind(link: Link, place: Place) -> Iterator[Place]:
    """Where in the output of ``link`` the value takes part, row by row."""
    layer, channel = link.row.layer, place.channel
    match layer:
        case kinds.Pool():
            sides, output = link.row.padding, link.row.output
            width, height = layer.kernel
            for y in _windows(place.y + sides.top, height, layer.stride, output.height):
                for x in _windows(place.x + sides.left, width, layer.stride, output.width):
                    yield Place(link, channel, x, y)
        case kinds.GlobalPool():
            yield Place(link, channel, 0, 0)
        case kinds.Maxout():
            yield Place(link, channel // layer.group, place.x, place.y)
        case _:
            yield Place(link, channel, place.x, place.y)


def _windows(at: int, window: int, stride: int, cells: int) -> range:
    """The windows along one axis that hold the cell ``at``, padding counted."""
    return range(max(0, -(-(at - window + 1) // stride)), min(cells, at // stride + 1))


def _step(way: Pass, there: Place, place: Place) -> Step:
    terms = terms_of(way, there.link, there.channel, there.x, there.y)
    won: bool | None = None
    if isinstance(terms, Window) and terms.kind == "max":
        won = terms.winner == (place.x, place.y)
    elif isinstance(terms, Largest):
        won = terms.winner == place.channel
    return _made(way, there, terms, won)


def _joining(way: Pass, parent: Link, place: Place) -> tuple[Step, Place]:
    """The step out of a branch into the RES or CAT around it."""
    channel = place.channel
    if isinstance(parent.row.layer, kinds.Concat):
        before = range(place.link.branch)
        channel += sum(len(way.volumes[parent.end(number)]) for number in before)
    there = Place(parent, channel, place.x, place.y)
    return _made(way, there, terms_of(way, parent, channel, place.x, place.y), None), there


def _made(way: Pass, there: Place, terms: Terms, won: bool | None) -> Step:
    name = there.link.row.name
    return Step(
        layer=layer_of(way.plan, name),
        channel=there.channel,
        x=there.x,
        y=there.y,
        value=float(way.volumes[name][there.channel, there.y, there.x]),
        terms=terms,
        won=won,
    )
