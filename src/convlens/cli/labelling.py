"""Options that say where labels stand, for every command that opens pictures with classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from convlens.cli.types import COLUMNS

if TYPE_CHECKING:
    from convlens.data import Labelling

_OPTIONS = (
    click.option("--class-level", type=int, metavar="N",
                 help="The folder of a picture's path that is its class: 1 is the first below "
                 "DATA, -1 the one it lies in.  [default: told from the layout]"),
    click.option("--label-by", metavar="PATTERN",
                 help="Regular expression over paths: what its (…) finds is the class."),
    click.option("--columns", type=COLUMNS, metavar="file=NAME,label=NAME",
                 help="Columns of a table of labels; split=NAME, too."),
    click.option("--classes", metavar="NAMES",
                 help="Which classes, in this order: cat,dog; pet=cat|dog,* merges; -other leaves "
                 "one out."),
)  # fmt: skip

Command = TypeVar("Command", bound=Callable[..., Any])

NAMES = ("class_level", "label_by", "columns", "classes")
"""Parameters that ``labelling_options`` add."""


def labelling_options(command: Command) -> Command:
    """Add the options to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def labelling_of(options: dict[str, Any]) -> Labelling:
    """Take the options out of ``options``. Raises SettingsError for those that do not read."""
    from convlens.data.sources import Labelling, read_choice

    level, pattern, columns, classes = (options.pop(name) for name in NAMES)
    return Labelling(level, pattern, columns or {}, read_choice(classes))
