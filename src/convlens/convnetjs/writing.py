"""From our model to a snapshot of ConvNetJS."""

from __future__ import annotations

from typing import Any

import numpy as np

from convlens.convnetjs.steps import Step, steps_of
from convlens.convnetjs.values import Values
from convlens.errors import ModelFileError
from convlens.modelfile import Model

_WEIGHTED = ("conv", "fc")


def snapshot(model: Model) -> dict[str, Any]:
    """``model`` as a document that ``net.fromJSON`` of ConvNetJS takes.

    The network takes pictures as ConvNetJS has them, ``p/255 - 0.5``, and gives the probabilities
    that the model gives. ``classes`` beside the layers holds their names, which ConvNetJS passes
    over. Raises ModelFileError where ConvNetJS lacks a layer, or JSON a weight.
    """
    with np.errstate(all="ignore"):  # what comes of it is looked at below
        steps = steps_of(model)
    for number, step in enumerate(steps):
        for values in (step.rows, step.biases):
            if values is not None and not np.isfinite(values).all():
                raise ModelFileError(
                    f"layer {number} ({step.kind}) would hold Infinity or NaN, which JSON has not",
                    "its weights, or the deviations of its BN, are too large or too small",
                )
    return {"layers": [_layer(step) for step in steps], "classes": list(model.classes)}


def _layer(step: Step) -> dict[str, Any]:
    document: dict[str, Any] = {
        "layer_type": step.kind,
        "out_sx": step.output.width,
        "out_sy": step.output.height,
        "out_depth": step.output.depth,
        **step.options,
    }
    if step.rows is not None and step.biases is not None:
        sides = (step.options.get("sx", 1), step.options.get("sy", 1))
        document |= {
            "l1_decay_mul": 0,
            "l2_decay_mul": 1,
            "filters": [_volume(*sides, row) for row in step.rows],
            "biases": _volume(1, 1, step.biases),
        }
    return document


def _volume(width: int, height: int, values: Values) -> dict[str, Any]:
    """Values of a volume; nine digits tell any two numbers of 32 bits apart."""
    short = [float(f"{value:.9g}") for value in values.tolist()]
    return {"sx": width, "sy": height, "depth": len(short) // (width * height), "w": short}
