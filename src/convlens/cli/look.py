"""``convlens look``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from convlens.cli.output import output_json
from convlens.cli.types import PAGE_OUT
from convlens.errors.characters import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from convlens.classifier import Classifier
    from convlens.data import Pictures
    from convlens.evaluation.pictures import Judged
    from convlens.report import Look

TAKEN = 4
"""Pictures taken from the data where none are given."""


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("pictures", nargs=-1, type=click.Path(path_type=Path),
                metavar="[PICTURE|FOLDER...]")  # fmt: skip
@click.option("--data", metavar="DATA",
              help="Pictures with their classes, as train takes them: adds what excites each "
              "filter, the map of the data, and the network's health.")  # fmt: skip
@click.option("--class", "label", metavar="NAME",
              help="The class to explain; by default each picture's likeliest.")  # fmt: skip
@click.option("--layers", metavar="NAMES", help="Layers to show, as conv1,relu2; by default all.")
@click.option("--out", type=PAGE_OUT, metavar="FILE",
              help="The page to write.  [default: MODEL-look.html]")  # fmt: skip
@click.option("--png", type=click.Path(path_type=Path), metavar="DIR",
              help="Write the figures as files too.")  # fmt: skip
@click.option("--open", "show", is_flag=True, help="Open the page in the browser.")
@click.option("--quiet", is_flag=True, help="No progress.")
@click.option("--json", "as_json", is_flag=True, help="What was written, as one JSON document.")
def look(
    model: Path,
    pictures: tuple[Path, ...],
    data: str | None,
    label: str | None,
    layers: str | None,
    out: Path | None,
    png: Path | None,
    show: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Write a page that shows what MODEL makes of each PICTURE, layer by layer, and why.

    \b
    convlens look digits.safetensors seven.png
    convlens look pets.safetensors cat.jpg --data pets/ --png figures/
    """
    from convlens.classifier import Classifier
    from convlens.files import Form, Output, fitting_name
    from convlens.report import look as look_into
    from convlens.report import page

    path = out or Path(fitting_name(model.stem, "-look.html"))
    form = Form("a page of convlens look", "an HTML page", "page.html", is_ours)
    with Output(path, form) as output:
        if png is not None:
            check_folder(png)
        classifier = Classifier.load(model)
        chosen = None if layers is None else [name.strip() for name in layers.split(",")]
        tell = _teller(quiet)
        judged = None if data is None else judged_pictures(classifier, data, quiet)
        theirs = None if judged is None else judged.pictures
        named = [(path.name, path) for path in given(pictures)] or taken(theirs)
        found = look_into(
            classifier,
            named,
            title=model.stem,
            data=theirs,
            notes=() if judged is None else tuple(judged.notes()),
            label=label,
            chosen=chosen,
            tell=tell,
        )
        tell("drawing the page")
        content = page(found).encode()
        output.write(content)
    figures = [] if png is None else write_figures(found, png)
    report(path, len(content), figures, found, as_json)
    if show and output.is_file:
        click.launch(str(path))


def is_ours(path: Path) -> bool:
    """Whether a file is a page that this command wrote."""
    from convlens.report import is_report

    return is_report(path.read_bytes())


def given(pictures: tuple[Path, ...]) -> list[Path]:
    """The files given and those of the folders given, as many as a page shows."""
    from convlens.cli.predict import files
    from convlens.errors import SettingsError
    from convlens.report.look import MOST_PICTURES

    found = list(files(pictures))
    if len(found) > MOST_PICTURES:
        raise SettingsError(
            f"a page shows up to {MOST_PICTURES} pictures, not {len(found):,}",
            "name some of them; --data takes them all",
        )
    return found


def judged_pictures(classifier: Classifier, data: str, quiet: bool) -> Judged:
    """The pictures of ``data`` that the model is judged by."""
    from convlens.evaluation.pictures import pictures_for, source_for
    from convlens.pipeline import Note, Reading
    from convlens.pipeline.watch import Watch

    with Watch(quiet) as watch:
        source = source_for(classifier, data)
        judged = pictures_for(classifier, source, lambda done, total: watch(Reading(done, total)))
        for line in source.warnings:
            watch(Note(f"note: {line}"))
        for skipped in judged.skipped:
            watch(Note(f"note: skipped {skipped.file}: {skipped.reason}"))
        watch(Note(f"{source.name}: {len(judged.pictures):,} pictures, {judged.which}"))
        for line in judged.notes():
            watch(Note(f"note: {line}"))
    return judged


def taken(judged: Pictures | None) -> list[tuple[str, object]]:
    """A few of the data's pictures, of several classes; none without data."""
    if judged is None:
        return []
    import numpy as np

    order = np.argsort(judged.labels, kind="stable")
    places = np.unique(np.linspace(0, len(order) - 1, TAKEN).round().astype(int))
    return [(judged.names[i], judged.pixels[i]) for i in order[places].tolist()]


def check_folder(folder: Path) -> None:
    """See before the work that figures can be written there, over nothing. Raises OutputError."""
    from convlens.errors import OutputError
    from convlens.files import cannot_write
    from convlens.files import check_folder as check

    hint = "name another folder with --png"
    try:
        if folder.exists() and any(folder.iterdir()):
            raise OutputError(f"{folder} holds files already", "name a folder that is new or empty")
    except OSError as error:
        raise cannot_write(folder, error, hint) from error
    check(folder, "figure.png", hint)


def write_figures(found: Look, folder: Path) -> list[Path]:
    """Write every figure into ``folder``. Raises OutputError."""
    from convlens.files import write_atomically
    from convlens.report import figure_files

    written = []
    for name, content in figure_files(found):
        write_atomically(folder / name, content, None)
        written.append(folder / name)
    return written


def report(path: Path, size: int, figures: list[Path], found: Look, as_json: bool) -> None:
    """Say what was written, and what the network says of each picture."""
    said = [
        (one.name, one.probabilities.classes[int(one.probabilities.probabilities.argmax())],
         float(one.probabilities.probabilities.max()))
        for one in found.pictures
    ]  # fmt: skip
    if as_json:
        pictures = [{"image": name, "class": best, "probability": p} for name, best, p in said]
        summarised = sorted(found.holding.partial | found.holding.dropped) if said else []
        document = {
            "page": str(path),
            "bytes": size,
            "pictures": pictures,
            "summarised_layers": summarised,
            "figures": [str(figure) for figure in figures],
        }
        output_json(document)
        return
    for name, best, share in said:
        click.echo(f"{printable(name)}: {printable(best)} {share:.1%}")
    if figures:
        click.echo(printable(f"figures: {len(figures)} in {figures[0].parent}"))
    click.echo(printable(f"page: {path} ({size / 1e6:.1f} MB)"))


def _teller(quiet: bool) -> Callable[[str], None]:
    """Says on stderr what is being done."""
    if quiet:
        return lambda line: None
    return lambda line: click.echo(printable(line), err=True)
