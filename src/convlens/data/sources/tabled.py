"""Pictures whose classes tables tell: flat folders, a table for each part, Hugging Face's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from convlens.data.names import printable
from convlens.data.pictures import Skipped
from convlens.data.sources.choosing import leaves_out
from convlens.data.sources.files import LONGEST_TABLE, Files, Names
from convlens.data.sources.labelling import COLUMNS_HINT, UNSAID, Labelling
from convlens.data.sources.matching import NOT_THERE, OUTSIDE, Matcher
from convlens.data.sources.parts import part_named, part_of, words_of
from convlens.data.sources.source import Part
from convlens.data.sources.table import COLUMNS, PATHS, NoColumnError, Row, Table, read_table
from convlens.data.sources.tree import Entry, Labelled, Layout, laid_out, listed, pictures
from convlens.errors import DataError

_METADATA = "metadata"
_PREDICTED = frozenset(
    ("submission", "submissions", "samplesubmission", "predictions", "prediction",
     "preds", "pred")
)  # fmt: skip
"""Words in the name of a table that holds what somebody guessed, or what is to be guessed."""


class UselessError(DataError):
    """No table tells anything; something else may."""


class Named(NamedTuple):
    """A table, where it lies, and the part that its name or its folder tells, or None."""

    path: Names
    table: Table
    part: Part | None

    @property
    def name(self) -> str:
        """Its path below the source."""
        return "/".join(self.path)


class _Told(NamedTuple):
    entry: Entry
    label: str
    part: Part | None
    row: int
    table: str


@dataclass(slots=True)
class _Gathered:
    """What the rows of all tables say, and what is wrong with some, by file."""

    found: dict[Names, _Told] = field(default_factory=dict)
    parts: dict[Names, tuple[Part, str]] = field(default_factory=dict)  # of rows without a label
    skipped: dict[str, str] = field(default_factory=dict)
    lost: dict[str, tuple[str, str]] = field(default_factory=dict)  # by class: where, why
    unlabelled: list[str] = field(default_factory=list)


def arrange_by_tables(
    files: Files,
    told: Labelling,
    root: Names,
    *,
    class_folders: Layout | None = None,
    only: bool = False,
) -> tuple[Layout, tuple[Skipped, ...]] | None:
    """Return the layout that the tables among ``files`` tell, or None where none tells any.

    Where no ``class_folders`` tell the classes, ``metadata.csv`` and ``.jsonl`` count in every
    folder, and one other table at the top, or several that are named after parts or lie in the
    folders of parts. ``root`` are the names of the folders above all files, ``only`` says that the
    user gave the one table. Raises DataError where a table is damaged, contradicts another, lacks a
    column while nothing else tells the classes, or where a class is lost with its files.
    """
    top = top_of(files)
    tables = _tables(files, told, top, spare=class_folders is not None, only=only)
    truth = [one for one in tables if not is_predicted(one, told, only=only)]
    if only and not truth:
        raise DataError(
            f"{tables[0].name} holds predictions by its {_why_predicted(tables[0])}, not truth",
            "say --columns file=NAME,label=NAME, if its labels are true",
        )
    if class_folders is not None and not told.columns:
        truth = []
    matcher = Matcher(files.entries, root)
    for one in truth:
        matcher.settle((row.file for row in one.table.rows), one.path[:-1])
    labelled = [one for one in truth if not one.table.missing and one.table.rows]
    labelled = _one_or_parts(labelled, matcher)
    lists = [
        one
        for one in truth
        if one.table.missing == "label" and one.part and not is_metadata(one.path)
    ]
    gathered = _Gathered()
    for one in labelled:
        for row in one.table.rows:
            _add(gathered, matcher, one, row)
    for path in [path for path in gathered.found if "/".join(path) in gathered.skipped]:
        del gathered.found[path]
    if not gathered.found:
        if class_folders is None and files.entries:
            _refuse_useless(truth, tables, labelled, gathered, told)
        return None
    _take_lists(gathered, lists, matcher)
    _check_lost(gathered, told)
    skipped = tuple(Skipped(file, reason) for file, reason in sorted(gathered.skipped.items()))
    notes = _notes(labelled, tables, gathered)
    return _layout(files, gathered, labelled, top, notes, only=only), skipped


def _tables(files: Files, told: Labelling, top: int, *, spare: bool, only: bool) -> list[Named]:
    """The tables that count by their place; with columns that were said, those that have them.

    Raises DataError where one is damaged, or none has the columns.
    """
    found, fault = [], None
    for path in sorted(files.tables):
        if not (is_metadata(path) or counts(path, top) or only):
            continue
        try:
            table = read_spare(files, path, told, spare=spare and not told.columns)
        except NoColumnError as error:
            fault = fault or error
            continue
        found.append(Named(path, table, part_told(path, top)))
    if fault is not None and not found:
        raise fault
    return found


def _notes(labelled: Sequence[Named], tables: Sequence[Named], gathered: _Gathered) -> list[str]:
    notes = []
    if left := gathered.unlabelled:
        what = "has" if len(left) == 1 else "have"
        notes.append(
            f"{pictures(len(left))} {what} no label: left out ({', '.join(left[:3])}"
            f"{', …' if len(left) > 3 else ''})"
        )
    notes += dict.fromkeys(one.table.note for one in labelled if one.table.note)
    if blanks := sorted({text for one in labelled for text in one.table.blanks}):
        notes.append(
            f"{listed(blanks)} among the labels is read as no label, as pandas does; named "
            "in --classes it is a class"
        )
    return notes + told_predicted(tables)


def told_predicted(tables: Sequence[Named]) -> list[str]:
    """A line about tables of predictions, where there are such."""
    found = [one.name for one in tables if is_predicted(one)]
    verb = "is" if len(found) == 1 else "are"
    return [f"{listed(found)} {verb} not used: predictions are no truth"] if found else []


def counts(path: Names, top: int) -> bool:
    """Whether a table counts by its place: at the top, or in the folder of a part there."""
    return len(path) == top + 1 or (len(path) == top + 2 and part_of(path[top]) is not None)


def part_told(path: Names, top: int) -> Part | None:
    """The part that a table is named after, or the folder that it lies in."""
    named = [part_of(path[-1].rpartition(".")[0]), *map(part_of, path[top:-1])]
    return next((part for part in named if part is not None), None)


def is_metadata(path: Names) -> bool:
    """Whether a table is one as the Hugging Face hub keeps beside pictures."""
    return path[-1].lower().partition(".")[0] == _METADATA


def is_predicted(one: Named, told: Labelling = UNSAID, *, only: bool = False) -> bool:
    """Whether a table holds what somebody guessed, going by its name and its columns."""
    if only and told.columns:
        return False  # the user gives this table, and says what it holds
    return one.table.predicted or not _PREDICTED.isdisjoint(words_of(one.path[-1]))


def _why_predicted(one: Named) -> str:
    return "columns" if one.table.predicted else "name"


def top_of(files: Files) -> int:
    """Return the number of folders around everything that holds pictures or tables."""
    paths = [entry.path for entry in files.entries] + list(files.tables)
    depth = 0
    while paths and all(len(p) > depth + 1 and p[depth] == paths[0][depth] for p in paths):
        depth += 1
    return depth


def read_spare(files: Files, path: Names, told: Labelling, *, spare: bool) -> Table:
    """Read a table; one that does not read is as none where others tell the classes (``spare``)."""
    try:
        content = files.read(path, files.tables[path])
        if len(content) > LONGEST_TABLE:
            raise DataError(f"{'/'.join(path)} is longer than {LONGEST_TABLE >> 20} MB")
        return read_table(path[-1], content, told.columns, _named_classes(told))
    except DataError:
        if spare and not is_metadata(path):
            return Table(path[-1], (), "file", ())
        raise


def _named_classes(told: Labelling) -> set[str]:
    """Every name that ``--classes`` may mean: those texts are labels, whatever they say."""
    return {
        name.strip().removeprefix("-") for one in told.classes for name in re.split(r"[=|]", one)
    } | set(told.classes)


def _one_or_parts(tables: list[Named], matcher: Matcher) -> list[Named]:
    """The tables that tell labels: one, and such as are named after parts.

    Of several others the pictures of all must agree. Raises DataError where they do not, by name
    and line, or where nothing says which of them counts.
    """
    plain = [one for one in tables if one.part is None and not is_metadata(one.path)]
    if len(plain) < 2:
        return tables
    naming = [one for one in plain if any(True for _ in matches(one, matcher))]
    if len(naming) > 1:
        seen: dict[Names, tuple[str, int, str]] = {}
        for one in naming:
            for row, entry in matches(one, matcher):
                if not row.label:
                    continue
                name, line, label = seen.setdefault(entry.path, (one.name, row.number, row.label))
                if label != row.label:
                    raise DataError(
                        f"{name} and {one.name} disagree: line {line} and line {row.number} say "
                        f"`{label}` and `{row.label}` of {'/'.join(entry.path)}",
                        f"give the one that counts, as …/{name}",
                    )
        raise DataError(
            f"{listed(one.name for one in naming)} all tell labels, and none is named after a part",
            f"give the one that counts, as …/{naming[0].name}, or put them into one table",
        )
    return [one for one in tables if one not in plain or one in naming]


def matches(one: Named, matcher: Matcher) -> Iterable[tuple[Row, Entry]]:
    """The rows of a table whose files are there, with these."""
    for row in one.table.rows:
        entry = matcher.find(row.file, one.path[:-1], one.part) if row.file else ""
        if not isinstance(entry, str):
            yield row, entry


def _add(gathered: _Gathered, matcher: Matcher, one: Named, row: Row) -> None:
    where = f"line {row.number} of {one.name}"
    shown = printable(row.file)
    if not row.file:
        gathered.skipped[where] = "names no file"
        return
    told = part_of(row.part) if row.part else one.part
    entry = matcher.find(row.file, one.path[:-1], told)
    if isinstance(entry, str):
        gathered.skipped[shown] = (
            f"{where} {OUTSIDE}" if entry == OUTSIDE else f"{where} names it, but {entry}"
        )
        if row.label:
            gathered.lost.setdefault(row.label, (f"{where} names {shown}", entry))
    elif not row.label:
        gathered.skipped[shown] = f"{where} gives it no label"
        gathered.unlabelled.append(f"line {row.number}")
    elif row.part and told is None:
        reason = f"{where} puts it in the unknown part `{printable(row.part)}`"
        gathered.skipped["/".join(entry.path)] = reason
    else:
        _keep(gathered, where, entry, row, one)


def _keep(gathered: _Gathered, where: str, entry: Entry, row: Row, one: Named) -> None:
    folder = next((part_named(n) for n in entry.path[:-1] if part_named(n)), None)
    told = part_of(row.part) if row.part else one.part
    if told is not None and folder is not None and told != folder:
        raise DataError(
            f"{where} puts {'/'.join(entry.path)} in the part {told}, and its folder in {folder}",
            "mend the row, or say --columns file=…,label=… to leave its part out of account",
        )
    part = told or folder
    earlier = gathered.found.get(entry.path)
    if earlier is None:
        gathered.found[entry.path] = _Told(entry, row.label, part, row.number, one.name)
        return
    if (earlier.label, earlier.part) == (row.label, part):
        return
    now, before = row.label, earlier.label
    if now == before:
        now, before = part or "no part", earlier.part or "no part"
    if earlier.table != one.name:
        raise DataError(
            f"{earlier.table} and {one.name} disagree: line {earlier.row} and line {row.number} "
            f"say `{before}` and `{now}` of {'/'.join(entry.path)}",
            f"mend one of them, or give the one that counts, as …/{one.name}",
        )
    reason = f"{where} says `{now}`, line {earlier.row} `{before}`"
    gathered.skipped["/".join(entry.path)] = reason
    gathered.lost.setdefault(row.label, (f"{where}, {'/'.join(entry.path)}", "it has two labels"))
    gathered.lost.setdefault(earlier.label, gathered.lost[row.label])


def _take_lists(gathered: _Gathered, lists: Sequence[Named], matcher: Matcher) -> None:
    """Take the parts of labelled pictures from tables named after parts that hold no labels."""
    for one in lists:
        for row, entry in matches(one, matcher):
            told = gathered.found.get(entry.path)
            if told is None:
                continue
            part = part_of(row.part) if row.part else one.part
            if told.part not in (None, part):
                raise DataError(
                    f"{told.table} and {one.name} disagree: line {told.row} and line {row.number} "
                    f"say `{told.part}` and `{part}` of {'/'.join(entry.path)}",
                    "mend one of the two, or take it out",
                )
            gathered.found[entry.path] = told._replace(part=part)


def _check_lost(gathered: _Gathered, told: Labelling) -> None:
    """A class of which no row found its picture is an error: the rows do not fit the files."""
    left = {one.label for one in gathered.found.values()}
    known = sorted({*left, *gathered.lost})
    for label, (where, why) in gathered.lost.items():
        if label not in left and not leaves_out(known, told.classes, label):
            raise DataError(
                f"no picture of the class `{printable(label)}` is found: {where}, but {why}",
                f"{PATHS}; or leave the class out: --classes='-{printable(label)}'",
            )


def _refuse_useless(
    truth: Sequence[Named],
    tables: Sequence[Named],
    labelled: Sequence[Named],
    gathered: _Gathered,
    told: Labelling,
) -> None:
    """Say what is wrong with a table where no class folders take its place."""
    for one in [] if labelled else truth:
        if not one.table.columns:
            raise UselessError(f"{one.name} has no rows", COLUMNS)
        if one.table.missing:
            columns = ", ".join(f"`{printable(n)}`" for n in one.table.columns[:8])
            missing = one.table.missing
            message = f"{one.name} has no column for the {missing}; its columns: {columns}"
            raise UselessError(message, COLUMNS_HINT if missing == "label" else COLUMNS)
        raise UselessError(f"{one.name} has no rows", COLUMNS)
    if gathered.skipped:
        file, reason = next(iter(gathered.skipped.items()))
        hint = PATHS if reason.endswith((NOT_THERE, OUTSIDE)) else COLUMNS
        raise UselessError(f"no row of {labelled[0].name} can be used: {file}: {reason}", hint)
    if told.columns:
        raise UselessError("there is no table at the top whose columns could be chosen", COLUMNS)


def _layout(
    files: Files,
    gathered: _Gathered,
    tables: Sequence[Named],
    top: int,
    notes: Sequence[str],
    *,
    only: bool,
) -> Layout:
    found = list(gathered.found.values())
    if only and len({one.part for one in found}) == 1:
        found = [one._replace(part=None) for one in found]  # its name says nothing then
    if len({one.part is None for one in found}) > 1:
        bare = next(one for one in found if one.part is None)
        message = (
            f"{bare.table} gives some pictures a part and others none "
            f"({'/'.join(bare.entry.path[top:])})"
        )
        raise DataError(message, "give every row a part, or none")
    warnings = [*notes]
    unnamed = sum(
        entry.path not in gathered.found and "/".join(entry.path) not in gathered.skipped
        for entry in files.entries
    )
    if unnamed:
        what = "file is" if unnamed == 1 else "files are"
        names = ", ".join(list(dict.fromkeys(one.name for one in tables))[:3])
        warnings.append(f"{unnamed:,} {what} not named in {names}: left out")
    labelled = [Labelled(one.entry, one.label, one.part) for one in found]
    return laid_out(labelled, top, warnings, by_value=True)
