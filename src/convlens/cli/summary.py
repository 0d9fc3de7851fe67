"""What ``convlens train`` says at the end."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from convlens.errors.characters import printable
from convlens.evaluation import Evaluation
from convlens.pipeline import Outcome
from convlens.pipeline.folds import CrossValidation, accuracy, balanced
from convlens.pipeline.watch import clock
from convlens.runs.folder import RunFolder
from convlens.terminal.console import console_on

MOST_CLASSES = 40
"""Classes shown one by one; of more, those that did worst."""

MOST_SKIPPED = 10


def print_summary(outcome: Outcome) -> None:
    """Print accuracies, those of each class, what was skipped, and where the model is."""
    console = console_on(sys.stdout, soft_wrap=True)
    learned = outcome.learned
    if judged := outcome.test or outcome.validation:
        console.print(class_table(judged, "test" if outcome.test else "validation"))
    console.print(
        f"accuracy: train {learned.best.train_accuracy:.2%} (augmented)"
        + (f", validation {outcome.validation.accuracy:.2%}" if outcome.validation else "")
        + (f", test [bold]{outcome.test.accuracy:.2%}[/]" if outcome.test else "")
        + (f" ({outcome.averaged.accuracy:.2%} over views)" if outcome.averaged else "")
        + (" (interrupted)" if learned.stopped else "")
    )
    if outcome.target is not None:
        console.print(target_line(outcome, outcome.target))
    if judged and judged.uneven:
        parts = (("validation", outcome.validation), ("test", outcome.test))
        told = ", ".join(f"{name} {one.balanced:.2%}" for name, one in parts if one)
        console.print(f"balanced accuracy, the mean over classes: {told}")
    console.print(
        f"{learned.epochs:.4g} epoch{'' if learned.epochs == 1 else 's'} in "
        f"{duration(learned.seconds)}, {learned.pictures_per_second:,.0f} pictures/s; "
        f"{duration(outcome.seconds)} in all"
    )
    for skipped in outcome.skipped[:MOST_SKIPPED]:
        console.print(Text(printable(f"skipped {skipped.file}: {skipped.reason}")))
    if len(outcome.skipped) > MOST_SKIPPED:
        more = f"… and {len(outcome.skipped) - MOST_SKIPPED:,} more files skipped"
        whole = "--json" if outcome.run is None else RunFolder(outcome.run).skipped
        console.print(Text(f"{more}: {whole} names all"))
    if outcome.path is not None:
        console.print(Text(printable(f"model: {outcome.path}"), style="bold"))
    if learned.stopped and outcome.run is not None:
        print_how_to_go_on(outcome.run)


def target_line(outcome: Outcome, target: float) -> str:
    """Whether the target was reached, and why training ended where it was not."""
    learned, best = outcome.learned, outcome.learned.best
    if outcome.reached:
        return f"the target of {100 * target:.4g} % was reached after {best.epochs:.4g} epochs"
    why = "training was interrupted" if learned.stopped else outcome.ended
    line = (
        f"the target of {100 * target:.4g} % was not reached: {why} at "
        f"{100 * best.validation_accuracy:.4g} % of the validation pictures"
    )
    return line if learned.stopped or not outcome.advice else f"{line}; {outcome.advice}"


def print_folds(found: CrossValidation) -> None:
    """Print a row for each fold, and the mean with its interval."""
    from convlens.cli.output import output

    table = Table(box=None, pad_edge=False)
    table.add_column("fold")
    figures = [("accuracy", accuracy), *([("balanced", balanced)] if found.uneven else [])]
    for heading in ("pictures", *(name for name, _ in figures), "log loss"):
        table.add_column(heading, justify="right")
    for number, one in enumerate(found.folds, 1):
        shares = (f"{figure(one):.2%}" for _, figure in figures)
        table.add_row(str(number), f"{one.n:,}", *shares, f"{one.log_loss:.4f}")
    lines = []
    for name, figure in figures if found.folds else ():
        interval = found.interval(figure)
        within = (
            "" if interval is None else f", 95 % interval {interval[0]:.2%} to {interval[1]:.2%}"
        )
        lines.append(f"mean {name} [bold]{found.mean(figure):.2%}[/]{within}")
    if found.stopped:
        lines.append(f"interrupted after {len(found.folds)} of {found.asked} folds")
    lines.append(f"{found.architecture}\n{duration(found.seconds)} in all; no model is written")
    output(table, "", *lines, wrap=False)


def duration(seconds: float) -> str:
    """Seconds with a tenth below a minute, else as a clock shows them."""
    return f"{seconds:.1f} s" if seconds < 60 else clock(seconds)


def print_how_to_go_on(run: Path) -> None:
    """Say how an interrupted run is taken up again."""
    command = shlex.join(["convlens", "train", "--resume", str(run)])
    click.echo(printable(f"to go on: the same command again, or {command}"))


def class_table(judged: Evaluation, part: str) -> Table:
    """A row for each class: pictures, and the share found. At most MOST_CLASSES, worst first."""
    rows = [(name, one) for name, one in judged.classes.items() if one.n]
    title = None
    if len(rows) > MOST_CLASSES:
        rows = sorted(rows, key=lambda row: row[1].recall or 0.0)[:MOST_CLASSES]
        title = f"the {MOST_CLASSES} of {len(judged.classes)} classes that did worst"
    table = Table(box=None, pad_edge=False, title=title, title_justify="left")
    table.add_column("class")
    table.add_column(f"{part} pictures", justify="right")
    table.add_column("accuracy", justify="right")
    for name, one in rows:
        table.add_row(Text(printable(name)), f"{one.n:,}", f"{one.recall or 0:.1%}")
    return table
