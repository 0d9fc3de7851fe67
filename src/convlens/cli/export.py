"""``convlens export``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from convlens.cli.types import OutputPath
from convlens.errors.characters import printable


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--to", "form", type=click.Choice(["convnetjs"]), required=True,
              help="The form: convnetjs is JSON that ConvNetJS loads.")  # fmt: skip
@click.option("--out", type=OutputPath("model.json"), metavar="FILE", help="The file to write.")
def export(model: Path, form: str, out: Path | None) -> None:
    """Write MODEL in a form that works elsewhere.

    \b
    convlens export digits.safetensors --to convnetjs
    """
    from convlens.convnetjs import snapshot
    from convlens.files import Form, Output, fitting_name
    from convlens.modelfile import read_model

    path = out or Path(fitting_name(model.stem, f".{form}.json"))
    never = Form("ours to replace", "JSON for ConvNetJS", "model.json", lambda _: False)
    with Output(path, never) as output:
        document = json.dumps(snapshot(read_model(model)), separators=(",", ":"), allow_nan=False)
        output.write(document.encode())
    click.echo(printable(f"{form}: {path}"))
