"""Tables of labels as text: CSV of any separator, or a JSON document in each line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import NamedTuple

from convlens.data.names import printable
from convlens.errors import DataError

FILES = (
    "file", "file_name", "filename", "image", "image_name", "image_path", "path", "filepath",
    "file_path", "img", "img_path", "picture", "image_id", "id",
)  # fmt: skip
LABELS = ("label", "class", "category", "class_name", "label_name", "target", "labels", "classes")
PARTS = ("split", "part", "set", "subset", "partition")

PATHS = "paths count from the table's folder; a name alone is looked for below it"
COLUMNS = "give columns `file` and `label`, and `split` where there are parts"


class Row(NamedTuple):
    """One picture of a table: the number of its line, its file, its label, its part or ""."""

    number: int
    file: str
    label: str
    part: str


class Table(NamedTuple):
    """The rows of a table; ``missing`` is the column that it lacks ("file" or "label"), or ""."""

    name: str
    rows: tuple[Row, ...]
    missing: str
    columns: tuple[str, ...]


def read_table(name: str, content: bytes) -> Table:
    """Read a table; raises DataError, with the number of the line, where it is none.

    Without a line of names the first two columns of a CSV are taken for file and label where its
    first cell has the ending of a picture.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"{name} is not in UTF-8 (line {line}: the byte 0x{content[error.start]:02x})"
        raise DataError(message, "save it as UTF-8") from error
    by_lines = name.lower().endswith((".jsonl", ".ndjson"))
    records = _json_records(name, text) if by_lines else _csv_records(name, text)
    first = next(records, None)
    if first is None:
        return Table(name, (), "file", ())
    columns = tuple(first[1])
    chosen = [_column(columns, names) for names in (FILES, LABELS, PARTS)]
    for column, what in zip(chosen, ("file", "label"), strict=False):
        if column is None:
            return Table(name, (), what, columns)
    rows = [_row(number, values, chosen) for number, values in (first, *records)]
    return Table(name, tuple(rows), "", columns)


def _row(number: int, values: dict[str, str], chosen: list[str | None]) -> Row:
    file, label, part = (values.get(column or "", "").strip() for column in chosen)
    return Row(number, file, printable(label), part)


def _column(columns: tuple[str, ...], names: tuple[str, ...]) -> str | None:
    spelled = {column.strip().casefold().replace(" ", "_"): column for column in columns}
    return next((spelled[name] for name in names if name in spelled), None)


def _csv_records(name: str, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    from convlens.data.names import has_picture_ending

    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    columns: list[str] | None = None
    try:
        for cells in reader:
            if not any(cells):
                continue
            if columns is None and not (len(cells) > 1 and has_picture_ending(cells[0].strip())):
                columns = cells
                continue
            columns = columns or ["file", "label"]
            yield (
                reader.line_num,
                dict(zip(columns, cells, strict=False)) | _lacking(columns, cells),
            )
    except csv.Error as error:
        message = f"{name}, line {reader.line_num}: {_told(error)}"
        raise DataError(message, "mend the quotes around it, or save the table anew") from error


def _told(error: csv.Error) -> str:
    unclosed = "unexpected end of data" in str(error)
    return "a quote is opened and never closed" if unclosed else str(error)


def _lacking(columns: list[str], cells: list[str]) -> dict[str, str]:
    return dict.fromkeys(columns[len(cells) :], "")


def _json_records(name: str, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deep"
            message = f"{name}, line {number}: not JSON ({reason.lower()})"
            raise DataError(message, 'write {"file": "…", "label": "…"} in each line') from error
        if not isinstance(values, dict):
            raise DataError(f"{name}, line {number}: not a JSON object", COLUMNS)
        yield number, {str(key): _text(value) for key, value in values.items()}


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)
    return json.dumps(value)
