"""What a page says of a data set: the map, and the network's health."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from markupsafe import Markup
from PIL import Image

from convlens.data.names import printable
from convlens.lens import tiles
from convlens.lens.distributions import LayerHealth
from convlens.lens.embedding import Embedding
from convlens.lens.health import Health
from convlens.lens.overlay import class_colours
from convlens.lens.wording import number
from convlens.report.charts import histogram
from convlens.report.figures import squares
from convlens.report.gathering import DataSeen

SIDE = 32
"""Pixels of a picture on the map."""

Part = dict[str, Any]


def data_part(seen: DataSeen) -> Part:
    """The template's values for a data set."""
    return {
        "map": None if seen.embedding is None else _map(seen.embedding, seen.total),
        "health": None if seen.health is None else _health(seen.health),
        "notes": seen.notes,
    }


def data_facts(seen: DataSeen) -> Part | None:
    """The points and where each picture lies on the sheet, for the script."""
    found = seen.embedding
    if found is None:
        return None
    low, high = found.points.min(0), found.points.max(0)
    places = (found.points - low) / np.where(high > low, high - low, 1.0)
    colours = class_colours(len(found.classes)).round().astype(int).tolist()
    return {
        "points": [[round(float(x), 4), round(float(1 - y), 4)] for x, y in places],
        "labels": found.labels.tolist(),
        "predicted": found.predicted.tolist(),
        "names": [printable(name) for name in found.names],
        "colours": [f"rgb({red} {green} {blue})" for red, green, blue in colours],
        "side": SIDE,
        "columns": _columns(found),
    }


def _columns(found: Embedding) -> int:
    return int(np.ceil(np.sqrt(len(found.points))))


def _map(found: Embedding, total: int) -> Part:
    wrong = int((found.labels != found.predicted).sum())
    count = len(found.points)
    some = f"{count:,} of its {total:,} pictures" if count < total else f"its {count:,} pictures"
    shares = ""
    if found.explained is not None:
        shares = f", which keep {found.explained.sum():.0%} of their spread"
    caption = (
        f"The data as the network sees it: {some}, placed by the {found.dimensions:,} numbers that "
        f"{found.layer} reads, flattened to two ({found.method.upper()}{shares}). Near each other "
        f"lie those that look alike to the network; the {wrong:,} that it takes for another class "
        "are ringed."
    )
    return {"caption": caption, "alt": f"{count:,} pictures as points", "sprites": _sprites(found)}


def _sprites(found: Embedding) -> str:
    """All pictures on one sheet, as JPEG: as PNG they would be the page's largest part."""
    sheet = tiles.montage(squares(list(found.thumbnails), SIDE), columns=_columns(found), gap=0)
    held = io.BytesIO()
    Image.fromarray(sheet).save(held, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(held.getvalue()).decode("ascii")


def _health(found: Health) -> Part:
    return {
        "pictures": f"{found.pictures:,}",
        "warnings": found.warnings,
        "figures": _figures(found),
        "layers": [_layer(layer) for layer in found.layers],
    }


def _figures(found: Health) -> list[dict[str, str]]:
    learned, checked = found.overfit, found.gradients
    steps = list(found.updates.values())
    return [
        {
            "name": "first loss",
            "value": number(round(found.first_loss, 4)),
            "meaning": f"before anything was learned; guessing gives {found.expected_loss:.4g}",
        },
        {
            "name": "by heart",
            "value": f"{learned.accuracy:.0%}",
            "meaning": f"of {learned.pictures} pictures, after {learned.steps} steps",
        },
        {
            "name": "gradients",
            "value": number(checked.largest),
            "meaning": f"largest relative difference from numeric ones, over {checked.tried}",
        },
        {
            "name": "first step",
            "value": f"{min(steps, default=0):.1%} to {max(steps, default=0):.1%}",
            "meaning": "is how far it moves a layer’s weights",
        },
    ]


def _layer(found: LayerHealth) -> dict[str, Any]:
    values, slopes = found.activations, found.gradients
    told = f"{found.name}: mean {number(values.mean)}, spread {number(values.std)}"
    slope = f"{found.name}: gradients, spread {number(slopes.std)}"
    return {
        "name": found.name,
        "activity": Markup(histogram(values, told)),
        "spread": f"{number(round(values.mean, 4))} ± {number(round(values.std, 4))}",
        "gradients": Markup(histogram(slopes, slope)),
        "slopes": number(slopes.std),
        "dead": "" if found.dead is None else f"{found.dead:.0%}",
    }
