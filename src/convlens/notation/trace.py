"""A network followed layer by layer: the volume, the receptive field and the cost of each.

The receptive field of a CONV or POOL is ``r + (F − 1)·step``, with F the cells that its window
spans and r and step those of the layer before; the step then grows by the stride. Neither is
clipped to the picture. FC and GLOBALPOOL see the whole volume before them, ``r + (size − 1)·step``,
and leave the step as it is: that is how far their output moves when they slide over a larger
picture. Where branches meet, the largest counts, width and height apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from convlens.notation import layers as kinds
from convlens.notation.arithmetic import TooLarge, Uneven, axis, dilated
from convlens.notation.counts import multiply_adds, parameters
from convlens.notation.faults import Cause, Misfit
from convlens.notation.joining import concatenated, projection, summed
from convlens.notation.layers import Layer
from convlens.notation.limits import MAX_PARAMETERS, MAX_VALUES
from convlens.notation.printing import layer_text
from convlens.notation.volumes import Row, Sides, Volume

_NO_PADDING = Sides()

NAMES = {
    kinds.Conv: "conv",
    kinds.Pool: "pool",
    kinds.GlobalPool: "gpool",
    kinds.FullyConnected: "fc",
    kinds.Maxout: "maxout",
    kinds.BatchNorm: "bn",
    kinds.LocalResponseNorm: "lrn",
    kinds.Dropout: "dropout",
    kinds.Softmax: "softmax",
    kinds.SVM: "svm",
    kinds.Residual: "res",
    kinds.Concat: "cat",
}


@dataclass(frozen=True, slots=True)
class Flow:
    """What goes from one layer to the next."""

    volume: Volume
    field: tuple[int, int] = (1, 1)
    step: tuple[int, int] = (1, 1)


class ClassesUnknown(Exception):  # noqa: N818
    """A bare FC was reached while nobody said how many classes there are."""


def trace(layers: Sequence[Layer], volume: Volume, classes: int | None) -> tuple[Row, ...]:
    """Return a row for each of ``layers`` on ``volume``.

    A bare FC gets ``classes`` units; where they are None, ClassesUnknown is raised once the
    layers up to it have been checked. Misfit where a layer does not fit.
    """
    rows, _ = _Tracer(classes).sequence(layers, Flow(volume))
    return rows


class _Tracer:
    def __init__(self, classes: int | None) -> None:
        self.classes = classes
        self.counts: Counter[str] = Counter()
        self.position = -1  # of the layer at hand, as Reading.rounds counts them

    def sequence(self, layers: Sequence[Layer], flow: Flow) -> tuple[tuple[Row, ...], Flow]:
        rows = []
        for layer in layers:
            self.position += 1
            row = self._row(layer, flow)
            flow = Flow(row.output, row.receptive_field, row.step)
            rows.append(row)
        return tuple(rows), flow

    def _name(self, layer: Layer) -> str:
        kind = layer.kind if isinstance(layer, kinds.Activation) else NAMES[type(layer)]
        kind = kind.rstrip("0123456789")  # relu6 is counted with relu, or relu61 would be two
        self.counts[kind] += 1
        return f"{kind}{self.counts[kind]}"

    def _row(self, layer: Layer, flow: Flow) -> Row:
        name = self._name(layer)
        match layer:
            case kinds.Conv():
                self._check_depth(layer, name, flow.volume)
                window = (
                    dilated(layer.kernel[0], layer.dilation),
                    dilated(layer.kernel[1], layer.dilation),
                )
                return self._windowed(layer, name, flow, window, layer.filters)
            case kinds.Pool():
                return self._windowed(layer, name, flow, layer.kernel, flow.volume.depth)
            case kinds.GlobalPool():
                return self._whole(layer, name, flow, flow.volume.depth)
            case kinds.FullyConnected():
                if layer.units is None:
                    if self.classes is None:
                        raise ClassesUnknown
                    layer = replace(layer, units=self.classes)
                assert layer.units is not None
                return self._whole(layer, name, flow, layer.units)
            case kinds.Maxout():
                return self._plain(layer, name, flow, self._maxout(layer, name, flow.volume))
            case kinds.Residual():
                return self._residual(layer, name, flow)
            case kinds.Concat():
                return self._concat(layer, name, flow)
        return self._plain(layer, name, flow, flow.volume)

    def _misfit(self, cause: Cause, layer: Layer, volume: Volume, message: str) -> Misfit:
        return Misfit(cause, message, position=self.position, layer=layer, volume=volume)

    def _check_depth(self, conv: kinds.Conv, name: str, volume: Volume) -> None:
        """Hold K@FxFxD to the input's depth, or to that of one group, as papers write it."""
        if volume.depth % conv.groups:
            message = f"{name}: the depth of {volume} does not divide into {conv.groups} groups"
            raise self._misfit(Cause.GROUPS, conv, volume, message)
        if conv.depth not in (None, volume.depth, volume.depth // conv.groups):
            message = f"{name}: filters of depth {conv.depth} do not go through all of {volume}"
            raise self._misfit(Cause.DEPTH, conv, volume, message)

    def _maxout(self, layer: kinds.Maxout, name: str, volume: Volume) -> Volume:
        if volume.depth % layer.group:
            message = f"{name}: the depth of {volume} does not divide into groups of {layer.group}"
            raise self._misfit(Cause.MAXOUT, layer, volume, message)
        return volume._replace(depth=volume.depth // layer.group)

    def _windowed(
        self,
        layer: kinds.Conv | kinds.Pool,
        name: str,
        flow: Flow,
        window: tuple[int, int],
        depth: int,
    ) -> Row:
        volume = flow.volume
        said = layer_text(layer)
        try:
            across = axis(volume.width, window[0], layer.stride, layer.pad, layer.fit)
            down = axis(volume.height, window[1], layer.stride, layer.pad, layer.fit)
        except Uneven as uneven:
            message = f"{name}: {said} does not fit {volume}: {uneven}"
            raise self._misfit(Cause.UNEVEN, layer, volume, message) from None
        except TooLarge as too_large:
            message = f"{name}: {said} has only {volume} to work on: {too_large}"
            raise self._misfit(Cause.TOO_LARGE, layer, volume, message) from None
        return self._made(
            layer,
            name,
            flow,
            Volume(across.cells, down.cells, depth),
            padding=Sides(across.before, across.after, down.before, down.after),
            field=_grown(flow, window),
            step=(flow.step[0] * layer.stride, flow.step[1] * layer.stride),
        )

    def _whole(self, layer: Layer, name: str, flow: Flow, depth: int) -> Row:
        field = _grown(flow, (flow.volume.width, flow.volume.height))
        return self._made(layer, name, flow, Volume(1, 1, depth), field=field)

    def _plain(self, layer: Layer, name: str, flow: Flow, output: Volume) -> Row:
        return self._made(layer, name, flow, output)

    def _made(
        self,
        layer: Layer,
        name: str,
        flow: Flow,
        output: Volume,
        *,
        padding: Sides = _NO_PADDING,
        field: tuple[int, int] | None = None,
        step: tuple[int, int] | None = None,
        branches: tuple[tuple[Row, ...], ...] = (),
    ) -> Row:
        count, formula = parameters(layer, flow.volume)
        if output.size > MAX_VALUES or count > MAX_PARAMETERS:
            values = max(output.size, count)
            message = f"{name}: {flow.volume} to {output} takes {values:,} values; that is too much"
            raise self._misfit(Cause.SIZE, layer, flow.volume, message)
        return Row(
            name=name,
            layer=layer,
            input=flow.volume,
            output=output,
            padding=padding,
            parameters=count,
            formula=formula,
            multiply_adds=multiply_adds(layer, flow.volume, output),
            receptive_field=field or flow.field,
            step=step or flow.step,
            branches=branches,
        )

    def _residual(self, layer: kinds.Residual, name: str, flow: Flow) -> Row:
        position = self.position
        body, end = self.sequence(layer.body, flow)
        shortcut: tuple[Row, ...] = ()
        side = flow
        if layer.shortcut is not None:
            shortcut, side = self.sequence(layer.shortcut, flow)
        elif conv := projection(flow.volume, end.volume, layer.span):
            row = self._row(conv, flow)
            shortcut, side = (row,), Flow(row.output, row.receptive_field, row.step)
        if complaint := summed(layer, flow.volume, end.volume, side.volume):
            self.position = position
            raise self._misfit(Cause.SUM, layer, flow.volume, f"{name}: {complaint}")
        return self._joined(
            layer, name, flow, end.volume, ends=[end, side], branches=(body, shortcut)
        )

    def _concat(self, layer: kinds.Concat, name: str, flow: Flow) -> Row:
        position = self.position
        traced = [self.sequence(branch, flow) for branch in layer.branches]
        ends = [end for _, end in traced]
        output, complaint = concatenated([end.volume for end in ends])
        if complaint:
            self.position = position
            raise self._misfit(Cause.BRANCHES, layer, flow.volume, f"{name}: {complaint}")
        branches = tuple(rows for rows, _ in traced)
        return self._joined(layer, name, flow, output, ends=ends, branches=branches)

    def _joined(
        self,
        layer: Layer,
        name: str,
        flow: Flow,
        output: Volume,
        *,
        ends: list[Flow],
        branches: tuple[tuple[Row, ...], ...],
    ) -> Row:
        field = max(end.field[0] for end in ends), max(end.field[1] for end in ends)
        step = max(end.step[0] for end in ends), max(end.step[1] for end in ends)
        return self._made(layer, name, flow, output, field=field, step=step, branches=branches)


def _grown(flow: Flow, window: tuple[int, int]) -> tuple[int, int]:
    """Return the receptive field of a window over what flows in."""
    return (
        flow.field[0] + (window[0] - 1) * flow.step[0],
        flow.field[1] + (window[1] - 1) * flow.step[1],
    )
