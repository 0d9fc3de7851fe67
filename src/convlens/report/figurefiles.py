"""The figures of a look as files for a paper or a slide."""

from __future__ import annotations

import re
from collections.abc import Iterator

from convlens.data.names import printable
from convlens.drawing import draw
from convlens.lens import tiles
from convlens.lens.weights import filters
from convlens.report.curvefigure import curve_figure
from convlens.report.figures import filter_sheet, maps, marked, row_of_patches, sized
from convlens.report.look import Look
from convlens.report.mapfigure import map_figure

SIDE = 512
"""Pixels of a picture's longer side."""

LONGEST = 120
"""Bytes of a picture's name in the names of its figures."""

FileOfFigure = tuple[str, bytes]


def figure_files(look: Look) -> Iterator[FileOfFigure]:
    """Yield (name, content): PNG files, and the network's drawing as ``network.svg``."""
    yield "network.svg", draw(look.plan, look.title).encode()
    yield from _filters(look)
    for number, one in enumerate(look.pictures):
        stem = f"{number + 1:02}-{_plain(one.name)}"
        yield f"{stem}.png", tiles.png(sized(one.way.pixels, SIDE))
        for saliency in one.causes.maps:
            yield f"{stem}-{saliency.method}.png", tiles.png(marked(saliency, SIDE))
            curve = curve_figure(saliency.deletion, printable(saliency.class_name))
            yield f"{stem}-{saliency.method}-deletion.png", tiles.png(curve)
        for layer, channels in look.holding.shown.items():
            volume = one.way.volumes[layer]
            if channels and volume.shape[1:] != (1, 1):
                yield f"{stem}-{layer}.png", tiles.png(maps(volume, channels))
    for layer, found in look.preferred.items():
        for one_input in found:
            name = f"{layer}-prefers-{one_input.channel}.png"
            yield name, tiles.png(sized(one_input.patch, SIDE // 2))
    if look.data is not None:
        for layer, exemplars in look.data.exemplars.items():
            for channel in range(min(16, len(exemplars.pictures))):
                patches = tiles.png(row_of_patches(exemplars.of(channel)))
                yield f"{layer}-exemplars-{channel}.png", patches
        if look.data.embedding is not None:
            yield "map.png", tiles.png(map_figure(look.data.embedding))


def _filters(look: Look) -> Iterator[FileOfFigure]:
    for _, row in look.plan.walk():
        wanted = look.chosen is None or row.name in look.chosen
        if wanted and row.name.startswith("conv"):
            yield (
                f"{row.name}-filters.png",
                tiles.png(filter_sheet(filters(look.classifier, row.name))),
            )


def _plain(name: str) -> str:
    """A name that every file system takes, whatever is put behind it."""
    stem = re.sub(r"\.\w{1,5}$", "", name)
    plain = re.sub(r"[^\w-]+", "-", stem)[:60].encode()[:LONGEST]
    return plain.decode(errors="ignore").strip("-") or "picture"
