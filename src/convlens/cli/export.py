"""``convlens export``."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--to", "form", type=click.Choice(["convnetjs"]), required=True,
              help="The form: convnetjs is JSON that ConvNetJS loads.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="The file to write.")
def export(model: Path, form: str, out: Path | None) -> None:
    """Write MODEL in a form that works elsewhere.

    \b
    convlens export digits.safetensors --to convnetjs
    """
    from convlens.convnetjs import snapshot
    from convlens.files import check_output, write_atomically
    from convlens.modelfile import read_model

    path = out or Path(f"{model.stem}.{form}.json")
    check_output(path, lambda _: False, "ours to replace")
    document = json.dumps(snapshot(read_model(model)), separators=(",", ":"), allow_nan=False)
    write_atomically(path, document.encode())
    click.echo(f"{form}: {path}")
