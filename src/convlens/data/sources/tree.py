"""Files in their folders, and the layout that is told from them: classes, parts, items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from convlens.data.places import Place
from convlens.data.sources.source import Item, Part
from convlens.errors import DataError

LAYOUT = "lay the pictures out as <class>/<picture>, or train/<class>/… and test/<class>/…"
UNTOLD = (
    f"{LAYOUT}; or add labels.csv with columns `file` and `label`; or say --label-by PATTERN "
    "where the files' names tell the class"
)
Names = tuple[str, ...]


class AmbiguousError(DataError):
    """Names allow for more than one reading; the hint says how to choose."""


class Entry(NamedTuple):
    """A file that may be a picture; ``path`` holds the printable names from the top down."""

    path: Names
    size: int
    place: Place
    stamp: int


class Labelled(NamedTuple):
    """A file, the name of its class, and its part."""

    entry: Entry
    label: str
    part: Part | None


class Layout(NamedTuple):
    """What the paths say: classes sorted, items sorted by name, and what was left out.

    The items' names leave out the first ``depth`` folders of their paths.
    """

    classes: tuple[str, ...]
    items: tuple[Item, ...]
    warnings: tuple[str, ...]
    depth: int = 0


@dataclass(slots=True)
class Folder:
    """A folder that holds pictures, in itself or below: ``folders`` are such ones again."""

    path: Names = ()
    files: list[Entry] = field(default_factory=list)
    folders: dict[str, Folder] = field(default_factory=dict)
    count: int = 0  # pictures in all

    @property
    def name(self) -> str:
        """Its own name, "" for the whole."""
        return self.path[-1] if self.path else ""

    @property
    def all(self) -> list[Entry]:
        """Every file in it and below."""
        found, waiting = [], [self]
        while waiting:
            folder = waiting.pop()
            found += folder.files
            waiting += folder.folders.values()
        return found


def tree_of(entries: Iterable[Entry]) -> Folder:
    """The folders that hold ``entries``."""
    top = Folder()
    for entry in entries:
        folder = top
        folder.count += 1
        for depth, name in enumerate(entry.path[:-1], 1):
            folder = folder.folders.setdefault(name, Folder(entry.path[:depth]))
            folder.count += 1
        folder.files.append(entry)
    return top


_LOOSE = 4
"""Pictures below a folder for each that lies loose beside it: of fewer it is no wrapper."""


def wrapped(top: Folder) -> Folder:
    """The folder with two or more folders that a chain of single ones around everything leads to.

    Little may lie loose beside the chain, such as a preview. ``top`` itself where there is none.
    """
    folder = top
    while len(folder.folders) == 1:
        (only,) = folder.folders.values()
        if len(folder.files) * _LOOSE > only.count:
            return top
        folder = only
    return folder if folder.folders else top


def laid_out(
    found: Sequence[Labelled], depth: int, warnings: Iterable[str], *, by_value: bool = False
) -> Layout:
    """The layout of labelled files, whose items are named from ``depth`` folders down.

    Classes are sorted as text, or whole numbers ``by_value``.
    """
    labels = {one.label for one in found}
    classes = sorted_by_value(labels) if by_value else tuple(sorted(labels))
    index = {label: number for number, label in enumerate(classes)}
    items = [
        Item("/".join(entry.path[depth:]), index[label], part, entry.size, entry.place, entry.stamp)
        for entry, label, part in found
    ]
    items.sort(key=lambda item: item.name)
    return Layout(classes, tuple(items), tuple(warnings), depth)


def sorted_by_value(labels: Iterable[str]) -> tuple[str, ...]:
    """Labels sorted as whole numbers, where all are such, or as text."""
    found = sorted(labels)
    if all(label.isascii() and label.isdigit() for label in found):
        return tuple(sorted(found, key=lambda label: (int(label[:400]), label)))
    return tuple(found)


def listed(names: Iterable[str], most: int = 3) -> str:
    """The first ``most`` names in backticks, with an ellipsis for the rest."""
    every = list(names)
    shown = ", ".join(f"`{name}`" for name in every[:most])
    return f"{shown}, …" if len(every) > most else shown


def pictures(count: int) -> str:
    """``1 picture``, ``2 pictures``."""
    return f"{count:,} picture{'' if count == 1 else 's'}"
