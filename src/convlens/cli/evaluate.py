"""``convlens evaluate``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convlens.cli.labelling import labelling_of, labelling_options
from convlens.cli.output import output, output_json
from convlens.cli.types import VIEWS

if TYPE_CHECKING:
    from convlens.evaluation import Evaluation
    from convlens.evaluation.pictures import Judged

MOST_NAMES = 5
"""Pictures named in a line; with --json all of them."""


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data")
@click.option("--views", is_flag=True, help=VIEWS)
@labelling_options
@click.option("--without", type=click.Path(path_type=Path), metavar="LIST",
              help="Leave out the pictures that a list names, one in each line.")  # fmt: skip
@click.option("--strict", is_flag=True, help="Fail where DATA has a class that MODEL has not.")
@click.option("--no-cache", is_flag=True, help="Do not keep decoded pictures for the next time.")
@click.option("--quiet", is_flag=True, help="No progress.")
@click.option("--json", "as_json", is_flag=True, help="The result as one JSON document.")
def evaluate(
    model: Path,
    data: str,
    views: bool,
    without: Path | None,
    strict: bool,
    no_cache: bool,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Measure MODEL on DATA: accuracy, log loss, each class, and what was taken for what.

    Where DATA has a test part, only that counts; where DATA is what the model was trained on, only
    what was held back. Other pictures that the model was trained on are known by their pixels,
    named, and left out of a second accuracy. Classes are told by their names; pictures of those
    that MODEL does not have are left out, and counted in a note.
    """
    from convlens.classifier import Classifier
    from convlens.data.leftout import without_chosen
    from convlens.evaluation import figures as figures_of
    from convlens.evaluation import marks_of
    from convlens.evaluation.pictures import pictures_for, source_for
    from convlens.pipeline import Note, Reading
    from convlens.pipeline.watch import Watch

    classifier = Classifier.load(model)
    with Watch(quiet) as watch:
        source = without_chosen(source_for(classifier, data, labelling_of(options)), without)
        judged = pictures_for(
            classifier,
            source,
            lambda done, total: watch(Reading(done, total)),
            cache=not no_cache,
            strict=strict,
        )
        for line in source.warnings:
            watch(Note(f"note: {line}"))
        for skipped in judged.skipped:
            watch(Note(f"note: skipped {skipped.file}: {skipped.reason}"))
        watch(Note(f"{source.name}: {len(judged.pictures):,} pictures, {judged.which}"))
        for line in (*judged.notes(), *seen_lines(judged)):
            watch(Note(f"note: {line}"))
    mask = judged.unseen
    marks = marks_of(classifier, judged.pictures, views=views)
    found = figures_of(marks, classifier.classes)
    unseen = None
    if mask.any() and not mask.all():
        unseen = figures_of(marks.take(mask), classifier.classes)
    if as_json:
        output_json(found.to_json() | seen_json(judged, unseen))
    else:
        show(found, unseen)


def seen_lines(judged: Judged) -> Iterator[str]:
    """What the model has met of the pictures, with the names of the first few."""
    for which, what in (
        (judged.trained, "were trained on"),
        (judged.chosen, "chose the model's weights"),
    ):
        if names := judged.names(which):
            more = ", …" if len(names) > MOST_NAMES else ""
            told = ", ".join(names[:MOST_NAMES]) + more
            yield f"{len(names):,} of these pictures {what} ({told})"


def seen_json(judged: Judged, unseen: Evaluation | None) -> dict[str, Any]:
    """What is told beside the figures; ``unseen`` is None where all pictures are, or none."""
    return {
        "skipped": [{"file": one.file, "reason": one.reason} for one in judged.skipped],
        "which": judged.which,
        "left_out": dict(judged.left_out),
        "respelled": dict(judged.respelled),
        "trained_on": judged.names(judged.trained),
        "chosen_by": judged.names(judged.chosen),
        "unseen": None if unseen is None else unseen.to_json(),
    }


def show(found: Evaluation, unseen: Evaluation | None = None) -> None:
    """Print the figures and the confusion table."""
    from convlens.cli.tables import confusion_table, figures_table

    lines = [f"accuracy [bold]{found.accuracy:.2%}[/]{figures(found)}"]
    if unseen is not None:
        lines.append(f"on those it had not seen: [bold]{unseen.accuracy:.2%}[/]{figures(unseen)}")
    output(figures_table(found), "", confusion_table(found), "", *lines, wrap=False)


def figures(found: Evaluation) -> str:
    """What stands beside the accuracy."""
    balanced = f", balanced {found.balanced:.2%}" if found.uneven else ""
    return f" of {found.n:,}{balanced}, log loss {found.log_loss:.4f}"
