"""From paths to classes and parts: the layout of a folder or an archive, told from names alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from convlens.data.places import Place
from convlens.data.sources.source import Item, Part
from convlens.errors import DataError

LAYOUT = "lay the pictures out as <class>/<picture>, or train/<class>/… and test/<class>/…"
UNTOLD = f"{LAYOUT}; or add labels.csv with columns `file` and `label`"

PARTS: dict[str, Part] = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
}


class Entry(NamedTuple):
    """A file that may be a picture; ``path`` holds the printable names from the top down."""

    path: tuple[str, ...]
    size: int
    place: Place
    stamp: int


class Layout(NamedTuple):
    """What the paths say: classes sorted, items sorted by name, and what was left out."""

    classes: tuple[str, ...]
    items: tuple[Item, ...]
    warnings: tuple[str, ...]


def arrange(entries: Sequence[Entry], folders: Iterable[tuple[str, ...]], name: str) -> Layout:
    """Tell classes and parts from the paths of pictures and of all folders (also empty ones).

    A single folder around everything is looked through. Raises DataError where there are no
    pictures, or none in a class folder; ``name`` is the source's, for messages.
    """
    if not entries:
        raise DataError(f"there are no pictures in {name}", LAYOUT)
    depth = _wrappers(entries)
    by_part = _has_parts(entries, depth)
    level = depth + 1 if by_part else depth  # where the class stands in a path
    warnings: list[str] = []
    kept = [entry for entry in entries if len(entry.path) > level + 1]
    if by_part:
        kept = _within_parts(kept, depth, warnings)
    if not kept:
        raise DataError(f"the pictures in {name} lie in no class folder", UNTOLD)
    loose = sum(len(entry.path) <= level + 1 for entry in entries)
    if loose:
        what = "picture lies" if loose == 1 else "pictures lie"
        warnings.append(f"{loose:,} {what} in no class folder of {name}: left out")
    classes = sorted({entry.path[level] for entry in kept})
    warnings += _empty_classes(classes, folders, depth, level)
    index = {label: number for number, label in enumerate(classes)}
    items = [
        Item(
            "/".join(entry.path[depth:]),
            index[entry.path[level]],
            PARTS[entry.path[depth].casefold()] if by_part else None,
            entry.size,
            entry.place,
            entry.stamp,
        )
        for entry in kept
    ]
    items.sort(key=lambda item: item.name)
    return Layout(tuple(classes), tuple(items), tuple(warnings))


def _wrappers(entries: Sequence[Entry]) -> int:
    """Count the folders around everything that hold no picture and at least two folders."""
    first = entries[0].path
    depth = 0
    while all(len(e.path) > depth + 2 and e.path[depth] == first[depth] for e in entries):
        depth += 1
        if len({entry.path[depth] for entry in entries}) > 1:
            return depth
    return 0


def _has_parts(entries: Sequence[Entry], depth: int) -> bool:
    nested = {entry.path[depth] for entry in entries if len(entry.path) > depth + 2}
    parts = {PARTS.get(folder.casefold()) for folder in nested} - {None}
    return "train" in parts and len(parts) > 1


def _within_parts(entries: list[Entry], depth: int, warnings: list[str]) -> list[Entry]:
    outside = Counter(e.path[depth] for e in entries if e.path[depth].casefold() not in PARTS)
    for folder, count in sorted(outside.items()):
        warnings.append(f"`{folder}` is no part like train or test: {count:,} pictures left out")
    return [entry for entry in entries if entry.path[depth] not in outside]


def _empty_classes(
    classes: list[str], folders: Iterable[tuple[str, ...]], depth: int, level: int
) -> list[str]:
    named = {
        folder[level]
        for folder in folders
        if len(folder) == level + 1 and (level == depth or folder[depth].casefold() in PARTS)
    }
    return [
        f"the class folder `{name}` holds no pictures: left out"
        for name in sorted(named - set(classes))
    ]
