"""Why, health, scans and maps of the data as small pieces of HTML, for a notebook."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convlens.lens import tiles
from convlens.lens.attribution import Saliency
from convlens.lens.deletion import Deletion
from convlens.lens.distributions import Distribution, LayerHealth
from convlens.lens.embedding import Embedding
from convlens.lens.health import Health
from convlens.lens.notebook import figure, of, table
from convlens.lens.overlay import class_colours, draw_scan
from convlens.lens.scanning import Scan
from convlens.lens.wording import number

SIDE = 224
"""Pixels of a map's and a picture's longer side, about."""

SCAN_SIDE = 480
"""Pixels of a scan's longer side at most."""

WIDTH, HEIGHT, MARGIN = 360, 200, 26
"""Of a drawn curve, in pixels; a map of the data is WIDTH high too."""

MOST_POINTS = 300
"""Pictures on a map of the data, spread over those that it has."""

MOST_CLASSES = 30
"""Classes named below a map of the data."""

MOST_ROWS = 60
"""Layers in the table of a network's health."""

BARS = "▁▂▃▄▅▆▇█"

INLINE = 'style="display:inline-block;max-width:300px;vertical-align:top"'


def saliency_html(found: Saliency) -> str:
    """The picture, the map beside it, the deletion curve and the likeness to random maps."""
    zoom = max(1, SIDE // max(found.map.shape))
    every = -(-max(found.map.shape) // (2 * SIDE))
    picture = tiles.magnified(tiles.rgb(found.pixels)[::every, ::every], zoom)
    drawn = tiles.magnified(tiles.shown(found.map)[::every, ::every], zoom)
    at = "" if found.layer is None else f" at {found.layer}"
    low, high = number(float(found.map.min())), number(float(found.map.max()))
    parts = [
        figure(picture, f"{found.class_name} {found.probability:.1%}"),
        figure(drawn, f"{found.method}{at}: {found.meaning}; {low} to {high}"),
    ]
    beside = "".join(f"<div {INLINE}>{part}</div>" for part in parts)
    return beside + deletion_html(found.deletion) + f"<p>{escape(sanity_line(found))}</p>"


def sanity_line(found: Saliency) -> str:
    """Whether the map belongs to what was learned, in a sentence."""
    if found.sanity is None:
        return "not compared with maps of random weights"
    alike = number(found.sanity.final)
    if found.sanity.passed:
        return f"rank correlation with the map of random weights {alike}: it shows what was learned"
    return (
        f"rank correlation with the map of random weights {alike}: it would look nearly the same "
        "without any training, and says little about this network"
    )


def deletion_html(found: Deletion) -> str:
    """The two curves, and the areas under them."""
    caption = (
        f"probability as pixels become {found.baseline}: the most marked first (solid), area "
        f"{number(found.area)}; in random order (dashed), {number(found.random_area)}"
    )
    lines = [_curve(found.shares, found.marked, ""), _curve(found.shares, found.random, "5 4")]
    ticks = [_text(MARGIN - 4, _y(share) + 4, f"{share:g}", "end") for share in (0.0, 0.5, 1.0)] + [
        _text(_x(share), HEIGHT - 8, f"{share:.0%}", "middle") for share in (0.0, 0.5, 1.0)
    ]
    frame = (
        f'<path d="M{MARGIN} {_y(1):g}V{_y(0):g}H{WIDTH - MARGIN}" fill="none" '
        'stroke="currentColor" stroke-opacity="0.5"/>'
    )
    return _svg(WIDTH, HEIGHT, frame + "".join([*lines, *ticks]), caption)


def _curve(shares: NDArray[np.float64], values: NDArray[np.float64], dashes: str) -> str:
    points = " ".join(f"{_x(s):.1f},{_y(v):.1f}" for s, v in zip(shares, values, strict=True))
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    colour = "currentColor" if dashes else "#d9701f"
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>'


def _x(share: float) -> float:
    return MARGIN + share * (WIDTH - 2 * MARGIN)


def _y(probability: float) -> float:
    return HEIGHT - MARGIN - probability * (HEIGHT - 2 * MARGIN)


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="11" '
        f'fill="currentColor">{escape(text)}</text>'
    )


def _svg(width: int, height: int, inside: str, caption: str) -> str:
    """A drawing with its caption, which stands for it where it cannot be seen."""
    label = escape(caption, quote=True)
    return (
        f'<figure><svg role="img" aria-label="{label}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">{inside}</svg>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def health_html(found: Health) -> str:
    """What is wrong, the figures of the whole network, and a row for each layer."""
    told = "".join(f"<li>{escape(line)}</li>" for line in found.warnings)
    whole = [
        ("first loss", f"{number(found.first_loss)}; guessing: {number(found.expected_loss)}"),
        (
            f"{found.overfit.pictures} pictures by heart",
            f"{found.overfit.accuracy:.0%} right after {found.overfit.steps} steps",
        ),
        (
            "gradients beside numeric ones",
            f"differ by {number(found.gradients.largest)} at most, in {found.gradients.worst}",
        ),
        (
            "layers measured",
            f"with {'trained' if found.trained else 'first'} weights on {found.pictures} pictures",
        ),
    ]
    rows = [_layer_row(layer, found.updates) for layer in found.layers[:MOST_ROWS]]
    head = ("layer", "activations", "", "gradients", "", "dead", "saturated", "step / weights")
    more = len(found.layers) - len(rows)
    return "".join(
        [
            f"<ul>{told}</ul>" if told else "<p>nothing wrong was seen</p>",
            table(("", "of the network"), whole),
            table(head, rows),
            f"<p>and {more} more layers</p>" if more else "",
        ]
    )


def _layer_row(layer: LayerHealth, updates: dict[str, float]) -> Sequence[str]:
    shares = [
        f"{share:.0%}" if share is not None else "" for share in (layer.dead, layer.saturated)
    ]
    moved = [ratio for name, ratio in updates.items() if name.rpartition(".")[2] == layer.name]
    return (
        layer.name,
        _spread(layer.activations),
        spark(layer.activations.counts),
        _spread(layer.gradients),
        spark(layer.gradients.counts),
        *shares,
        number(moved[0]) if moved else "",
    )


def _spread(values: Distribution) -> str:
    mean, deviation = f"{values.mean:.2g}", f"{values.std:.2g}"
    return f"{mean} ± {deviation}".replace("-", "−")


def spark(counts: NDArray[np.int64]) -> str:
    """A histogram as a line of bars, two bins in each, as high as the roots of their counts."""
    pairs = np.sqrt(counts.reshape(-1, 2).sum(axis=1))  # roots: a peak at 0 hides all else
    shares = (pairs / max(float(pairs.max()), 1.0)).clip(0, 1)
    levels = np.ceil((len(BARS) - 1) * shares).astype(int)
    return "".join(BARS[level] for level in levels)


def scan_html(found: Scan) -> str:
    """The picture with the likeliest class of each window over it, and how far that is off."""
    rows, columns = found.shape
    drawn = np.asarray(draw_scan(found, longest=SCAN_SIDE))
    across, down = found.window
    caption = f"{columns} x {rows} windows of {across}x{down} pixels; {found.exactness}"
    return figure(drawn, caption)


def embedding_html(found: Embedding) -> str:
    """A dot for each picture, in the colour of its class; the picture itself on hover."""
    chosen = np.unique(np.linspace(0, len(found.points) - 1, MOST_POINTS).round().astype(int))
    low = found.points.min(axis=0)
    extent = np.ptp(found.points, axis=0)
    shares = (found.points - low) / np.where(extent > 0, extent, 1.0)
    places = MARGIN + shares * (WIDTH - 2 * MARGIN)
    colours = [_hex(colour) for colour in class_colours(len(found.classes))]
    dots = [_dot(found, n, places[n], colours[found.labels[n]]) for n in chosen.tolist()]
    caption = (
        f"{of(len(chosen), found.total, 'pictures')} by {found.method}, where {found.layer} sees "
        f"them alike ({found.dimensions:,} numbers each)"
    )
    style = (
        "<style>.convlens-dot{position:absolute;width:9px;height:9px;border-radius:50%}"
        ".convlens-dot img{display:none;position:absolute;left:9px;top:9px;width:64px;"
        "image-rendering:pixelated}.convlens-dot:hover,.convlens-dot:focus{z-index:1}"
        ".convlens-dot:hover img,.convlens-dot:focus img{display:block}</style>"
    )
    field = f"position:relative;width:{WIDTH}px;height:{WIDTH}px"
    text = f"<figcaption>{escape(caption)}</figcaption>"
    dotted = f'<div style="{field}">{"".join(dots)}</div>'
    return f"{style}<figure>{dotted}{text}</figure>{_legend(found, colours)}"


def _dot(found: Embedding, index: int, place: NDArray[np.float64], colour: str) -> str:
    label, taken = found.labels[index], found.predicted[index]
    told = f"{found.names[index] or f'picture {found.indices[index]}'}: {found.classes[label]}"
    ring = ""
    if label != taken:
        told += f", taken for {found.classes[taken]}"
        ring = ";outline:2px solid currentColor"
    text = escape(told, quote=True)
    return (
        f'<span class="convlens-dot" tabindex="0" title="{text}" '
        f'style="left:{place[0]:.0f}px;top:{place[1]:.0f}px;background:{colour}{ring}">'
        f'<img src="{_thumbnail(found.thumbnails[index])}" alt="{text}"></span>'
    )


def _thumbnail(pixels: NDArray[np.uint8]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(tiles.rgb(pixels)).save(buffer, "JPEG", quality=75)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def _legend(found: Embedding, colours: Sequence[str]) -> str:
    named = [
        f'<span style="white-space:nowrap"><span style="color:{colour}">●</span> '
        f"{escape(name)}</span>"
        for name, colour in list(zip(found.classes, colours, strict=True))[:MOST_CLASSES]
    ]
    more = len(found.classes) - len(named)
    wrong = "ringed: taken for another class"
    return f"<p>{' '.join(named)}{f' and {more} more' if more else ''}; {wrong}</p>"


def _hex(colour: NDArray[np.float64]) -> str:
    return "#" + "".join(f"{round(float(part)):02x}" for part in colour)
