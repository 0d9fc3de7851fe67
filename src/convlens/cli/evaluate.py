"""``convlens evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convlens.cli.types import VIEWS

if TYPE_CHECKING:
    from convlens.evaluation import Evaluation


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data")
@click.option("--views", is_flag=True, help=VIEWS)
@click.option("--no-cache", is_flag=True, help="Do not keep decoded pictures for the next time.")
@click.option("--quiet", is_flag=True, help="No progress.")
@click.option("--json", "as_json", is_flag=True, help="The result as one JSON document.")
def evaluate(
    model: Path, data: str, views: bool, no_cache: bool, quiet: bool, as_json: bool
) -> None:
    """Measure MODEL on DATA: accuracy, log loss, each class, and what was taken for what.

    Where DATA has a test part, or is what the model was trained on, only pictures that it was not
    trained on count.
    """
    from convlens.classifier import Classifier
    from convlens.cli.watch import Watch
    from convlens.data import open_source
    from convlens.evaluation import evaluate as measure
    from convlens.evaluation.pictures import pictures_for
    from convlens.pipeline import Note, Reading

    classifier = Classifier.load(model)
    with Watch(quiet) as watch:
        source = open_source(data)
        judged = pictures_for(
            classifier, source, lambda done, total: watch(Reading(done, total)), cache=not no_cache
        )
        for warning in source.warnings:
            watch(Note(f"note: {warning}"))
        for skipped in judged.skipped:
            watch(Note(f"note: skipped {skipped.file}: {skipped.reason}"))
        watch(Note(f"{source.name}: {len(judged.pictures):,} pictures, {judged.which}"))
    found = measure(classifier, judged.pictures, views=views)
    if as_json:
        skipped_files = [{"file": s.file, "reason": s.reason} for s in judged.skipped]
        click.echo(json.dumps(found.to_json() | {"skipped": skipped_files}))
    else:
        show(found)


def show(found: Evaluation) -> None:
    """Print the figures and the confusion table."""
    from convlens.cli.output import output
    from convlens.cli.tables import confusion_table, figures_table

    figures = (
        f"\naccuracy [bold]{found.accuracy:.2%}[/] of {found.n:,}, log loss {found.log_loss:.4f}"
    )
    output(figures_table(found), "", confusion_table(found), figures, wrap=False)
