"""A folder of pictures, listed and never written to."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from convlens.data.names import is_hidden, may_be_picture, printable
from convlens.data.pictures import Skipped
from convlens.data.places import Place
from convlens.data.sources.files import Files, Names, is_data, is_table
from convlens.data.sources.folders import arrange
from convlens.data.sources.labelling import UNSAID, Labelling
from convlens.data.sources.listed import source_of_files
from convlens.data.sources.parquet import open_parquet
from convlens.data.sources.source import Source
from convlens.data.sources.table import COLUMNS
from convlens.data.sources.tree import AmbiguousError, Entry, listed, pictures
from convlens.errors import DataError

_ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2", ".7z", ".rar")

Identity = tuple[int, int]
_Step = tuple[str, tuple[str, ...], set[Identity]]
"""A folder to look into, its printable names, and the folders seen on the way and beside it."""


class _Listing:
    """What a walk through the folder gathers.

    Links are followed. A folder is entered once per class folder and never from within itself,
    which ends loops; links that share pictures between classes stay possible.
    """

    def __init__(self, root: str) -> None:
        self.entries: list[Entry] = []
        self.tables: dict[tuple[str, ...], Place] = {}
        self.data: dict[tuple[str, ...], Place] = {}
        self.shards: list[Path] = []
        self.folders: list[tuple[str, ...]] = []
        self.skipped: list[Skipped] = []
        self.archives: list[str] = []  # at the top
        waiting: list[_Step] = [(root, (), set())]
        while waiting:  # no calls within calls: folders may be nested deeper than Python goes
            waiting += reversed(self._look(*waiting.pop()))

    def _look(self, folder: str, path: tuple[str, ...], seen: set[Identity]) -> list[_Step]:
        """Take in the files of a folder; returns the folders in it."""
        try:
            status = Path(folder).stat()
            identity = (status.st_dev, status.st_ino)
            if identity in seen:
                return []
            seen = seen | {identity} if len(path) <= 1 else seen
            seen.add(identity)
            with os.scandir(folder) as found:
                inside = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            reason = (error.strerror or "cannot be listed").lower()
            self.skipped.append(Skipped("/".join(path) or printable(folder), reason))
            return []
        if path:
            self.folders.append(path)
        return [
            (entry.path, (*path, printable(entry.name)), seen)
            for entry in inside
            if not is_hidden(entry.name) and self._is_folder(entry, (*path, printable(entry.name)))
        ]

    def _is_folder(self, entry: os.DirEntry[str], path: tuple[str, ...]) -> bool:
        """Whether a folder is to be looked into; a file is taken in."""
        try:
            if entry.is_dir():
                return True
            if entry.is_file():
                if len(path) == 1 and entry.name.lower().endswith(_ARCHIVES):
                    self.archives.append(path[0])
                if is_table(entry.name):
                    self.tables[path] = entry.path
                elif is_data(entry.name):
                    self.data[path] = entry.path
                elif entry.name.lower().endswith(".parquet"):
                    self.shards.append(Path(entry.path))
                elif may_be_picture(entry.name):
                    status = entry.stat()
                    stamp = hash((status.st_mtime_ns, status.st_ctime_ns))
                    self.entries.append(Entry(path, status.st_size, entry.path, stamp))
            elif entry.is_symlink() and may_be_picture(entry.name):
                self.skipped.append(Skipped("/".join(path), "a link that leads nowhere"))
        except OSError as error:
            reason = (error.strerror or "cannot be read").lower()
            self.skipped.append(Skipped("/".join(path), reason))
        return False


def open_folder(folder: Path, told: Labelling = UNSAID) -> Source:
    """List the pictures of a folder; raises DataError where there are none to learn from."""
    root = str(folder.resolve())
    name = printable(Path(root).name or root)
    listing = _Listing(root)
    if not (listing.entries or listing.data or listing.shards) and listing.skipped:
        first = listing.skipped[0]
        raise DataError(f"nothing in {name} can be read: {first.file}: {first.reason}")
    files = Files(
        name,
        listing.entries,
        listing.folders,
        listing.tables,
        listing.data,
        tuple(listing.skipped),
        _beside(listing),
    )
    if not listing.shards:
        if listing.archives and not (listing.entries or listing.data):
            shown = listed(listing.archives)
            raise DataError(f"there are no pictures in {name}, but {shown}", "give it itself")
        return source_of_files("folder", files, root, told)
    if _tells_classes(files):
        raise DataError(
            f"{name} holds Parquet files, as {printable(listing.shards[0].name)}, and folders of "
            "pictures",
            "give a Parquet file itself, or move one of the two elsewhere",
        )
    source = open_parquet(listing.shards, name, root, told)
    left = [f"{pictures(len(listing.entries))} beside the Parquet files left out"]
    return replace(source, warnings=(*source.warnings, *left)) if listing.entries else source


def _beside(listing: _Listing) -> tuple[str, ...]:
    """A line about archives that lie beside pictures, which may be parts of them."""
    if not (listing.archives and (listing.entries or listing.data)):
        return ()
    return (f"{listed(listing.archives)} beside the pictures is not read: unpack it, or give it",)


def _tells_classes(files: Files) -> bool:
    """Whether pictures lie in class folders, or in such as could be."""
    try:
        return len(arrange(files.entries, files.folders, files.name).classes) > 1
    except AmbiguousError:
        return True
    except DataError:
        return False


def open_beside(file: Path, told: Labelling = UNSAID) -> Source:
    """Open the folder that a table or a file of MNIST's or CIFAR's lies in, by this file alone."""
    root = str(file.parent.resolve())
    name = printable(file.name)
    path = (printable(file.name),)
    if is_table(file.name):
        listing = _Listing(root)
        files = Files(
            name,
            listing.entries,
            listing.folders,
            {path: str(file)},
            skipped=tuple(listing.skipped),
        )
        if not files.entries:
            raise DataError(f"there are no pictures beside {name}", COLUMNS)
        return source_of_files("folder", files, root, told, only_table=True)
    beside: dict[Names, Place] = {
        (printable(other.name),): str(other)
        for other in sorted(file.parent.iterdir())
        if is_data(other.name) and (other == file or not _holds_pictures(other.name))
    }
    return source_of_files("folder", Files(name, [], [], data=beside), root, told)


def _holds_pictures(name: str) -> bool:
    return "idx3" in name or "idx4" in name or name.endswith(".bin")
