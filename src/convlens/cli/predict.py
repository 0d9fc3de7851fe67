"""``convlens predict``."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from convlens.cli.main import FAILED
from convlens.cli.output import cell, output_json
from convlens.cli.types import VIEWS
from convlens.errors.characters import printable
from convlens.paths import is_dir

if TYPE_CHECKING:
    from convlens.classifier import Classifier, Prediction


class Answer(NamedTuple):
    """What was made of one picture: a prediction, or why there is none."""

    image: str
    prediction: Prediction | None
    error: str | None


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("pictures", nargs=-1, required=True, type=click.Path(path_type=Path),
                metavar="PICTURE|FOLDER...")  # fmt: skip
@click.option("--top", type=click.IntRange(1), default=3, show_default=True, metavar="K",
              help="Classes in the text; --json and --csv have all of them.")  # fmt: skip
@click.option("--views", is_flag=True, help=VIEWS)
@click.option("--fast", is_flag=True,
              help="In bf16 where the processor gains by it; moves the third digit.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON document a line.")
@click.option("--csv", "as_csv", is_flag=True, help="A table with a column for each class.")
def predict(
    model: Path,
    pictures: tuple[Path, ...],
    top: int,
    views: bool,
    fast: bool,
    as_json: bool,
    as_csv: bool,
) -> int:
    """Say what is in each PICTURE, and in each picture of every FOLDER."""
    load_numpy()
    from convlens.classifier import Classifier

    if as_json and as_csv:
        raise click.UsageError("--json and --csv are two forms of the answer: give one")
    classifier = Classifier.load(model, fast=fast)
    show = show_json if as_json else show_csv if as_csv else show_text
    failed = show(answers(classifier, list(files(pictures)), views), classifier.classes, top)
    return FAILED if failed else 0


def load_numpy() -> None:
    """Import numpy with one thread: starting more takes longer than they save on a few pictures.

    The variable is gone again before an engine for many pictures, or a process, could heed it.
    """
    if "numpy" in sys.modules or "OPENBLAS_NUM_THREADS" in os.environ:
        return
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    import numpy  # noqa: F401

    del os.environ["OPENBLAS_NUM_THREADS"]


def files(given: Sequence[Path]) -> Iterator[Path]:
    """The files given, and those of the folders given."""
    from convlens.data.listing import picture_files
    from convlens.errors import DataError

    for path in given:
        if not is_dir(path):
            yield path
            continue
        found = picture_files(path)
        if not found.pictures:
            raise DataError(f"there are no pictures in {path}")
        if found.others:
            tell_left_out(path, found.others)
        yield from found.pictures


def tell_left_out(folder: Path, others: Sequence[Path]) -> None:
    """Say in one line which files of a folder are no pictures."""
    named = ", ".join(printable(str(path.relative_to(folder))) for path in others[:3])
    more = ", …" if len(others) > 3 else ""
    what = (
        "1 file that is no picture"
        if len(others) == 1
        else f"{len(others):,} files that are no pictures"
    )
    click.echo(f"note: left out {what}: {named}{more}", err=True)


def answers(classifier: Classifier, paths: Sequence[Path], views: bool) -> Iterator[Answer]:
    """An answer for each file, in their order; the next ones are decoded meanwhile."""
    if len(paths) == 1:
        yield alone(classifier, paths[0], views)
        return
    import numpy as np

    from convlens.data.stream import decoded

    for block in decoded(paths, classifier.preprocessing.geometry):
        whole = (
            np.delete(block.pixels, list(block.faults), axis=0) if block.faults else block.pixels
        )
        found = classifier.predicted(whole, views=views)
        for row, path in enumerate(block.paths):
            fault = block.faults.get(row)
            yield Answer(str(path), None if fault else next(found), fault)


def alone(classifier: Classifier, path: Path, views: bool) -> Answer:
    """The answer for one file, without loading what many files need."""
    from convlens.errors import DataError

    try:
        pixels = classifier.pixels(path)
    except DataError as error:
        return Answer(str(path), None, error.message)
    return Answer(str(path), classifier.predictions(pixels[None], views=views)[0], None)


def show_json(found: Iterator[Answer], classes: Sequence[str], top: int) -> bool:
    """One JSON document for each picture; returns whether any picture failed."""
    failed = False
    for image, prediction, error in found:
        line: dict[str, Any]
        if prediction is None:
            failed = True
            line = {"image": image, "error": error}
        else:
            line = {
                "image": image,
                "class": prediction.class_name,
                "probability": prediction.probability,
                "probabilities": dict(prediction.probabilities),
            }
        output_json(line)
    return failed


def show_csv(found: Iterator[Answer], classes: Sequence[str], top: int) -> bool:
    """A header and a row for each picture; failures go to stderr. Returns whether any failed.

    Names are as they are but for what would steer a terminal or start a line, which is escaped.
    """
    failed = False
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["image", "class", "probability", *map(cell, classes)])
    for image, prediction, error in found:
        if prediction is None:
            failed = True
            click.echo(printable(f"error: {error}"), err=True)
            continue
        shares = [f"{prediction.probabilities[name]:.6f}" for name in classes]
        best = f"{prediction.probability:.6f}"
        writer.writerow([cell(image), cell(prediction.class_name), best, *shares])
    return failed


def show_text(found: Iterator[Answer], classes: Sequence[str], top: int) -> bool:
    """A line for each picture with its likeliest classes. Returns whether any failed."""
    failed = False
    for image, prediction, error in found:
        if prediction is None:
            failed = True
            click.echo(printable(f"error: {error}"), err=True)
            continue
        shares = "   ".join(f"{printable(n)} {p:.1%}" for n, p in prediction.top(top).items())
        click.echo(f"{printable(image)}: {shares}")
    return failed
