"""Pictures whose classes a table tells: flat folders, and Hugging Face's ``metadata.csv``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from convlens.data.names import printable
from convlens.data.pictures import Skipped
from convlens.data.sources.files import LONGEST_TABLE, Files, Names
from convlens.data.sources.source import Item, Part
from convlens.data.sources.table import COLUMNS, PATHS, Row, Table, read_table
from convlens.data.sources.tree import PARTS, Entry, Layout
from convlens.errors import DataError

_METADATA = "metadata"
NOT_THERE = "it is not there"


class _Labelled(NamedTuple):
    entry: Entry
    label: str
    part: Part | None
    row: int


class _Gathered:
    """What the rows of all tables say, and what is wrong with some, by file."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.found: dict[Names, _Labelled] = {}
        self.skipped: dict[str, str] = {}
        self._entries = {entry.path: entry for entry in entries}
        self._plain: dict[Names, list[Entry]] = {}  # by paths with small endings
        self._loose: dict[str, list[Entry]] = {}
        for entry in entries:
            plain, name = _plain(entry.path), entry.path[-1]
            self._plain.setdefault(plain, []).append(entry)
            for key in {name, plain[-1], name.rpartition(".")[0]}:
                self._loose.setdefault(key, []).append(entry)

    def add(self, table: Table, folder: Names, row: Row) -> None:
        where = f"line {row.number} of {table.name}"
        shown = printable(row.file)
        if not row.file:
            self.skipped[where] = "names no file"
            return
        names = _names(row.file)
        if names is None:
            self.skipped[shown] = f"{where} leads out of the folder"
            return
        entry = self._entry((*folder, *names))
        if isinstance(entry, str):
            self.skipped[shown] = f"{where} names it, but {entry}"
        elif not row.label:
            self.skipped[shown] = f"{where} gives it no label"
        else:
            self._keep(where, entry, row, folder)

    def _keep(self, where: str, entry: Entry, row: Row, folder: Names) -> None:
        part = _part(row.part, folder, entry.path)
        shown = "/".join(entry.path)
        if row.part and part is None:
            self.skipped[shown] = f"{where} puts it in the unknown part `{printable(row.part)}`"
            return
        earlier = self.found.get(entry.path)
        if earlier is not None and (earlier.label, earlier.part) != (row.label, part):
            told, before = row.label, earlier.label
            if told == before:
                told, before = str(part), str(earlier.part)
            self.skipped[shown] = f"{where} says `{told}`, line {earlier.row} `{before}`"
            return
        self.found[entry.path] = _Labelled(entry, row.label, part, row.number)

    def _entry(self, path: Names) -> Entry | str:
        """Return the picture a row means: at its path, or the only one so called anywhere.

        The ending may be spelled in another case where that leaves one picture.
        """
        if path in self._entries:
            return self._entries[path]
        plain = _plain(path)
        named = self._plain.get(plain) or self._loose.get(path[-1]) or self._loose.get(plain[-1])
        if named and len(named) == 1:
            return named[0]
        return f"{len(named)} files are called so" if named else NOT_THERE


def _plain(path: Names) -> Names:
    """``path`` with the ending of its name in small letters."""
    stem, dot, ending = path[-1].rpartition(".")
    return (*path[:-1], stem + dot + ending.lower()) if dot else path


def arrange_by_tables(
    files: Files, *, class_folders: bool = False
) -> tuple[Layout, tuple[Skipped, ...]] | None:
    """Return the layout that the tables among ``files`` tell, or None where none tells any.

    ``metadata.csv`` and ``.jsonl`` count in every folder, other tables at the top only and where
    no ``class_folders`` tell the classes. Raises DataError where a table is damaged, or lacks a
    column while nothing else tells the classes.
    """
    top = _top(files)
    tables = [
        (path, _read(files, path, spare=class_folders))
        for path in sorted(files.tables)
        if _is_metadata(path) or (len(path) == top + 1 and not class_folders)
    ]
    gathered = _Gathered(files.entries)
    used = [(path, table) for path, table in tables if not table.missing and table.rows]
    for path, table in used:
        for row in table.rows:
            gathered.add(table, path[:-1], row)
    for path in [path for path in gathered.found if "/".join(path) in gathered.skipped]:
        del gathered.found[path]
    if not gathered.found:
        if not class_folders and files.entries:
            _refuse_useless([table for _, table in tables], gathered)
        return None
    skipped = tuple(Skipped(file, reason) for file, reason in sorted(gathered.skipped.items()))
    return _layout(files, gathered, [table.name for _, table in used], top), skipped


def unused_tables(files: Files) -> tuple[str, ...]:
    """Say in a line which tables at the top name pictures and classes, but are not used."""
    top = _top(files)
    tables = (_read(files, path, spare=True) for path in files.tables if len(path) == top + 1)
    names = [table.name for table in tables if not table.missing and table.rows]
    return tuple(
        f"{name} is not used, as the class folders tell the classes: give it itself to use it"
        for name in sorted(names)
    )


def _top(files: Files) -> int:
    """Return the number of folders around everything that holds pictures or tables."""
    paths = [entry.path for entry in files.entries] + list(files.tables)
    depth = 0
    while paths and all(len(p) > depth + 1 and p[depth] == paths[0][depth] for p in paths):
        depth += 1
    return depth


def _read(files: Files, path: Names, *, spare: bool) -> Table:
    """Read a table; one that does not read is as none where others tell the classes (``spare``)."""
    try:
        content = files.read(path, files.tables[path])
        if len(content) > LONGEST_TABLE:
            raise DataError(f"{'/'.join(path)} is longer than {LONGEST_TABLE >> 20} MB")
        return read_table(path[-1], content)
    except DataError:
        if spare and not _is_metadata(path):
            return Table(path[-1], (), "file", ())
        raise


def _is_metadata(path: Names) -> bool:
    return path[-1].lower().partition(".")[0] == _METADATA


def _refuse_useless(tables: Sequence[Table], gathered: _Gathered) -> None:
    """Say what is wrong with a table where no class folders take its place."""
    for table in tables:
        if table.missing and not table.columns:
            raise DataError(f"{table.name} has no rows", COLUMNS)
        if table.missing:
            columns = ", ".join(f"`{printable(name)}`" for name in table.columns[:8]) or "none"
            message = f"{table.name} has no column for the {table.missing}; its columns: {columns}"
            raise DataError(message, COLUMNS)
    if gathered.skipped:
        file, reason = next(iter(gathered.skipped.items()))
        hint = PATHS if reason.endswith(NOT_THERE) else COLUMNS
        raise DataError(f"no row of {tables[0].name} can be used: {file}: {reason}", hint)


def _layout(files: Files, gathered: _Gathered, tables: Sequence[str], top: int) -> Layout:
    found = gathered.found.values()
    classes = _sorted_classes({labelled.label for labelled in found})
    index = {label: number for number, label in enumerate(classes)}
    items = sorted(
        (
            Item(
                "/".join(labelled.entry.path[top:]),
                index[labelled.label],
                labelled.part,
                labelled.entry.size,
                labelled.entry.place,
                labelled.entry.stamp,
            )
            for labelled in found
        ),
        key=lambda item: item.name,
    )
    if len({item.part is None for item in items}) > 1:
        bare = next(item.name for item in items if item.part is None)
        message = f"{tables[0]} gives some pictures a part and others none ({bare})"
        raise DataError(message, "give every row a part, or none")
    warnings = []
    unnamed = sum(
        entry.path not in gathered.found and "/".join(entry.path) not in gathered.skipped
        for entry in files.entries
    )
    if unnamed:
        what = "file is" if unnamed == 1 else "files are"
        warnings.append(f"{unnamed:,} {what} not named in {', '.join(tables[:3])}: left out")
    return Layout(classes, tuple(items), tuple(warnings))


def _sorted_classes(labels: set[str]) -> tuple[str, ...]:
    """Sort whole numbers by value and anything else as text."""
    if all(label.isascii() and label.isdigit() for label in labels):
        return tuple(sorted(labels, key=lambda label: (int(label[:400]), label)))
    return tuple(sorted(labels))


def _names(file: str) -> Names | None:
    """Return the names in a path, None where it starts at a root or leads upwards."""
    text = file if "/" in file else file.replace("\\", "/")
    names = tuple(printable(name) for name in text.split("/") if name not in ("", "."))
    rooted = text.startswith("/") or (names and names[0][1:2] == ":")
    return None if rooted or not names or ".." in names else names


def _part(told: str, folder: Names, path: Names) -> Part | None:
    """Return the part that a row names, or else that a folder on its way is called after."""
    if told:
        return PARTS.get(told.casefold())
    return next((PARTS[n.casefold()] for n in path[:-1] if n.casefold() in PARTS), None)
