"""From the files of a folder or an archive to a source: data, tables, or class folders."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from convlens.data.names import printable
from convlens.data.pictures import Skipped
from convlens.data.sources.beside import held_against_tables
from convlens.data.sources.binary import open_binary
from convlens.data.sources.choosing import named_in
from convlens.data.sources.files import Files, Names
from convlens.data.sources.folders import arrange
from convlens.data.sources.labelling import Labelling
from convlens.data.sources.pictured import likely_pictures, pictured
from convlens.data.sources.said import by_level, by_pattern
from convlens.data.sources.source import Kind, Source
from convlens.data.sources.spelling import joined_spellings
from convlens.data.sources.tabled import UselessError, arrange_by_tables
from convlens.data.sources.tree import LAYOUT, AmbiguousError, Layout, listed, pictures
from convlens.errors import DataError


def source_of_files(
    kind: Kind, files: Files, location: str, told: Labelling, *, only_table: bool = False
) -> Source:
    """Return the source in ``files``; ``location`` is the absolute path of the whole.

    What the user has ``told`` of labels comes first, then MNIST's and CIFAR's files,
    ``metadata.csv``, class folders, and other tables of labels; with ``only_table`` the one that
    the user gave. Raises DataError where there is nothing to learn from, and where it can be read
    in two ways.
    """
    if not (told.by_folders or told.columns) and (source := open_binary(files)) is not None:
        if files.entries:
            beside = listed(path[-1] for path in files.data)
            line = f"{pictures(len(files.entries))} beside {beside} left out"
            return replace(source, warnings=(*source.warnings, line))
        return source
    layout, skipped = _layout(files, _root(location), told, only_table)
    source = pictured(
        Source(
            kind,
            files.name,
            layout.classes,
            layout.items,
            (*files.skipped, *skipped),
            (*files.notes, *layout.warnings),
            location,
        )
    )
    return joined_spellings(source, named_in(source, told.classes))


def _layout(
    files: Files, root: Names, told: Labelling, only_table: bool
) -> tuple[Layout, tuple[Skipped, ...]]:
    if told.label_by is not None:
        return by_pattern(files.entries, told.pattern(), told.label_by, files.name), ()
    if told.class_level is not None:
        return by_level(files.entries, files.folders, told.class_level, files.name), ()
    layout, asked = None, None
    if not (only_table or told.columns):
        try:
            layout = arrange(files.entries, files.folders, files.name)
        except AmbiguousError as error:
            files, dropped = _of_pictures(files)
            if dropped:
                layout, told_skipped = _layout(files, root, told, only_table)
                return layout, (*dropped, *told_skipped)
            asked = error
        except DataError:
            pass  # told by tables, or in their words
    if layout is not None and len(layout.classes) < 2:
        layout = None
    try:
        found = arrange_by_tables(files, told, root, class_folders=layout, only=only_table)
    except UselessError as error:
        raise asked or error from error
    if found is not None:
        return found
    if layout is not None:
        return held_against_tables(files, told, root, layout), ()
    return arrange(files.entries, files.folders, files.name), ()


def _of_pictures(files: Files) -> tuple[Files, list[Skipped]]:
    """The files without those that are no pictures by their beginnings, and what these are.

    Raises DataError where none is left.
    """
    kept, dropped = likely_pictures(files.entries)
    if not kept:
        first = f"{dropped[0].file}: {dropped[0].reason}"
        raise DataError(f"there are no pictures in {files.name}: {first}", LAYOUT)
    return replace(files, entries=kept), dropped


def _root(location: str) -> Names:
    """The names of the folders above all files; an archive is one, called as it is unpacked."""
    path = Path(location)
    names = [printable(name) for name in path.parts if name != path.anchor]
    if names and not path.is_dir():
        names[-1] = names[-1].partition(".")[0] or names[-1]
    return tuple(names)
