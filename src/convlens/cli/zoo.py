"""``convlens zoo``: the networks that have a name."""

from __future__ import annotations

from typing import Any

import click

from convlens.notation.zoo import ZOO, Entry, find


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def zoo(name: str | None, as_json: bool) -> None:
    """List the networks that have a name, or show the one called NAME.

    A name stands wherever a network is asked for: `convlens net lenet5`.
    """
    from convlens.cli.output import output_json

    if as_json:
        entries = [as_document(entry) for entry in ZOO]
        chosen = entries if name is None else as_document(find(name))
        output_json(chosen)
    elif name is None:
        print_list()
    else:
        print_entry(find(name))


def print_list() -> None:
    """Print a line for each network, for terminals of 80 columns or more."""
    from rich.table import Table
    from rich.text import Text

    from convlens.cli.output import output

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("name", "year", "input"):
        table.add_column(heading, no_wrap=True)
    table.add_column("parameters", justify="right", no_wrap=True)
    table.add_column("known for")
    for entry in ZOO:
        facts = (str(entry.year), str(entry.input), f"{entry.plan.parameters:,}", entry.line)
        table.add_row(Text(entry.name, style="bold"), *facts)
    output(table)
    click.echo("\nconvlens zoo NAME shows the text, convlens net NAME every layer.")


def print_entry(entry: Entry) -> None:
    """Print a network's text and what there is to know of it."""
    import sys

    from rich.padding import Padding
    from rich.text import Text

    from convlens.terminal.console import console_on

    console = console_on(sys.stdout)
    console.print(Text.assemble((entry.name, "bold"), f": {entry.line}"))
    console.print(Padding(Text(f"{entry.title}, {entry.year}."), (0, 0, 0, 2)))
    console.print(Padding(Text(entry.about), (0, 0, 0, 2)))
    counted = f"{entry.plan.parameters:,} parameters on {entry.input}"
    stated = ", as stated for it" if entry.published == entry.plan.parameters else ""
    console.print(f"  {counted} with {entry.classes:,} classes{stated}.\n")
    click.echo(entry.text)


def as_document(entry: Entry) -> dict[str, Any]:
    """Return what ``--json`` prints of an entry."""
    return {
        "name": entry.name,
        "text": entry.text,
        "architecture": str(entry.architecture),
        "line": entry.line,
        "title": entry.title,
        "year": entry.year,
        "about": entry.about,
        "input": list(entry.input),
        "classes": entry.classes,
        "parameters": entry.plan.parameters,
        "published": entry.published,
        "published_counts_bn_statistics": entry.counts_statistics,
    }
