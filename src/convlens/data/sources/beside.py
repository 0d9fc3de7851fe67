"""Tables beside folders that tell the classes: what they say of parts, and where they disagree."""

from __future__ import annotations

from collections.abc import Sequence

from convlens.data.names import printable
from convlens.data.sources.doubts import are_chunks, levels
from convlens.data.sources.files import Files, Names
from convlens.data.sources.labelling import Labelling
from convlens.data.sources.matching import Matcher
from convlens.data.sources.parts import part_of
from convlens.data.sources.source import Part
from convlens.data.sources.spelling import spelling
from convlens.data.sources.tabled import (
    Named,
    counts,
    is_predicted,
    matches,
    part_told,
    read_spare,
    told_predicted,
    top_of,
)
from convlens.data.sources.tree import Layout, listed
from convlens.errors import DataError


def held_against_tables(files: Files, told: Labelling, root: Names, layout: Layout) -> Layout:
    """``layout``, told from folders, with the parts that tables at the top say of its pictures.

    A line is added for tables that name classes, too, and are not used for them. Raises DataError
    where a table gives the pictures of a folder several labels, or one label to those of several
    folders: either may be meant.
    """
    top = top_of(files)
    tables = [
        Named(path, read_spare(files, path, told, spare=True), part_told(path, top))
        for path in sorted(files.tables)
        if counts(path, top)
    ]
    predicted = told_predicted(tables)
    predicted += [
        f"{one.name} does not read as a table: the part that it may tell is not known"
        for one in tables
        if one.part is not None and not one.table.columns
    ]
    tables = [one for one in tables if one.table.rows and not is_predicted(one)]
    if not tables:
        return layout._replace(warnings=(*layout.warnings, *predicted))
    matcher = Matcher(files.entries, root)
    labels = {item.name: layout.classes[item.label] for item in layout.items}
    parts: dict[str, tuple[Part, Named]] = {}
    unused = []
    for one in tables:
        rows = [
            (row, name)
            for row, entry in matches(one, matcher)
            if (name := "/".join(entry.path[layout.depth :])) in labels
        ]
        first: dict[str, str] = {}
        back: dict[str, str] = {}
        for row, name in rows:
            folder = labels[name]
            if row.label and (
                first.setdefault(folder, row.label) != row.label
                or back.setdefault(row.label, folder) != folder
            ):
                _refuse(one, row.number, row.label, name)
            part = part_of(row.part) if row.part else one.part
            if part is not None:
                parts[name] = (part, one)
        if one.table.missing:
            _check_unlabelled(one, layout, len(rows), levels(files.entries))
        else:
            _check_lost(one, set(back), layout)
            unused.append(one.name)
    layout = _with_parts(layout, parts)
    lines = [
        f"{name} is not used, as the class folders tell the classes: give it itself to use it"
        for name in unused
        if name not in {one.name for _, one in parts.values()}
    ]
    return layout._replace(warnings=(*layout.warnings, *lines, *predicted))


def _refuse(one: Named, line: int, label: str, name: str) -> None:
    raise DataError(
        f"{one.name} and the folders disagree: line {line} says `{printable(label)}` of {name}",
        f"give {one.name} itself to go by it, or say --class-level N to go by folders",
    )


def _check_lost(one: Named, matched: set[str], layout: Layout) -> None:
    """Refuse a table with a label of which no picture is found, that is no folder's name either."""
    known = {spelling(name) for name in (*matched, *layout.classes)}
    for row in one.table.rows if matched else ():
        if row.label and spelling(row.label) not in known:
            raise DataError(
                f"{one.name} and the folders disagree: line {row.number} says "
                f"`{printable(row.label)}`, which is no folder, of {printable(row.file)}, which is "
                "not there",
                f"give {one.name} itself to go by it, or say --class-level N to go by folders",
            )


def _check_unlabelled(one: Named, layout: Layout, count: int, told: str) -> None:
    """Ask, where folders in numbers hold pictures that a table lists without a known label."""
    if 2 * count < len(layout.items) or not are_chunks(layout.classes):
        return
    columns = ", ".join(f"`{printable(name)}`" for name in one.table.columns[:8])
    raise DataError(
        f"{one.name} lists the pictures in {listed(layout.classes)}; which of its columns is the "
        f"label? ({columns})",
        f"say --columns label=NAME; or where folders are the classes --class-level N: {told}",
    )


def _with_parts(layout: Layout, parts: dict[str, tuple[Part, Named]]) -> Layout:
    """``layout`` with parts told by tables, where the folders tell none."""
    if not parts or any(item.part is not None for item in layout.items):
        return layout
    names: Sequence[str] = list(dict.fromkeys(one.name for _, one in parts.values()))
    bare = [item.name for item in layout.items if item.name not in parts]
    if bare:
        raise DataError(
            f"{listed(names)} gives some pictures a part and others none ({bare[0]})",
            "name every picture, or take the table out, or say --class-level N to go by folders",
        )
    items = tuple(item._replace(part=parts[item.name][0]) for item in layout.items)
    line = f"the parts are those that {listed(names)} {'tells' if len(names) == 1 else 'tell'}"
    return layout._replace(items=items, warnings=(*layout.warnings, line))
