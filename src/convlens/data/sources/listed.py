"""From the files of a folder or an archive to a source: data, tables, or class folders."""

from __future__ import annotations

from convlens.data.sources.binary import open_binary
from convlens.data.sources.files import Files
from convlens.data.sources.pictured import pictured
from convlens.data.sources.source import Kind, Source
from convlens.data.sources.tabled import arrange_by_tables, unused_tables
from convlens.data.sources.tree import PARTS, arrange
from convlens.errors import DataError


def source_of_files(kind: Kind, files: Files, location: str) -> Source:
    """Return the source in ``files``; ``location`` is the absolute path of the whole.

    MNIST's and CIFAR's files come first, then ``metadata.csv``, class folders, and other tables of
    labels. Raises DataError where there is nothing to learn from.
    """
    source = open_binary(files)
    if source is not None:
        return source
    by_folders = _has_class_folders(files)
    told = arrange_by_tables(files, class_folders=by_folders)
    layout, skipped = told or (arrange(files.entries, files.folders, files.name), ())
    unused = unused_tables(files) if by_folders and not told else ()
    return pictured(
        Source(
            kind,
            files.name,
            layout.classes,
            layout.items,
            (*files.skipped, *skipped),
            (*layout.warnings, *unused),
            location,
        )
    )


def _has_class_folders(files: Files) -> bool:
    try:
        classes = arrange(files.entries, (), files.name).classes
    except DataError:
        return False
    return len(classes) > 1 and not all(name.casefold() in PARTS for name in classes)
