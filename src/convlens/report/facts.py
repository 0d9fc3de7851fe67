"""A network and what pictures made in it, as the JSON and the blocks that the page's script reads.

The keys are those that ``static/volumes.js`` and ``static/terms.js`` take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from convlens.classifier import Classifier
from convlens.lens.making import FUNCTIONS
from convlens.lens.order import Link, links
from convlens.lens.passes import Pass
from convlens.notation import Plan
from convlens.notation import layers as kinds
from convlens.report.holding import Holding
from convlens.report.packing import Block

Facts = dict[str, Any]

MOST_WEIGHTS = 1_500_000
"""Numbers of four bytes; layers whose filters do not fit come without their sums."""


def network_facts(classifier: Classifier, plan: Plan, held: Holding) -> tuple[Facts, Block]:
    """Every layer with what its arithmetic needs, and the block of weights."""
    block = Block("weights")
    linked = links(plan)
    described = [
        _layer(classifier, link, held.shown.get(name, ()), block) for name, link in linked.items()
    ]
    p = classifier.preprocessing
    volume = plan.input
    facts: Facts = {
        "classes": list(classifier.classes),
        "ends": [row.name for row in plan.rows if row.output.size == plan.classes],
        "leaky": kinds.LEAKY_SLOPE,
        "input": {
            "width": volume.width,
            "height": volume.height,
            "depth": volume.depth,
            "mean": list(p.mean),
            "std": list(p.std),
        },
        "layers": described,
    }
    return facts, block


def picture_facts(way: Pass, name: str, number: int, held: Holding) -> tuple[Facts, Block]:
    """Where each volume of a picture lies in its block."""
    block = Block(f"picture-{number}")
    volumes = {}
    for layer, channels in held.held.items():
        values = way.volumes[layer]
        some = values if channels is None else values[list(channels)]
        volumes[layer] = {"at": block.add(some), "channels": channels and list(channels)}
    return {"name": name, "block": block.name, "volumes": volumes}, block


def _layer(classifier: Classifier, link: Link, shown: Sequence[int], block: Block) -> Facts:
    row = link.row
    facts: Facts = {
        "name": row.name,
        "source": link.source,
        "behind": link.behind and link.behind.name,
        "parent": link.parent and link.parent.name,
        "branch": link.branch,
        "width": row.output.width,
        "height": row.output.height,
        "depth": row.output.depth,
        "shown": list(shown),
    }
    return facts | _kind(classifier, link, shown, block)


def _kind(classifier: Classifier, link: Link, shown: Sequence[int], block: Block) -> Facts:
    """``kind`` and what belongs to it."""
    layer, row = link.row.layer, link.row
    weights = classifier.weights
    pad = [row.padding.left, row.padding.top]
    match layer:
        case kinds.Conv():
            window = {
                "kernel": list(layer.kernel),
                "stride": layer.stride,
                "dilation": layer.dilation,
                "groups": layer.groups,
                "pad": pad,
            }
            return {"kind": "conv"} | window | _filters(weights, link, shown, block)
        case kinds.FullyConnected():
            return {"kind": "fc"} | _filters(weights, link, shown, block)
        case kinds.Pool():
            window = {"kernel": list(layer.kernel), "stride": layer.stride, "pad": pad}
            return {"kind": "pool", "mode": layer.kind} | window
        case kinds.GlobalPool():
            return {"kind": "pool", "mode": layer.kind}
        case kinds.Maxout():
            return {"kind": "maxout", "group": layer.group}
        case kinds.LocalResponseNorm():
            form = {"k": layer.k, "n": layer.n, "alpha": layer.alpha, "beta": layer.beta}
            return {"kind": "lrn"} | form
        case kinds.BatchNorm():
            return {"kind": "bn", "epsilon": kinds.BN_EPSILON} | _normalisation(
                weights, link, block
            )
        case kinds.Activation():
            formula = FUNCTIONS[layer.kind][0]
            return {"kind": "activation", "function": layer.kind, "formula": formula}
        case kinds.Residual():
            return {"kind": "res", "ends": [link.end(0), link.end(1)]}
        case kinds.Concat():
            ends = [link.end(branch) for branch in range(len(row.branches))]
            return {"kind": "cat", "ends": ends}
    return {"kind": "activation", "function": "same", "formula": "x"}


def _filters(weights: Mapping[str, Any], link: Link, shown: Sequence[int], block: Block) -> Facts:
    """The filters of the channels shown, and every bias."""
    values = weights[f"{link.path}.weight"]
    bias = weights.get(f"{link.path}.bias")
    each = int(np.prod(values.shape[1:]))
    room = max(0, (MOST_WEIGHTS - block.size) // each)
    channels = list(shown)[:room]
    facts: Facts = {"channels": channels, "scale": float(np.abs(values).max())}
    facts["weights"] = block.span(np.asarray(values)[channels])
    if bias is not None:
        facts["bias"] = block.span(bias)
    return facts


def _normalisation(weights: Mapping[str, Any], link: Link, block: Block) -> Facts:
    parts = {"mean": "running_mean", "variance": "running_var", "scale": "weight", "shift": "bias"}
    return {name: block.span(weights[f"{link.path}.{part}"]) for name, part in parts.items()}
