"""``convlens check``: what in a folder of pictures would spoil a training."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convlens.cli.labelling import labelling_of, labelling_options
from convlens.cli.output import output, output_json
from convlens.cli.types import PAGE_OUT
from convlens.errors.characters import printable

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from convlens.audit import Finding, Findings

OURS = b"Made by ConvLens"

STYLES = {"serious": "bold red", "look": "yellow", "note": "dim"}

NAMED = 3
"""Cases named below a finding; ``--json`` and ``--html`` have them all, or most."""


@click.command()
@click.argument("data")
@labelling_options
@click.option("--html", type=PAGE_OUT, metavar="PATH", help="Write a page of thumbnails to mark.")
@click.option("--without", type=click.Path(path_type=Path), metavar="LIST",
              help="Leave out the pictures that a list names, as the page saves it.")  # fmt: skip
@click.option("--no-labels", is_flag=True, help="Train no networks to judge the labels: quicker.")
@click.option("--strict", is_flag=True, help="Exit with 1 where anything serious is found.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, help="For what is drawn.")
@click.option("--no-cache", is_flag=True, help="Do not keep decoded pictures for the next time.")
@click.option("--quiet", is_flag=True, help="No progress.")
@click.option("--json", "as_json", is_flag=True, help="The result as one JSON document.")
def check(
    data: str,
    html: Path | None,
    without: Path | None,
    no_labels: bool,
    strict: bool,
    seed: int,
    no_cache: bool,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Look for what would spoil a training on DATA, most serious first.

    Copies of a picture across training and test or across classes, wrong labels, files that cannot
    be read, classes that are uneven, odd pictures, and whether file size, shape or border alone
    gives the class away. DATA is what `convlens train` takes; nothing in it is changed.

    On the page of --html pictures can be marked; it saves a list of them, which --without leaves
    out here, in `convlens train` and in `convlens evaluate`.
    """
    from convlens.audit import audit
    from convlens.cli.stages import Stages
    from convlens.data import open_source
    from convlens.data.leftout import without_chosen
    from convlens.files import Form, Output

    form = Form("a report of ours", "an HTML page", "page.html", _is_report)
    with nullcontext() if html is None else Output(html, form) as page:
        whole = open_source(data, labelling_of(options))
        source = without_chosen(whole, without)
        with Stages(quiet) as stages:
            found = audit(
                source, seed=seed, labels=not no_labels, cache=not no_cache, progress=stages
            )
        if page is not None:
            from convlens.audit.report import report

            kept = {item.name for item in source.items}
            out = [item.name for item in whole.items if item.name not in kept]
            page.write(report(found, source, data=data, left_out=out).encode())
    if as_json:
        output_json(found.to_json())
    else:
        show(found, html)
    return int(strict and any(finding.weight == "serious" for finding in found.findings))


def _is_report(path: Path) -> bool:
    """Whether the file is a page of ours, which may be replaced."""
    return OURS in path.read_bytes()


def show(found: Findings, html: Path | None) -> None:
    """Print the summary: what there is, then each finding with what to do about it."""
    from rich.text import Text

    from convlens.audit.report import facts

    output(Text(printable(f"{found.source}: {facts(found)}")), counts_table(found), "")
    if not found.findings:
        output(Text("nothing was found that would spoil a training", style="green"))
    for finding in found.findings:
        output(row_of(finding))
    if found.unchecked:
        output(Text(printable(f"labels not checked: {found.unchecked}"), style="dim"))
    if html is not None:
        output(Text(printable(f"page: {html}")), wrap=False)


def counts_table(found: Findings) -> Text:
    """The classes with their numbers of pictures, in a line or a few."""
    from rich.text import Text

    parts = list(found.classes[0].parts)
    told = ", ".join(f"{one.name} {one.pictures:,}" for one in found.classes[:20])
    if len(found.classes) > 20:
        told += f" and {len(found.classes) - 20:,} more classes"
    if parts:
        sums = [sum(one.parts[part] for one in found.classes) for part in parts]
        told += "; " + ", ".join(f"{n:,} {part}" for n, part in zip(sums, parts, strict=True))
    return Text(printable(told), style="dim")


def row_of(finding: Finding) -> Table:
    """The finding, what to do, and its first cases, beside its weight."""
    from rich.table import Table
    from rich.text import Text

    lines = [Text(printable(finding.line)), Text(printable(finding.advice), style="dim")]
    for case in finding.cases[:NAMED]:
        files = " = ".join(picture.file for picture in case.pictures[:NAMED])
        files += " = …" if len(case.pictures) > NAMED else ""
        lines.append(Text(printable(f"  {files}: {case.reason}")))
    if len(finding.cases) > NAMED:
        lines.append(Text(f"  and {len(finding.cases) - NAMED:,} more"))
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=8)
    table.add_column(overflow="fold")
    table.add_row(Text(finding.weight, style=STYLES[finding.weight]), Text("\n").join(lines))
    return table
