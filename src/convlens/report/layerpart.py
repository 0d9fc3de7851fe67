"""What a page says of each stage of the network."""

from __future__ import annotations

import math
from typing import Any

from convlens.data.names import printable
from convlens.lens.opened import LayerInfo
from convlens.lens.weights import Filters, filters
from convlens.lens.wording import number
from convlens.report.figures import PATCH, filter_sheet, row_of_patches, sized
from convlens.report.look import Look
from convlens.report.picturepart import data_uri
from convlens.report.stages import Stage, stages
from convlens.report.words import LAYERS

MOST_EXEMPLARS = 16
"""Filters of a layer whose exemplars are shown."""

LARGEST_FILTER = 400
"""Cells of a filter's slice above which it is no picture."""

Part = dict[str, Any]


def stage_parts(look: Look) -> list[Part]:
    """The template's values for each stage."""
    return [_stage(look, stage) for stage in stages(look.plan, look.chosen)]


def held_note(look: Look) -> str | None:
    """What the page leaves out to stay small, or None."""
    left = sorted(look.holding.partial | look.holding.dropped) if look.pictures else []
    if not left:
        return None
    named = ", ".join(left[:8]) + (f" and {len(left) - 8} more" if len(left) > 8 else "")
    return (
        f"Some volumes are too large for a page: {named}. Of these only a few channels are here, "
        "or a summary, and sums over all of their channels are left out; "
        "convlens.lens.explain has every number."
    )


def _stage(look: Look, stage: Stage) -> Part:
    first = stage.layers[0]
    return {
        "name": stage.name,
        "kind": first.text if first.kind not in ("RES", "CAT") else first.kind,
        "inside": stage.inside,
        "meaning": LAYERS[first.kind],
        "facts": _facts(first),
        "layers": [_layer(look, layer) for layer in stage.layers],
        "filters": _filters(look, first),
        "exemplars": _exemplars(look, first),
        "preferred": _preferred(look, first),
    }


def _facts(layer: LayerInfo) -> str:
    width, height = layer.receptive_field
    learned = f" {layer.parameters:,} learned numbers." if layer.parameters else ""
    return f"Each value sees {width} × {height} pixels of the picture at most.{learned}"


def _layer(look: Look, layer: LayerInfo) -> Part:
    return {
        "name": layer.name,
        "text": layer.kind if layer.kind in ("RES", "CAT") else layer.text,
        "meaning": LAYERS[layer.kind],
        "output": str(layer.output).replace("x", "×"),
        "summary": _summary(look, layer),
    }


def _summary(look: Look, layer: LayerInfo) -> str | None:
    """Of a layer that is too large for the page: that, and how its values are spread."""
    if layer.name not in look.holding.dropped:
        return None
    told = []
    for one in look.pictures[:4]:
        found = one.statistics[layer.name]
        told.append(
            f"for {printable(one.name)} from {number(found.low)} to {number(found.high)}, "
            f"{found.zero:.0%} of them zero"
        )
    return f"{layer.name} has {layer.output.size:,} values, too many for a page: {'; '.join(told)}."


def _filters(look: Look, layer: LayerInfo) -> Part | None:
    if layer.kind != "CONV":
        return None
    found = filters(look.classifier, layer.name)
    if math.prod(found.weights.shape[2:]) > LARGEST_FILTER or found.weights.shape[2:] == (1, 1):
        return None
    caption = _filter_caption(found)
    return {
        "layer": layer.name,
        "image": data_uri(filter_sheet(found)),
        "caption": caption,
        "alt": f"The filters of {layer.name}. {caption}",
    }


def _filter_caption(found: Filters) -> str:
    count, depth = found.weights.shape[:2]
    scale = f"All on one scale, ±{number(found.scale)}"
    if found.colour:
        return f"{_of(count, 64)} filters, as the colours they answer to. {scale}; grey is zero."
    signs = "orange above zero, blue below"
    if depth == 1:
        return f"{_of(count, 64)} filters. {scale}: {signs}."
    return (
        f"A row for each of {_of(count, 16)} filters, a tile for each of {_of(depth, 16)} channels "
        f"that it reads. {scale}: {signs}."
    )


def _of(count: int, shown: int) -> str:
    return f"{count:,}" if count <= shown else f"{shown} of {count:,}"


def _exemplars(look: Look, layer: LayerInfo) -> Part | None:
    found = None if look.data is None else look.data.exemplars.get(layer.name)
    if found is None or look.data is None:
        return None
    channels = look.holding.shown.get(layer.name) or tuple(range(len(found.pictures)))
    channels = tuple(c for c in channels if c < len(found.pictures))[:MOST_EXEMPLARS]
    rows = []
    for channel in channels:
        patches = found.of(channel)
        best = number(patches[0].response)
        rows.append(
            {
                "channel": channel,
                "image": data_uri(row_of_patches(patches)),
                "alt": f"{len(patches)} patches that excite filter {channel} most, up to {best}",
            }
        )
    caption = (
        f"Of {look.data.searched:,} pictures the patches that {_of(layer.output.depth, len(rows))} "
        "filters answer to most strongly, the strongest first."
    )
    return {"caption": caption, "rows": rows}


def _preferred(look: Look, layer: LayerInfo) -> list[Part]:
    return [
        {
            "channel": one.channel,
            "image": data_uri(sized(one.patch, 2 * PATCH)),
            "alt": f"What filter {one.channel} of {layer.name} would like to see",
        }
        for one in look.preferred.get(layer.name, ())
    ]
