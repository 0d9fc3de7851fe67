"""Pictures that a list leaves out: the files stay where they are, training does not see them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from convlens.data.names import printable
from convlens.data.sources.source import Item, Source
from convlens.documents import UnfitError, read_regular
from convlens.errors import DataError

LONGEST_LIST = 64 << 20
"""Bytes of a list, at most: a million names."""

NAMED = 3
"""Lines named in a message; of more it is said how many."""

LONGEST_LINE = 100
"""Characters of a line that a message repeats."""

Chosen = Path | Sequence[str]
"""A list's path, or names themselves."""


def without_chosen(source: Source, chosen: Chosen | None) -> Source:
    """``source`` less the pictures that ``chosen`` names; see ``without`` and ``names_in``."""
    if chosen is None:
        return source
    if isinstance(chosen, Path):
        return without(source, names_in(chosen), printable(chosen.name))
    return without(source, chosen)


def names_in(path: Path) -> tuple[str, ...]:
    """The names in a list: UTF-8, one in each line, without blank lines and ``#`` comments.

    Raises DataError for what cannot be read as one.
    """
    shown = printable(path.name)
    try:
        content = read_regular(path, LONGEST_LIST)
    except UnfitError as error:
        raise DataError(f"the list {printable(str(path))} {error}", _HINT) from error
    if b"\0" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{shown} is not a text, so no list of pictures", _HINT)
    try:
        lines = content.decode("utf-8-sig").replace("\r", "\n").split("\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"{shown} is not in UTF-8 (line {line}: the byte 0x{content[error.start]:02x})"
        raise DataError(message, "save it as UTF-8") from error
    return tuple(line for line in lines if line.strip() and not line.lstrip().startswith("#"))


_HINT = "give a text file with the name of one picture in each line, as `convlens check` saves it"


def without(source: Source, names: Sequence[str], told: str = "the list") -> Source:
    """``source`` less the pictures that ``names`` name, with a warning that says how many.

    A name is an item's own, or a path to its file, or has the name of the data in front. ``told``
    is what the names come from, for messages. Raises DataError where no name is that of a picture,
    or a class is left without any.
    """
    meant, strange = _meant(source, names)
    if strange and not meant:
        raise DataError(
            f"{told} names no picture of {source.name}: {_first(strange)}",
            f"give names as `convlens check` prints them, such as {source.items[0].name}",
        )
    items = tuple(item for item in source.items if item.name not in meant)
    _check_classes(source, items, told)
    skipped = tuple(one for one in source.skipped if one.file not in meant)
    count = len(source) - len(items) + len(source.skipped) - len(skipped)
    warnings = [f"{count:,} {'picture is' if count == 1 else 'pictures are'} left out by {told}"]
    if strange:
        lines = "line of {} names" if len(strange) == 1 else "lines of {} name"
        line = f"{len(strange):,} {lines.format(told)} no picture of {source.name}"
        warnings.append(f"{line}: {_first(strange)}")
    return replace(
        source,
        items=items,
        skipped=skipped,
        warnings=(*source.warnings, *warnings),
    )


def _meant(source: Source, names: Sequence[str]) -> tuple[set[str], list[str]]:
    """The names of pictures, also of skipped ones, that are meant, and what means none."""
    known = {item.name for item in source.items} | {one.file for one in source.skipped}
    by_place: dict[str, list[str]] = {}
    for item in source.items:
        if isinstance(item.place, str):
            by_place.setdefault(_slashed(printable(item.place)), []).append(item.name)
    resolved = cache(os.path.realpath)  # a list may have many pictures of one folder
    fronts = tuple(_fronts(source))
    meant: set[str] = set()
    strange: list[str] = []
    for name in names:
        found = [one for one in _spellings(name, fronts) if one in known][:1]
        if by_place and not found:
            places = _places(name, source.location, resolved)
            found = next((by_place[one] for one in places if one in by_place), [])
        if not found:
            strange.append(printable(name.strip()))
        meant.update(found)
    return meant, strange


def _fronts(source: Source) -> Iterator[str]:
    """What may stand in front of an item's name: where the data are, and what they are called."""
    yield from (source.location, source.name, Path(source.location).name)
    if source.kind == "archive":
        yield source.name.partition(".")[0]  # the folder that it unpacks to


def _spellings(name: str, fronts: Sequence[str]) -> Iterator[str]:
    """The names of items that a line may mean."""
    yield name
    yield printable(name)
    text = _slashed(printable(name.strip())).removeprefix("./")
    yield text
    yield from (text.removeprefix(f"{front}/") for front in fronts if front)


def _places(name: str, location: str, resolved: Callable[[str], str]) -> Iterator[str]:
    """The files that a line may mean: a path from the root or from here, below the data, beside."""
    path = os.path.expanduser(name.strip())  # noqa: PTH111 - a list may be long
    if "\0" in path:
        return
    for folder in ("", *([location, os.path.dirname(location)] if location else [])):  # noqa: PTH120
        whole = os.path.abspath(os.path.join(folder, path))  # noqa: PTH100, PTH118
        above, last = os.path.split(whole)
        yield _slashed(printable(whole))
        yield _slashed(printable(os.path.join(resolved(above), last)))  # noqa: PTH118


def _slashed(path: str) -> str:
    """A path with ``/``, also as Windows writes it; backslashes in a name with ``/`` stay."""
    return path if "/" in path else path.replace("\\", "/")


def _check_classes(source: Source, items: Sequence[Item], told: str) -> None:
    """Raise DataError where a class that had pictures has none among ``items``."""
    if not items:
        raise DataError(f"{told} leaves no picture of {source.name}", "take some off the list")
    bare = {item.label for item in source.items} - {item.label for item in items}
    if bare:
        named = [f"`{source.classes[label]}`" for label in sorted(bare)]
        what = "the class" if len(bare) == 1 else "the classes"
        raise DataError(
            f"{told} leaves {what} {_first(named)} without a picture",
            "take some off the list, or leave the whole class out with --classes",
        )


def _first(named: Sequence[str]) -> str:
    cut = (one if len(one) <= LONGEST_LINE else f"{one[:LONGEST_LINE]}…" for one in named[:NAMED])
    return ", ".join(cut) + (", …" if len(named) > NAMED else "")
