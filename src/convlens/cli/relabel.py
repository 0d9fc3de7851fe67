"""``convlens relabel``."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("names", nargs=-1, required=True, metavar="OLD=NEW...")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE",
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
    from convlens.data.names import printable
    from convlens.errors import SettingsError
    from convlens.files import check_output, write_atomically
    from convlens.modelfile import A_MODEL, is_model, model_bytes
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
    place = model.resolve() if out is None else out  # a link stays one
    check_output(place, is_model, A_MODEL)
    mode = model.stat().st_mode if out is None else 0o666
    write_atomically(place, model_bytes(found.model), mode=mode & 0o777)
    path = model if out is None else out
    told = found.training["renamed"][-1]
    if as_json:
        document = {"model": str(path), "renamed": told, "classes": list(found.classes)}
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    for old, new in told.items():
        click.echo(f"{printable(old)} is now {new}")
    click.echo(f"model: {path}")
