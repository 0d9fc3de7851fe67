"""``convlens runs``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from convlens.cli.output import output_json
from convlens.errors.characters import printable
from convlens.paths import is_dir

if TYPE_CHECKING:
    from convlens.runs.listing import RunSummary

STYLES = {"running": "green", "unfinished": "yellow", "failed": "red", "finished": ""}


@click.command()
@click.argument("folder", default="runs", type=click.Path(path_type=Path), metavar="[FOLDER]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def runs(folder: Path, as_json: bool) -> None:
    """List the trainings kept in FOLDER, runs if left out: how they stand and how well they did.

    An unfinished one goes on with the same command again, or with convlens train --resume NAME.
    """
    from convlens.errors import DataError
    from convlens.runs.listing import runs_in

    if not is_dir(folder) and not as_json:
        raise DataError(f"there is no folder {folder}", "convlens train makes it")
    found = list(runs_in(folder))
    if as_json:
        output_json({"runs": [run.to_json() for run in found]})
    elif found:
        print_runs(found)
    else:
        click.echo(printable(f"there are no runs in {folder}"))


def print_runs(found: list[RunSummary]) -> None:
    """A line for each run, and what went wrong with those that failed."""
    import sys

    from rich.table import Table
    from rich.text import Text

    from convlens.pipeline.watch import clock
    from convlens.terminal.console import console_on

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("name", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for heading in ("accuracy", "epochs", "time"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("command")
    for run in found:
        table.add_row(
            Text(printable(run.name), style="bold"),
            Text(run.state, style=STYLES[run.state]),
            "–" if run.accuracy is None else f"{run.accuracy:.1%}",
            "–" if run.epochs is None else f"{run.epochs:.4g}",
            "–" if run.seconds is None else clock(run.seconds),
            Text(printable(run.command or "–")),
        )
    console = console_on(sys.stdout)
    console.print(table)
    for run in found:
        if run.error is not None:
            console.print(Text(f"{printable(run.name)}: {printable(run.error)}"), soft_wrap=True)
