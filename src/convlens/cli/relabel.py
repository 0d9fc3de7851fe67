"""``convlens relabel``."""

from __future__ import annotations

from pathlib import Path

import click

from convlens.cli.output import output_json
from convlens.cli.types import MODEL_OUT
from convlens.errors.characters import printable


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("names", nargs=-1, required=True, metavar="OLD=NEW...")
@click.option("--out", type=MODEL_OUT, metavar="FILE",
              help="Write another file and leave MODEL as it is.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="The result as one JSON document.")
def relabel(model: Path, names: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Give the classes of MODEL other names; nothing is trained.

    All names change at once, so that two can be swapped. Weights, calibration and the order of the
    classes stay as they are, and the file says of itself what was renamed.

    \b
    convlens relabel pets.safetensors n02123045=tabby n02123394=persian
    convlens relabel pets.safetensors cat=dog dog=cat --out right.safetensors
    """
    from convlens.classifier import Classifier
    from convlens.errors import SettingsError
    from convlens.files import Output
    from convlens.modelfile import MODEL_FORM, model_bytes
    from convlens.renaming import read_renaming

    for text in names:
        if "=" not in text:
            raise click.BadParameter(f"{text!r} is not old=new", param_hint="OLD=NEW")
    classifier = Classifier.load(model)
    wanted: dict[str, str] = {}
    for text in names:
        old, new = read_renaming(text, classifier.classes)
        if wanted.setdefault(old, new) != new:
            raise SettingsError(f"`{printable(old)}` is renamed twice", "name each class once")
    found = classifier.relabelled(wanted)
    path = model if out is None else out
    with Output(path, MODEL_FORM) as output:
        output.write(model_bytes(found.model))
    told = found.training["renamed"][-1]
    if as_json:
        document = {"model": str(path), "renamed": told, "classes": list(found.classes)}
        output_json(document)
        return
    for old, new in told.items():
        click.echo(f"{printable(old)} is now {new}")
    click.echo(printable(f"model: {path}"))
