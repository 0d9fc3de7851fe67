"""``convlens scan``."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convlens.cli.output import output_json
from convlens.cli.types import OutputPath
from convlens.errors.characters import printable

if TYPE_CHECKING:
    from convlens.lens.scanning import Scan

MOST_SHOWN = 10
"""Classes in the text; --json has all of them."""


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("picture", type=click.Path(path_type=Path))
@click.option("--out", type=OutputPath("scan.png"), metavar="FILE.png",
              help="Where to draw it.  [default: <picture>-scan.png]")  # fmt: skip
@click.option("--class", "label", metavar="NAME", help="Draw this class; left out: the likeliest.")
@click.option("--scale", type=click.FloatRange(0, 100, min_open=True), default=1.0, metavar="X",
              help="Bring the picture to X times its size first: at 0.5 the network's window "
              "covers twice as much of it each way.  [default: 1]")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="The whole map as one JSON document.")
def scan(
    model: Path, picture: Path, out: Path | None, label: str | None, scale: float, as_json: bool
) -> None:
    """Slide the network of MODEL over a larger PICTURE and draw what it sees where.

    The whole network goes over the picture as one convolution, its fully-connected layers turned
    into convolutions. The window that one answer belongs to is the network's input.
    """
    from convlens.classifier import Classifier
    from convlens.files import Form, Output, free_path
    from convlens.lens.opened import class_index
    from convlens.lens.overlay import draw_scan, png_of
    from convlens.lens.scanning import scan as slide

    form = Form("a scan drawn by ConvLens", "a PNG", "scan.png", is_ours)
    if out is None and not as_json:
        out = free_path(f"{picture.stem}-scan", ".png")
    with nullcontext() if out is None else Output(out, form) as output:
        classifier = Classifier.load(model)
        chosen = None if label is None else class_index(classifier, label)
        found = slide(classifier, picture, scale)
        if output is not None:
            output.write(png_of(draw_scan(found, chosen)))
    if as_json:
        output_json(document(found, picture, out))
    else:
        show(found, chosen)
        click.echo(printable(f"drawn: {out}"))


def is_ours(path: Path) -> bool:
    """Whether ``path`` is a picture that this command drew."""
    from PIL import Image

    from convlens.lens.overlay import MADE_BY

    try:
        with Image.open(path, formats=["PNG"]) as image:
            return image.info.get("Software") == MADE_BY
    except (OSError, ValueError):
        return False


def document(found: Scan, picture: Path, out: Path | None) -> dict[str, Any]:
    """The scan as JSON has it."""
    return {
        "image": str(picture),
        "out": None if out is None else str(out),
        "classes": list(found.classes),
        "scale": found.scale,
        "window": list(found.window),
        "stride": list(found.stride),
        "first": list(found.first),
        "rows": found.shape[0],
        "columns": found.shape[1],
        "deviation": found.deviation,
        "checked": found.checked,
        "exact": not found.padded,
        "probabilities": found.probabilities.round(6).tolist(),
    }


def show(found: Scan, chosen: int | None) -> None:
    """Say what was seen where, and how far it is off."""
    import numpy as np

    rows, columns = found.shape
    width, height = (side / found.scale for side in found.window)
    across, down = (step / found.scale for step in found.stride)
    click.echo(
        f"{columns} x {rows} windows of {width:.4g}x{height:.4g} pixels of the picture, "
        f"every {across:.4g} across and {down:.4g} down"
    )
    winners = found.probabilities.argmax(axis=0).ravel()
    likeliest = np.bincount(winners, minlength=len(found.classes))
    order = [int(i) for i in np.argsort(-likeliest, kind="stable")]
    for index in order[:MOST_SHOWN] if chosen is None else [chosen]:
        high, row, column = found.strongest(index)
        left, top, right, bottom = (round(side) for side in found.box(row, column))
        click.echo(
            f"{printable(found.classes[index])}: likeliest in {likeliest[index]:,} of "
            f"{rows * columns:,}, strongest {high:.1%} at {left},{top} to {right},{bottom}"
        )
    click.echo(found.exactness)
