"""Values of options: times and sizes."""

from __future__ import annotations

import contextlib
import re
import sys
from pathlib import Path
from typing import Any

import click


class Duration(click.ParamType[float]):
    """``90s``, ``5m``, ``1.5h``, ``1m30s`` or a bare number of seconds, to seconds."""

    name = "time"
    units = {"s": 1.0, "m": 60.0, "h": 3600.0}  # noqa: RUF012 - never changed

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Seconds, at least one."""
        text = str(value).strip().lower()
        parts = re.findall(r"(\d+(?:\.\d+)?)([smh]?)", text)
        if not parts or "".join(number + unit for number, unit in parts) != text:
            self.fail(f"{value!r} is not a time such as 90s, 5m or 1h", param, ctx)
        seconds = sum(float(number) * self.units[unit or "s"] for number, unit in parts)
        if not 1 <= seconds <= 30 * 86400:
            self.fail("give at least 1s and at most 720h", param, ctx)
        return seconds


class Size(click.ParamType[tuple[int, int]]):
    """``96x64`` (width × height) or ``64`` (both), to (width, height)."""

    name = "size"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """(width, height) in pixels, 1 to 4096 each."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"(\d{1,4})(?:\s*[x×]\s*(\d{1,4}))?", str(value).strip().lower())
        if match is None:
            self.fail(f"{value!r} is not a size such as 96x64", param, ctx)
        width = int(match[1])
        height = int(match[2] or match[1])
        if not (1 <= width <= 4096 and 1 <= height <= 4096):
            self.fail("each side must be 1 to 4096 pixels", param, ctx)
        return width, height


class Figures(click.ParamType[tuple[float, ...]]):
    """``0.485,0.456,0.406`` or one number for all channels, to numbers."""

    name = "figures"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """One number or three."""
        if isinstance(value, tuple):
            return value
        parts = str(value).split(",")
        try:
            figures = tuple(float(part) for part in parts)
        except ValueError:
            figures = ()
        if len(figures) not in (1, 3):
            self.fail(f"{value!r} is not one number, or three with commas between", param, ctx)
        return figures


class Share(click.ParamType[float]):
    """``90%``, ``90 %`` or ``0.9``, to a share; of what is ``held_back`` maybe 0, but not all."""

    name = "share"

    def __init__(self, *, held_back: bool = False) -> None:
        self.held_back = held_back

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Above 0, at most 1; of what is held back 0 or more, below 1."""
        text = str(value).strip()
        number, percent = text.removesuffix("%").strip(), text.endswith("%")
        if not re.fullmatch(r"\d+(?:\.\d*)?|\.\d+", number):
            self.fail(f"{value!r} is not a share such as 90% or 0.9", param, ctx)
        share = float(number) / (100 if percent else 1)
        if self.held_back and not 0 <= share < 1:
            self.fail("give 0% or more and less than 100%, as 20% or 0.2", param, ctx)
        if not self.held_back and not 0 < share <= 1:
            self.fail("give more than 0% and at most 100%, as 90% or 0.9", param, ctx)
        return share


class Freeze(click.ParamType[int | str]):
    """A number of layers, or ``all-but-head``."""

    name = "layers"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        """The number, or the word."""
        text = str(value).strip().lower()
        if text != "all-but-head" and not re.fullmatch(r"\d{1,4}", text):
            self.fail(f"{value!r} is neither a number nor all-but-head", param, ctx)
        return text if text == "all-but-head" else int(text)


class OutputPath(click.ParamType[Path]):
    """A file to write, called ``example`` where one is to be named.

    Where it stands for the standard output the command says on stderr whatever else it has to say.
    """

    name = "path"

    def __init__(self, example: str) -> None:
        self.example = example

    def convert(
        self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """The path. Raises OutputError where it names no file."""
        from convlens.files import as_output, is_stdout

        path = as_output(value, self.example)
        if ctx is not None and is_stdout(path):
            ctx.with_resource(contextlib.redirect_stdout(sys.stderr))
        return path


class Changes(click.ParamType[Any]):
    """``show``, or ``batch=256,flip=no`` to changes of a recipe by name."""

    name = "recipe"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | dict[str, float | bool | str | None]:
        """The word ``show``, or values by name."""
        from convlens.errors import SettingsError
        from convlens.training.recipe import read_changes

        text = str(value).strip()
        if text == SHOW:
            return SHOW
        try:
            return read_changes(text)
        except SettingsError as error:
            self.fail("; ".join(filter(None, (error.message, error.hint))), param, ctx)


class Columns(click.ParamType[dict[str, str]]):
    """``file=image_id,label=dx`` to names of columns."""

    name = "columns"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, str]:
        """Names by what the columns hold: file, label, split."""
        if isinstance(value, dict):
            return value
        found: dict[str, str] = {}
        for entry in str(value).split(","):
            kind, equals, name = (part.strip() for part in entry.partition("="))
            if not (equals and name) or kind not in ("file", "label", "split"):
                self.fail(f"{entry.strip()!r} is not as in file=image_id,label=dx", param, ctx)
            found[kind] = name
        return found


SHOW = "show"

CHANGES = Changes()
DURATION = Duration()
FREEZE = Freeze()
SIZE = Size()
MODEL_OUT = OutputPath("model.safetensors")
PAGE_OUT = OutputPath("page.html")
FIGURES = Figures()
SHARE = Share()
HELD_BACK = Share(held_back=True)
COLUMNS = Columns()

VIEWS = "Look at unsure pictures mirrored and shifted too, as far as learned, and average."
"""What ``--views`` does, wherever it stands."""
