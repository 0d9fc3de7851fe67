"""``convlens train``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from convlens.cli.main import BEGUN, INTERRUPTED
from convlens.cli.types import DURATION, SIZE


@click.command()
@click.argument("data")
@click.option("--net", metavar="TEXT|FILE|NAME", help="The network; left out: one that suits.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="The model file.")
@click.option("--epochs", type=click.FloatRange(0, 100_000, min_open=True), metavar="N",
              help="Passes over the training pictures.")  # fmt: skip
@click.option("--budget", type=DURATION, metavar="TIME",
              help="Time for the whole command: 90s, 5m, 1h.")  # fmt: skip
@click.option("--batch", type=click.IntRange(1, 65536), metavar="N", help="Pictures in a step.")
@click.option("--lr", type=click.FloatRange(0, 10, min_open=True), metavar="X",
              help="Learning rate, as a multiple of the recipe's.  [default: 1]")  # fmt: skip
@click.option("--size", type=SIZE, metavar="WxH", help="Size that pictures are brought to.")
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, metavar="N"
)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto",
              show_default=True)  # fmt: skip
@click.option("--no-cache", is_flag=True, help="Do not keep decoded pictures for the next time.")
@click.option("--quiet", is_flag=True, help="No progress.")
@click.option("--json", "as_json", is_flag=True, help="The result as one JSON document.")
def train(data: str, quiet: bool, as_json: bool, no_cache: bool, **settings: Any) -> int:
    """Train a network on DATA and write a model file.

    DATA is a folder with a subfolder for each class (or train/ and test/ with such subfolders), a
    .zip or .tar of one, an .npz of arrays, or the word digits for the handwritten digits that come
    along.
    """
    from convlens import pipeline
    from convlens.cli.signals import Interruption
    from convlens.cli.watch import Watch

    settings["out"] = settings["out"] or free_path(data)
    if settings["epochs"] is not None and settings["budget"] is not None:
        raise click.UsageError("--epochs and --budget both say how long to train: give one")
    chosen = pipeline.Settings(data=data, cache=not no_cache, **settings)
    with Interruption() as interruption, Watch(quiet) as watch:
        outcome = pipeline.train(chosen, listen=watch, stop=interruption.asked, begun=BEGUN)
    if as_json:
        click.echo(json.dumps(outcome.to_json()))
    else:
        from convlens.cli.summary import print_summary

        print_summary(outcome)
    return INTERRUPTED if outcome.learned.stopped else 0


def free_path(data: str) -> Path:
    """``<name of the data>.safetensors`` in this folder, numbered where there is one already."""
    name = Path(data).resolve().name.split(".")[0] or "model"
    path, number = Path(f"{name}.safetensors"), 1
    while path.exists():
        number += 1
        path = Path(f"{name}-{number}.safetensors")
    return path
