"""Random networks: as ConvNetJS is told them, and as ours that it can say."""

from dataclasses import replace

from hypothesis import strategies as st

from convlens.notation import Architecture, Volume
from convlens.notation import layers as kinds
from convlens.notation.faults import Misfit
from convlens.notation.trace import trace

sides = st.integers(1, 4)
inputs = st.builds(Volume, st.integers(3, 12), st.integers(3, 12), st.sampled_from([1, 3]))


@st.composite
def definitions(draw):
    """``makeLayers`` takes them; with the input, (width, height, depth)."""
    volume = draw(inputs)
    defs = [{"type": "input", "out_sx": volume.width, "out_sy": volume.height,
             "out_depth": volume.depth}]  # fmt: skip
    width, height, depth = volume
    scaled = False  # by dropout, with no weights behind it yet
    for _ in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(["conv", "conv", "pool", "fc", "lrn", "maxout", "act", "drop"]))
        if kind in ("conv", "pool"):
            sx, sy = draw(sides), draw(sides)
            most = 3 if kind == "conv" else min(sx, sy) // 2
            pad, stride = draw(st.integers(0, most)), draw(st.integers(1, 3))
            after = [(w + 2 * pad - s) // stride + 1 for w, s in ((width, sx), (height, sy))]
            if min(after) < 1:
                continue
            width, height = after
            definition = {"type": kind, "sx": sx, "sy": sy, "pad": pad, "stride": stride}
            if kind == "conv":
                depth = definition["filters"] = draw(st.integers(1, 6))
                scaled = False
        elif kind == "fc":
            width, height, depth = 1, 1, draw(st.integers(1, 8))
            definition, scaled = {"type": "fc", "num_neurons": depth}, False
        elif kind == "lrn":
            definition = {"type": "lrn", "k": draw(st.sampled_from([1, 2])),
                          "n": draw(st.integers(1, 6)), "alpha": draw(st.floats(0.01, 1)),
                          "beta": draw(st.sampled_from([0.5, 0.75]))}  # fmt: skip
        elif kind == "maxout":
            group = draw(st.integers(2, 3))
            if depth % group:
                continue
            depth //= group
            definition = {"type": "maxout", "group_size": group}
        elif kind == "act":
            definition = {"type": draw(st.sampled_from(["relu", "sigmoid", "tanh"]))}
        else:
            definition, scaled = {"type": "dropout", "drop_prob": draw(st.floats(0.1, 0.9))}, True
        if scaled and definition["type"] in ("lrn", "sigmoid", "tanh"):
            continue
        defs.append(definition)
    defs.append({"type": draw(st.sampled_from(["softmax", "svm"])),
                 "num_classes": draw(st.integers(1, 5))})  # fmt: skip
    return defs, volume


@st.composite
def exportable(draw):
    """A plan that ConvNetJS can say, though not its paddings, groups and norms as they are."""
    volume = draw(inputs)
    layers, before = [], volume
    for _ in range(draw(st.integers(0, 5))):
        layer = draw(_layer(before))
        try:
            rows = trace([*layers, layer], volume, None)
        except Misfit:
            continue
        if isinstance(layer, kinds.Pool) and len(set(rows[-1].padding)) > 1:
            layer = replace(layer, pad=0, fit="floor", kernel=(1, 1))
            rows = trace([*layers, layer], volume, None)
        layers.append(layer)
        before = rows[-1].output
    end = draw(st.sampled_from([(), (kinds.BatchNorm(),), (kinds.Activation(),)]))
    loss = draw(st.sampled_from([(), (kinds.SVM(),)]))
    fc = kinds.FullyConnected(bias=draw(st.booleans()))
    return Architecture.of([*layers, fc, *end, *loss], volume).plan(classes=draw(st.integers(1, 5)))


@st.composite
def _layer(draw, volume):
    kind = draw(st.sampled_from(["conv", "conv", "pool", "fc", "plain", "plain", "gpool"]))
    if kind == "conv":
        groups = draw(st.sampled_from([n for n in (1, 1, 2, 3) if volume.depth % n == 0]))
        return kinds.Conv(
            filters=groups * draw(st.integers(1, 4)),
            kernel=(draw(sides), draw(sides)),
            stride=draw(st.integers(1, 3)),
            pad=draw(st.one_of(st.just("same"), st.integers(0, 3))),
            dilation=draw(st.sampled_from([1, 1, 2])),
            groups=groups,
            bias=draw(st.booleans()),
            fit=draw(st.sampled_from(["exact", "floor", "ceil"])),
        )
    if kind == "pool":
        kernel = (draw(sides), draw(sides))
        pad = draw(st.one_of(st.just("same"), st.integers(0, min(kernel) // 2)))
        fit = draw(st.sampled_from(["exact", "floor", "ceil"]))
        return kinds.Pool(kernel=kernel, stride=draw(st.integers(1, 3)), pad=pad, fit=fit)
    if kind == "fc":
        return kinds.FullyConnected(units=draw(st.integers(1, 8)), bias=draw(st.booleans()))
    if kind == "gpool":
        return kinds.GlobalPool(kind="max")
    return draw(
        st.sampled_from(
            [
                kinds.Activation(kind="relu"),
                kinds.Activation(kind="sigmoid"),
                kinds.Activation(kind="tanh"),
                kinds.BatchNorm(),
                kinds.Dropout(p=0.3),
                kinds.Maxout(group=2),
                kinds.LocalResponseNorm(k=1.0, n=3, alpha=0.5),
            ]
        )
    )
