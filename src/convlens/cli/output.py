"""Tables, lines and documents on standard output; rich's console for it and for standard error."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from convlens.errors.characters import harmless

if TYPE_CHECKING:
    from rich.console import RenderableType


def output(*parts: RenderableType, wrap: bool = True) -> None:
    """Print ``parts`` one below the other: styled on a terminal, else without blanks at line ends.

    Without ``wrap`` long lines are left to the terminal.
    """
    from convlens.terminal.console import console_on

    console = console_on(sys.stdout)
    if console.is_terminal:
        for part in parts:
            console.print(part, soft_wrap=not wrap)
        return
    with console.capture() as captured:
        for part in parts:
            console.print(part, soft_wrap=not wrap)
    for line in captured.get().splitlines():
        click.echo(line.rstrip())


def output_json(document: Any) -> None:
    """Print one JSON document, on one line.

    Characters stand for themselves where all of them print and the encoding has them; else all but
    those of ASCII are escaped as JSON has it.
    """
    text = json.dumps(document, ensure_ascii=False)
    if not (text.isprintable() and _is_encodable(text)):
        text = json.dumps(document).replace("\x7f", "\\u007f")
    click.echo(text)


def cell(text: str) -> str:
    r"""Return ``text`` as a cell of a table for other programs, on one line.

    Unlike ``printable`` it composes nothing, so that paths stay paths.
    """
    line = harmless(text).replace("\n", "\\n").replace("\t", "\\t")
    return line.encode(_encoding(), "backslashreplace").decode(_encoding())


def _encoding() -> str:
    return sys.stdout.encoding or "utf-8"


def _is_encodable(text: str) -> bool:
    try:
        text.encode(_encoding())
    except UnicodeEncodeError:
        return False
    return True
