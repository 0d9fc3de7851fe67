"""``convlens zoo``: the networks that have a name."""

from __future__ import annotations

import json
from typing import Any

import click

from convlens.notation.zoo import ZOO, Entry


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def zoo(as_json: bool) -> None:
    """List the networks that have a name.

    A name stands wherever a network is asked for: `convlens net lenet5`.
    """
    if as_json:
        click.echo(json.dumps([as_document(entry) for entry in ZOO], ensure_ascii=False))
        return
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(highlight=False)
    for entry in ZOO:
        count = entry.architecture.plan(entry.input, entry.classes).parameters
        facts = f"{entry.year}  {entry.input}, {entry.classes} classes, {count:,} parameters"
        console.print(Text.assemble((f"{entry.name:<18}", "bold"), facts))
        console.print(Padding(Text(f"{entry.about}\n{entry.title}"), (0, 0, 0, 2)))
        console.print(Padding(Text(str(entry.architecture), style="dim"), (0, 0, 1, 2)))


def as_document(entry: Entry) -> dict[str, Any]:
    """Return what ``--json`` prints of an entry."""
    plan = entry.architecture.plan(entry.input, entry.classes)
    return {
        "name": entry.name,
        "architecture": str(entry.architecture),
        "title": entry.title,
        "year": entry.year,
        "about": entry.about,
        "input": list(entry.input),
        "classes": entry.classes,
        "parameters": plan.parameters,
        "published": entry.published,
        "published_counts_bn_statistics": entry.counts_statistics,
    }
