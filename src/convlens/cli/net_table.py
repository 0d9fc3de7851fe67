"""The table that ``convlens net`` prints."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from convlens.cli.output import output
from convlens.notation import Plan, Row, Sides
from convlens.notation.layers import Activation, Concat, Conv, GlobalPool, Layer, Pool, Residual
from convlens.notation.plan import VALUE_BYTES
from convlens.notation.printing import layer_text, window_text
from convlens.terminal.console import console_on

_WIDE = 104
"""Columns from which on the formula of every count is shown too."""


def print_plan(plan: Plan) -> None:
    """Print the network, a row for each layer and the totals on standard output."""
    output(Text(str(plan.architecture)), wrap=False)
    output("", _table(plan, formulas=console_on(sys.stdout).width >= _WIDE), "")
    output(
        Text(
            f"{plan.parameters:,} parameters and {plan.multiply_adds:,} multiply-adds.\n"
            f"adds: multiply-adds · sees: pixels of the input · memory: of the output, for one\n"
            f"picture at 4 bytes a value; training keeps about as much again for gradients"
        ),
        wrap=False,
    )


def _table(plan: Plan, *, formulas: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for header in ("layer", "what", "volume"):
        table.add_column(header, overflow="fold")
    for header in ("parameters", "adds", "memory", "sees"):
        table.add_column(header, justify="right", no_wrap=True)
    if formulas:
        table.add_column("counted as", overflow="fold")
    memory = bytes_text(VALUE_BYTES * plan.input.size)
    table.add_row("input", "", str(plan.input), "", "", memory, "1")
    for cells in _rows(plan.rows, ""):
        table.add_row(*map(Text, cells if formulas else cells[:7]))
    table.add_row(
        *map(Text, ("total", "", "", f"{plan.parameters:,}", count_text(plan.multiply_adds))),
        bytes_text(plan.memory),
        style="bold",
    )
    return table


def _rows(rows: tuple[Row, ...], indent: str) -> Iterator[tuple[str, ...]]:
    for row in rows:
        yield (
            indent + row.name,
            described(row.layer, row.padding),
            str(row.output),
            f"{row.parameters:,}" if row.parameters else "",
            count_text(row.multiply_adds) if row.multiply_adds else "",
            bytes_text(VALUE_BYTES * row.output.size),
            _pixels(row.receptive_field),
            row.formula,
        )
        for label, branch in zip(_labels(row.layer), row.branches, strict=False):
            what = "" if branch else "its input as it is"
            yield (f"{indent} {label}", what, *[""] * 6)
            yield from _rows(branch, indent + "  ")


def _labels(layer: Layer) -> list[str]:
    if isinstance(layer, Concat):
        return [f"branch {number}" for number in range(1, len(layer.branches) + 1)]
    return ["body", "shortcut"]


def described(layer: Layer, padding: Sides) -> str:
    """Return what a layer does: its notation without the word, with the padding that it takes."""
    if isinstance(layer, Residual):
        return "sum"
    if isinstance(layer, Concat):
        return "joined in depth"
    if isinstance(layer, Conv | Pool):
        return _windowed(layer, padding)
    if isinstance(layer, GlobalPool):
        return layer.kind
    if isinstance(layer, Activation):
        return "6 at most" if layer.kind == "relu6" else ""
    return layer_text(layer).partition(" ")[2]


def _windowed(layer: Conv | Pool, padding: Sides) -> str:
    filters = f"{layer.filters}@" if isinstance(layer, Conv) else ""
    words = [f"{filters}{window_text(layer)}/{layer.stride}"]
    if isinstance(layer, Pool) and layer.kind != "max":
        words.append(layer.kind)
    if isinstance(layer, Conv) or any(padding):
        words.append(f"pad {_padding(padding)}")
    if isinstance(layer, Conv):
        words.extend([f"dilate {layer.dilation}"] * (layer.dilation > 1))
        words.extend([f"groups {layer.groups}"] * (layer.groups > 1))
        words.extend(["nobias"] * (not layer.bias))
    if layer.fit != "exact":
        words.append(layer.fit)
    return " ".join(words)


def _padding(sides: Sides) -> str:
    """Return the padding as one number where all sides are equal, else as before+after."""
    across, down = f"{sides.left}+{sides.right}", f"{sides.top}+{sides.bottom}"
    if across != down:
        return f"{across},{down}"
    return str(sides.left) if sides.left == sides.right else across


def _pixels(field: tuple[int, int]) -> str:
    return str(field[0]) if field[0] == field[1] else f"{field[0]}x{field[1]}"


def count_text(number: int) -> str:
    """Return a count in three digits or so: ``640``, ``78.7K``, ``1.23M``."""
    return _short(number, ("", "K", "M", "G", "T", "P"))


def bytes_text(number: int) -> str:
    """Return a number of bytes, thousands of them as kB: ``640 B``, ``65.5 kB``, ``12.3 MB``."""
    return _short(number, (" B", " kB", " MB", " GB", " TB", " PB"))


def _short(number: int, units: tuple[str, ...]) -> str:
    value, unit = float(number), 0
    while value >= 999.5 and unit < len(units) - 1:
        value, unit = value / 1000, unit + 1
    if unit == 0:
        return f"{number}{units[0]}"
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:.{digits}f}{units[unit]}"
