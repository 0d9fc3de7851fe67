"""Values as small pieces of HTML, self-contained, for a notebook."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.lens import tiles
from convlens.lens.activity import Activations, LayerValues
from convlens.lens.arithmetic import Arithmetic
from convlens.lens.exciting import Exemplars
from convlens.lens.preferred import PreferredInput
from convlens.lens.scores import Probabilities
from convlens.lens.terms import Products
from convlens.lens.weights import Filters
from convlens.lens.wording import number, said

MOST_TILES = 16
"""Maps, filters or patches of one layer that are drawn."""

MOST_LAYERS = 40
"""Layers of one picture that are drawn."""

WIDEST = 64
"""Cells of a map that are drawn along a side; of larger ones every second, third … cell."""

TILE = 48
"""Pixels that a tile is magnified to, about."""


def image(pixels: NDArray[np.uint8], alt: str) -> str:
    """An ``img`` element that holds its pixels (H, W, 3) itself."""
    data = base64.b64encode(tiles.png(pixels)).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" alt="{escape(alt, quote=True)}">'


def figure(pixels: NDArray[np.uint8], caption: str) -> str:
    """A figure with its caption, which stands for it where it cannot be seen."""
    text = escape(caption)
    return f"<figure>{image(pixels, caption)}<figcaption>{text}</figcaption></figure>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of plain text."""
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def sheet(drawn: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Tiles (N, h, w, 3) magnified and laid out."""
    zoom = max(1, TILE // max(drawn.shape[1:3]))
    return tiles.montage(tiles.magnified(drawn, zoom), columns=8, gap=2)


def of(count: int, whole: int, what: str) -> str:
    """``8 channels``, or ``16 of 512 channels`` where not all are drawn."""
    return f"{whole:,} {what}" if count >= whole else f"{count:,} of {whole:,} {what}"


def activations_html(found: Activations) -> str:
    """The picture, then every layer's maps."""
    order = np.argsort(-found.probabilities, kind="stable")[:3]
    likeliest = ", ".join(f"{found.classes[i]} {found.probabilities[i]:.1%}" for i in order)
    parts = [figure(sheet(tiles.rgb(_thinned(found.pixels))[None]), f"the picture: {likeliest}")]
    layers = list(found.layers.values())
    parts += [_maps(layer) for layer in layers[:MOST_LAYERS]]
    if len(layers) > MOST_LAYERS:
        parts.append(f"<p>and {len(layers) - MOST_LAYERS} more layers</p>")
    return "".join(parts)


def _maps(layer: LayerValues) -> str:
    values = layer.values
    if values.shape[1:] == (1, 1):
        column = values[:256].reshape(1, 1, -1)
        drawn, shown = tiles.shown(column), of(column.size, len(values), "values")
    else:
        few = values[:MOST_TILES]
        thin = np.stack([_thinned(one) for one in few])
        scale = float(np.abs(few).max()) or 1.0
        drawn = tiles.signed(thin, scale) if (few < 0).any() else tiles.sequential(thin, scale)
        shown = of(len(few), len(values), "channels")
    info = layer.layer
    low, high = number(float(values.min())), number(float(values.max()))
    return figure(sheet(drawn), f"{info.name} {info.text}: {shown}, {low} to {high}")


def _thinned(cells: NDArray[Any]) -> NDArray[Any]:
    """(H, W, …) with every n-th row and column, so that none is longer than ``WIDEST``."""
    every = -(-max(cells.shape[:2]) // WIDEST)
    return cells[::every, ::every]


def arithmetic_html(found: Arithmetic) -> str:
    """The place, the sum, the largest products and what came behind."""
    where = f"{found.layer.name}, channel {found.channel}, x={found.x}, y={found.y}"
    box = found.field
    lines = [
        f"<p><strong>{escape(where)} = {number(found.value)}</strong></p>",
        f"<p>{escape(said(found.terms, found.reads))}</p>",
        f"<p>sees {box.width}x{box.height} pixels of the picture, from x={box.left}, "
        f"y={box.top}</p>",
    ]
    if isinstance(found.terms, Products):
        lines.append(_products(found.terms, found.reads))
    lines += [
        f"<p>{escape(step.layer.name)}: {number(step.value)} = "
        f"{escape(said(step.terms, 'it'))}{_won(step.won)}</p>"
        for step in found.steps
    ]
    return "".join([*lines, f"<p>{escape(found.ends)}</p>"])


def _won(won: bool | None) -> str:
    return "" if won is None else (": this value" if won else ": another value")


def _products(terms: Products, reads: str) -> str:
    rows = [
        (
            f"{one.channel}",
            f"{one.x}",
            f"{one.y}",
            number(one.value),
            number(one.weight),
            number(one.product),
        )
        for one in terms.largest(8)
    ]
    head = (f"channel of {reads}", "x", "y", "value", "weight", "product")
    caption = of(len(rows), terms.weights.size, "products, the largest first")
    return f"<p>{escape(caption)}</p>{table(head, rows)}"


def probabilities_html(found: Probabilities) -> str:
    """A row for each of the likeliest classes."""
    order = np.argsort(-found.probabilities, kind="stable")[:20]
    rows = [
        (
            found.classes[i],
            number(float(found.scores[i])),
            number(float(found.scaled[i])),
            number(float(found.raised[i])),
            f"{found.probabilities[i]:.1%}",
        )
        for i in order
    ]
    head = ("class", "score", f"score / {number(found.temperature)}", "raised", "probability")
    more = len(found.classes) - len(rows)
    return table(head, rows) + (f"<p>and {more} more classes</p>" if more else "")


def filters_html(found: Filters) -> str:
    """Colour tiles where the filters read colours, else each channel of the first filters."""
    info = found.layer
    scale = f"all on one scale, ±{number(found.scale)}"
    if found.colour:
        few = found.weights[:256]
        what = of(len(few), len(found.weights), "filters")
        return figure(
            sheet(tiles.colours(few, found.scale)), f"{info.name} {info.text}: {what}, {scale}"
        )
    few = found.weights[:MOST_TILES, :MOST_TILES]
    rows = few.reshape(-1, *few.shape[2:])
    thin = np.stack([_thinned(one) for one in rows])
    drawn = tiles.montage(
        tiles.magnified(tiles.signed(thin, found.scale), max(1, 24 // max(thin.shape[1:]))),
        columns=few.shape[1],
        gap=2,
    )
    what = of(len(few), len(found.weights), "filters")
    deep = of(few.shape[1], found.weights.shape[1], "channels")
    return figure(
        drawn, f"{info.name} {info.text}: a row for each of {what}, across {deep}, {scale}"
    )


def exemplars_html(found: Exemplars) -> str:
    """A row of patches for each of the first filters."""
    rows = []
    filters = min(len(found.pictures), MOST_TILES)
    for channel in range(filters):
        patches = [one.patch for one in found.of(channel)]
        pixels = tiles.montage(patches_alike(patches), columns=len(patches), gap=2)
        rows.append(figure(pixels, f"{found.layer.name} channel {channel}"))
    whole = len(found.pictures) + found.left_out
    return "".join([f"<p>{of(filters, whole, 'filters')}</p>", *rows])


def patches_alike(patches: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Patches of any sizes as tiles (N, h, w, 3) of the largest, grey around, magnified."""
    height = max(1, *(len(patch) for patch in patches))
    width = max(1, *(patch.shape[1] for patch in patches))
    found = np.full((len(patches), height, width, 3), tiles.GAP, np.uint8)
    for place, patch in zip(found, patches, strict=True):
        top, left = (height - patch.shape[0]) // 2, (width - patch.shape[1]) // 2
        place[top : top + patch.shape[0], left : left + patch.shape[1]] = tiles.rgb(patch)
    return tiles.magnified(found, max(1, TILE // max(height, width)))


def preferred_html(found: PreferredInput) -> str:
    """The picture and how far its response has climbed."""
    first, last = number(float(found.responses[0])), number(float(found.responses[-1]))
    caption = f"what {found.layer.name} channel {found.channel} prefers: from {first} to {last}"
    return figure(patches_alike([found.patch])[0], caption)
