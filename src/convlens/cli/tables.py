"""Tables of figures for each class, and of what was taken for what."""

from __future__ import annotations

import numpy as np
from rich.table import Table
from rich.text import Text

from convlens.errors.characters import printable
from convlens.evaluation import Evaluation

WIDEST_CONFUSION = 12
"""Classes up to which the whole table fits a terminal; above, the commonest mistakes are listed."""

MISTAKES = 15

MOST_FIGURES, WORST = 1_000, 40
"""Classes that are listed one by one, and of more how many: those that did worst."""

LONGEST_NAME = 12


def figures_table(found: Evaluation) -> Table:
    """A row for each class that has pictures or was predicted: pictures, precision, recall.

    Of more than MOST_FIGURES those with pictures that did worst.
    """
    rows = [(k, one) for k, one in found.classes.items() if one.n or one.precision is not None]
    title = None
    if len(rows) > MOST_FIGURES:
        title = f"the {WORST} of {len(rows):,} classes that did worst"
        known = [row for row in rows if row[1].n]
        rows = sorted(known, key=lambda row: row[1].recall or 0.0)[:WORST]
    table = Table(box=None, pad_edge=False, title=title, title_justify="left")
    table.add_column("class")
    for heading in ("pictures", "precision", "recall"):
        table.add_column(heading, justify="right")
    for name, one in rows:
        table.add_row(
            Text(printable(name)), f"{one.n:,}", percent(one.precision), percent(one.recall)
        )
    return table


def confusion_table(found: Evaluation) -> Table:
    """The confusion table, or its largest entries off the diagonal where classes are many."""
    names = [printable(name) for name in found.classes]
    if len(names) > WIDEST_CONFUSION:
        return mistakes_table(found)
    table = Table(box=None, pad_edge=False, title="rows: true class, columns: predicted",
                  title_justify="left")  # fmt: skip
    table.add_column("")
    for number in range(len(names)):
        table.add_column(str(number + 1), justify="right")
    for number, (name, row) in enumerate(zip(names, found.confusion, strict=True)):
        cells = [
            Text(f"{count:,}" if count else "·", style="green" if i == number else "")
            for i, count in enumerate(row.tolist())
        ]
        table.add_row(Text(f"{number + 1} {shortened(name)}"), *cells)
    return table


def mistakes_table(found: Evaluation) -> Table:
    """The commonest mistakes."""
    names = [printable(name) for name in found.classes]
    wrong = found.confused[found.confused[:, 0] != found.confused[:, 1]]
    table = Table(box=None, pad_edge=False, title="commonest mistakes", title_justify="left")
    for heading in ("is", "was taken for"):
        table.add_column(heading)
    table.add_column("times", justify="right")
    for row in np.argsort(-wrong[:, 2], kind="stable")[:MISTAKES].tolist():
        true, said, times = wrong[row].tolist()
        table.add_row(Text(names[true]), Text(names[said]), f"{times:,}")
    return table


def percent(share: float | None) -> str:
    """A share as a percentage, or a dash where there is none."""
    return "–" if share is None else f"{share:.1%}"


def shortened(name: str) -> str:
    """``name``, cut where it would make the table too wide."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
