"""Classes from paths as the user says: the folder on a given level, or what a pattern finds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from convlens.data.sources.doubts import are_parts, levels
from convlens.data.sources.labelling import LABEL_HINT
from convlens.data.sources.parts import part_of
from convlens.data.sources.source import Part
from convlens.data.sources.tree import (
    LAYOUT,
    Entry,
    Labelled,
    Layout,
    Names,
    laid_out,
    listed,
    pictures,
    tree_of,
    wrapped,
)
from convlens.errors import DataError, SettingsError


def by_level(entries: Sequence[Entry], folders: Iterable[Names], level: int, name: str) -> Layout:
    """Take the folder on ``level`` of each path for its class: 1 the first, -1 that of the file.

    Folders named after parts above or below it tell the part. Raises DataError where that makes
    fewer than two classes, with what every level would give.
    """
    _check_some(entries, name)
    places = [(entry, _place(entry.path, level)) for entry in entries]
    kept = [(entry, place) for entry, place in places if place is not None]
    classes = {entry.path[place] for entry, place in kept}
    if len(classes) < 2:
        shown = listed(sorted(classes)) or "none"
        raise DataError(
            f"on level {level} of the folders in {name} is {shown}: two classes are needed",
            levels(entries),
        )
    if are_parts(classes):
        raise DataError(
            f"on level {level} of the folders in {name} are parts, {listed(sorted(classes))}, no "
            "classes",
            levels(entries),
        )
    found = [Labelled(entry, entry.path[place], None) for entry, place in kept]
    found, warnings = _with_parts(found, lambda entry: _place(entry.path, level))
    if left := len(entries) - len(kept):
        warnings.insert(0, f"{pictures(left)} of {name} in no folder on level {level}: left out")
    return laid_out(found, len(wrapped(tree_of(entries)).path), warnings)


def by_pattern(
    entries: Sequence[Entry], pattern: re.Pattern[str], spelled: str, name: str
) -> Layout:
    """Take what ``pattern`` finds first in a path for its class: its first group, or the match.

    Folders named after parts tell the part. Raises SettingsError where it finds nothing, or the
    same in all paths.
    """
    _check_some(entries, name)
    found, missed = [], []
    for entry in entries:
        match = pattern.search("/".join(entry.path))
        label = ((match[1] if pattern.groups else match[0]) or "").strip() if match else ""
        if label:
            found.append(Labelled(entry, label, None))
        else:
            missed.append(entry)
    example = f"`{'/'.join(entries[0].path)}`"
    if not found:
        raise SettingsError(f"label-by `{spelled}` finds nothing in any path, such as {example}",
                            LABEL_HINT)  # fmt: skip
    classes = {one.label for one in found}
    if len(classes) == 1:
        raise SettingsError(
            f"label-by `{spelled}` finds `{classes.pop()}` in every path, such as {example}",
            "let it match what differs from class to class",
        )
    if len(classes) == len(found) > 2:
        raise SettingsError(
            f"label-by `{spelled}` finds something else in every path, as `{found[0].label}` in "
            f"`{'/'.join(found[0].entry.path)}`",
            "let it match what the pictures of a class have in common",
        )
    found, warnings = _with_parts(found, lambda entry: None)
    if missed:
        warnings.insert(
            0,
            f"{pictures(len(missed))} of {name}, such as {'/'.join(missed[0].path)}, are not "
            "matched by label-by: left out",
        )
    return laid_out(found, len(wrapped(tree_of(entries)).path), warnings, by_value=True)


def _check_some(entries: Sequence[Entry], name: str) -> None:
    if not entries:
        raise DataError(f"there are no pictures in {name}", LAYOUT)


def _place(path: Names, level: int) -> int | None:
    """Where in ``path`` the folder on ``level`` stands, None where there is none."""
    place = level - 1 if level > 0 else len(path) - 1 + level
    return place if 0 <= place < len(path) - 1 else None


def _with_parts(found: list[Labelled], place_of: object) -> tuple[list[Labelled], list[str]]:
    """Give files the parts that folders on one level of their paths are named after."""
    assert callable(place_of)
    depth = max(len(one.entry.path) for one in found) - 1
    for place in range(depth):
        parts: list[Part | None] = [
            part_of(one.entry.path[place])
            if place < len(one.entry.path) - 1 and place != place_of(one.entry)
            else None
            for one in found
        ]
        if "train" in parts and len(set(parts) - {None}) > 1:
            kept = [
                one._replace(part=part)
                for one, part in zip(found, parts, strict=True)
                if part is not None
            ]
            left = len(found) - len(kept)
            return kept, [
                f"{pictures(left)} in no part like train or test: left out"
            ] if left else []
    return found, []
