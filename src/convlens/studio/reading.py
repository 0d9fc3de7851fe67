"""A network's text, read for the page: its layers and totals, or where it is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from convlens.drawing import draw
from convlens.errors import ConvLensError
from convlens.notation import Row, Volume
from convlens.notation import layers as kinds
from convlens.notation.fold import whole_text
from convlens.notation.zoo import ZOO
from convlens.studio.fitting import planned, warning_of

MOST_LAYERS_DRAWN = 400
"""Rows up to which a network is drawn; more would be no picture but a wallpaper."""

_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)


def read(text: str, volume: Volume, classes: int, batch: int, free: int) -> dict[str, Any]:
    """What the page shows of the network ``text`` on pictures of ``volume``.

    The drawing comes without its style sheet, which the page has as ``report/drawing.css``. Raises
    NotationError, SettingsError.
    """
    plan = planned(text, volume, classes)
    layers = list(_layers(plan.rows, "", 0))
    drawn = len(layers) <= MOST_LAYERS_DRAWN
    return {
        "net": str(plan.architecture),
        "svg": _STYLE.sub("", draw(plan)) if drawn else None,
        "input": list(plan.input),
        "classes": plan.classes,
        "layers": layers,
        "parameters": plan.parameters,
        "multiply_adds": plan.multiply_adds,
        "memory": plan.training_memory(batch),
        "batch": batch,
        "warning": warning_of(plan, batch, free),
    }


def zoo(volume: Volume, classes: int) -> list[dict[str, Any]]:
    """The networks with a name, and whether each fits pictures of ``volume`` and at what cost."""
    return [
        {
            "name": entry.name,
            "line": entry.line,
            "about": entry.about,
            "net": entry.text,
            **_cost(entry.text, volume, classes),
        }
        for entry in ZOO
    ]


def _cost(text: str, volume: Volume, classes: int) -> dict[str, Any]:
    try:
        plan = planned(text, volume, classes)
    except ConvLensError:
        return {"fits": False}
    return {"fits": True, "parameters": plan.parameters, "multiply_adds": plan.multiply_adds}


def _layers(rows: tuple[Row, ...], prefix: str, nesting: int) -> Iterator[dict[str, Any]]:
    for row in rows:
        path = prefix + row.name
        yield {
            "name": row.name,
            "path": path,
            "kind": row.name.rstrip("0123456789"),
            "text": whole_text(row.layer),
            "nesting": nesting,
            "input": list(row.input),
            "output": list(row.output),
            "parameters": row.parameters,
            "count": f"{row.formula} = {row.parameters:,}" if row.formula else "",
            "multiply_adds": row.multiply_adds,
            "receptive_field": list(row.receptive_field),
            "meaning": meaning(row),
        }
        for number, branch in enumerate(row.branches):
            yield from _layers(branch, f"{path}.{_branch(row, number)}.", nesting + 1)


def _branch(row: Row, number: int) -> str:
    """What the weights of a branch are called behind the name of its RES or CAT."""
    if isinstance(row.layer, kinds.Residual):
        return ("body", "shortcut")[number]
    return f"branches.{number}"


def meaning(row: Row) -> str:
    """What a layer does, in a sentence."""
    layer = row.layer
    match layer:
        case kinds.Conv(kernel=(width, height), filters=filters):
            through = row.input.depth // layer.groups
            return (
                f"{filters:,} filters of {width}x{height}x{through} slide over the input; each "
                "gives one map of how well it fits at every place."
            )
        case kinds.Pool(kernel=(width, height), kind=kind):
            kept = {"max": "the largest", "avg": "the mean"}.get(kind, "the root of the squares")
            return f"Of every window of {width}x{height} values {kept} is kept: a smaller map."
        case kinds.GlobalPool(kind=kind):
            kept = "the largest value" if kind == "max" else "the mean"
            return f"Of each whole map {kept} is kept."
        case kinds.FullyConnected():
            return (
                f"{row.output.depth:,} units, each a weighted sum of all {row.input.size:,} values."
            )
        case kinds.BatchNorm():
            return (
                "Each map is brought to mean 0 and deviation 1, then scaled and shifted as learned."
            )
        case kinds.Dropout():
            return f"In training {layer.p:.0%} of the values are set to zero at random."
        case kinds.Residual():
            return "The input is added to what the branch makes of it."
        case kinds.Concat():
            return "The branches' maps are laid one behind the other."
        case kinds.Maxout():
            return f"Of every {layer.group} maps the largest value is kept at each place."
    return MEANINGS.get(row.name.rstrip("0123456789"), "")


MEANINGS = {
    "relu": "Negative values become zero; the others stay.",
    "relu6": "Negative values become zero, values above 6 become 6.",
    "leaky": "Negative values are made small; the others stay.",
    "elu": "Negative values bend towards -1; the others stay.",
    "gelu": "A smooth ReLU: small negative values fade to zero.",
    "silu": "A smooth ReLU: each value times its sigmoid.",
    "sigmoid": "Each value is squeezed between 0 and 1.",
    "tanh": "Each value is squeezed between -1 and 1.",
    "lrn": "Each value is divided by the size of its neighbours in depth.",
    "svm": "Trained so that the right class scores higher than each other by a margin.",
    "softmax": "Scores become probabilities that add up to 1.",
}
"""Of layers that are told apart by their kind alone."""
