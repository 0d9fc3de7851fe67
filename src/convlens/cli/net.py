"""``convlens net``: what a network comes to, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from convlens.cli.output import output_json
from convlens.cli.types import OutputPath
from convlens.errors import NotationError, SettingsError
from convlens.errors.characters import printable
from convlens.notation import Architecture, Plan, Row, Volume, read_volume, resolve, zoo
from convlens.notation.fold import whole_text
from convlens.notation.layers import Concat, FullyConnected, Layer, Residual
from convlens.notation.plan import VALUE_BYTES

DEFAULT_INPUT = Volume(32, 32, 3)
DEFAULT_CLASSES = 10
_TITLE = 80


def _volume(ctx: click.Context, param: click.Parameter, said: str | None) -> Volume | None:
    """Return the volume that an option gives, or fail as a wrong use of the command."""
    try:
        return None if said is None else read_volume(said)
    except SettingsError as error:
        raise click.BadParameter(error.message, ctx=ctx, param=param) from None


@click.command()
@click.argument("network")
@click.option(
    "--input",
    "volume",
    metavar="WxHxD",
    callback=_volume,
    help="The input's width x height x depth, such as 32x32x3.",
)
@click.option("--classes", type=click.IntRange(min=1), metavar="N", help="The number of classes.")
@click.option("--svg", type=OutputPath("drawing.svg"), metavar="FILE",
              help="Draw it: the row of its volumes, fit for a slide.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def net(
    network: str, volume: Volume | None, classes: int | None, svg: Path | None, as_json: bool
) -> None:
    """Show every layer's volume, parameters, work, memory and receptive field.

    NETWORK is notation, a text file with it, or a name that `convlens zoo` lists. What it leaves
    open is 32x32x3 and 10 classes (of a name: what the network was made for), unless you say
    otherwise.

    \b
    convlens net "INPUT - [CONV - RELU - POOL]*3 - FC"
    convlens net lenet5 --svg lenet5.svg
    """
    architecture = _resolved(network, volume, classes)
    plan = _planned(architecture, network, volume, classes)
    if svg is not None:
        _draw(plan, network, svg)
        return
    if as_json:
        output_json(as_document(plan))
        return
    from convlens.cli.net_table import print_plan

    print_plan(plan)


def _draw(plan: Plan, said: str, path: Path) -> None:
    """Write the drawing of ``plan`` to ``path``, under its name or its text where that is short."""
    from convlens.drawing import draw
    from convlens.files import Form, Output

    form = Form("a drawing of ConvLens", "an SVG drawing", "drawing.svg", _is_drawing)
    with Output(path, form) as output:
        title = " ".join(said.split())
        output.write(draw(plan, title if len(title) <= _TITLE else None).encode())
    click.echo(printable(f"drawing: {path}"))


def _resolved(said: str, volume: Volume | None, classes: int | None) -> Architecture:
    """The network that ``said`` names; a correction of it fits the input too, or is not offered."""
    try:
        return resolve(said)
    except NotationError as error:
        if error.correction is not None:
            corrected = Architecture(error.correction)
            open_classes = classes or (DEFAULT_CLASSES if _open(corrected.layers) else None)
            try:
                corrected.plan(None if corrected.input else volume or DEFAULT_INPUT, open_classes)
            except NotationError as misfit:
                error.correction = misfit.correction
                error.hint = None if misfit.correction is None else f"try: {misfit.correction}"
        raise


def _is_drawing(path: Path) -> bool:
    with path.open("rb") as file:
        return b'<svg xmlns="http://www.w3.org/2000/svg" class="convlens"' in file.read(200)


def _planned(
    architecture: Architecture, said: str, volume: Volume | None, classes: int | None
) -> Plan:
    """Plan the network, what is left open as the zoo has it or as by default, and say which."""
    entry = next((entry for entry in zoo.ZOO if entry.name == said.strip().lower()), None)
    assumed = []
    if volume is None and architecture.input is None:
        volume = entry.input if entry else DEFAULT_INPUT
        assumed.append(f"an input of {volume} (--input)")
    if classes is None and _open(architecture.layers):
        classes = entry.classes if entry else DEFAULT_CLASSES
        assumed.append(f"{classes} classes (--classes)")
    plan = architecture.plan(volume, classes)
    if assumed:
        click.echo(f"Taken for granted: {' and '.join(assumed)}.", err=True)
    return plan


def _open(layers: tuple[Layer, ...]) -> bool:
    """Tell whether the number of classes is left open: by an FC without a number."""
    for layer in layers:
        if isinstance(layer, FullyConnected) and layer.units is None:
            return True
        if isinstance(layer, Residual) and _open(layer.body + (layer.shortcut or ())):
            return True
        if isinstance(layer, Concat) and any(map(_open, layer.branches)):
            return True
    return False


def as_document(plan: Plan) -> dict[str, Any]:
    """Return what ``--json`` prints: the plan as plain numbers, lists and strings."""
    return {
        "architecture": str(plan.architecture),
        "input": list(plan.input),
        "classes": plan.classes,
        "loss": plan.loss,
        "layers": list(_layers(plan.rows, 0, None, None)),
        "parameters": plan.parameters,
        "multiply_adds": plan.multiply_adds,
        "memory": plan.memory,
    }


def _layers(
    rows: tuple[Row, ...], nesting: int, within: str | None, branch: int | None
) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {
            "layer": row.name,
            "kind": row.name.rstrip("0123456789"),
            "notation": whole_text(row.layer),
            "nesting": nesting,
            "within": within,
            "branch": branch,
            "input": list(row.input),
            "output": list(row.output),
            "padding": row.padding._asdict(),
            "parameters": row.parameters,
            "formula": row.formula,
            "multiply_adds": row.multiply_adds,
            "memory": VALUE_BYTES * row.output.size,
            "receptive_field": list(row.receptive_field),
            "step": list(row.step),
        }
        for number, inside in enumerate(row.branches):
            yield from _layers(inside, nesting + 1, row.name, number)
