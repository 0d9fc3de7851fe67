"""``convlens import``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from convlens.cli.output import output_json
from convlens.cli.types import FIGURES, MODEL_OUT, SIZE
from convlens.errors.characters import printable

if TYPE_CHECKING:
    from convlens.importing import Options
    from convlens.modelfile import Model


@click.command("import")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--hub", metavar="REPO", help="Fetch FILE from this place of the Hugging Face hub.")
@click.option("--net", metavar="NAME|TEXT", help="The network that the weights belong to.")
@click.option("--classes", type=click.Path(path_type=Path), metavar="FILE",
              help="Names of the classes: lines of text, or JSON.  [default: 0, 1, …]")  # fmt: skip
@click.option(
    "--size",
    type=SIZE,
    metavar="WxH",
    help="Size that pictures are brought to.  [default: the network's own]",
)
@click.option("--fit", type=click.Choice(["crop", "stretch", "pad"]),
              help="How.  [default: crop; of a snapshot: stretch]")  # fmt: skip
@click.option("--mean", type=FIGURES, metavar="R,G,B",
              help="Mean of the channels, in pixel / 255.  [default: ImageNet's]")  # fmt: skip
@click.option("--std", type=FIGURES, metavar="R,G,B", help="Their deviation.")
@click.option("--out", type=MODEL_OUT, metavar="FILE", help="The model file.")
@click.option("--json", "as_json", is_flag=True, help="The result as one JSON document.")
def import_(
    file: Path | None,
    hub: str | None,
    net: str | None,
    classes: Path | None,
    size: tuple[int, int] | None,
    fit: Literal["crop", "stretch", "pad"] | None,
    mean: tuple[float, ...] | None,
    std: tuple[float, ...] | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Make a model file of weights that were trained elsewhere.

    FILE is a state dict in safetensors, named as torchvision or timm do, of a network that
    `convlens zoo` lists; or a network that ConvNetJS wrote as JSON. Pickles are refused.

    \b
    convlens import resnet18.safetensors --classes imagenet.txt
    convlens import --hub timm/resnet18.a1_in1k
    convlens import snapshot.json --out digits.safetensors
    """
    from convlens.cli.train import free_path
    from convlens.files import Output
    from convlens.importing import Options
    from convlens.modelfile import MODEL_FORM, model_bytes

    if file is None and hub is None:
        raise click.UsageError("Missing argument 'FILE', or --hub.")
    name = hub.rpartition("/")[2] if hub is not None else Path(file or "").stem
    path = out or free_path(name)
    with Output(path, MODEL_FORM) as output:
        model = found(file, hub, net, classes, Options(size, mean, std, fit or "crop"))
        if fit is not None:
            model = replace(model, preprocessing=replace(model.preprocessing, fit=fit))
        output.write(model_bytes(model))
    plan = model.plan()
    if as_json:
        document = {
            "model": str(path),
            "architecture": str(model.architecture),
            "classes": list(model.classes),
            "parameters": plan.parameters,
            "preprocessing": model.preprocessing.to_json(),
        }
        output_json(document)
        return
    click.echo(f"{plan.parameters:,} parameters, {plan.input}, {plan.classes:,} classes")
    click.echo(printable(f"model: {path}"))


def found(
    file: Path | None, hub: str | None, net: str | None, classes: Path | None, options: Options
) -> Model:
    """The model that is to be imported, fetched first where it lies on the hub."""
    if hub is not None:
        from convlens.importing import fetch

        fetched = fetch(hub, *([str(file)] if file else []))
        file, options = fetched.path, options.or_else(fetched.options)
    assert file is not None
    return read(file, net, classes, options)


def read(file: Path, net: str | None, classes: Path | None, options: Options) -> Model:
    """The model that ``file`` holds, whichever kind of file it is."""
    from convlens.errors import SettingsError
    from convlens.importing import kind_of, read_labels, read_state

    names = None if classes is None else read_labels(classes)
    if kind_of(file) == "safetensors":
        return read_state(file, net, names, options)
    if net is not None or options.mean or options.std or options.size:
        raise SettingsError(
            "a snapshot of ConvNetJS says itself what its network and its input are",
            "leave out --net, --size, --mean and --std",
        )
    from convlens.convnetjs import read_snapshot

    return read_snapshot(file, names)
