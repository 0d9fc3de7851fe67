"""Tables of labels as text: CSV of any separator, or a JSON document in each line."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from ast import literal_eval
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from convlens.data.names import has_picture_ending, printable
from convlens.data.sources.missing import is_missing
from convlens.errors import DataError

FILES = (
    "file", "file_name", "filename", "image", "image_name", "image_path", "path", "filepath",
    "file_path", "img", "img_path", "img_name", "picture", "photo", "image_id", "image_file",
    "image_index", "fname", "datei", "dateiname", "bild", "bilddatei", "fichier", "archivo",
    "imagen", "arquivo", "imagem", "id_code", "id",
)  # fmt: skip
LABELS = (
    "label", "class", "category", "class_name", "label_name", "target", "labels", "classes",
    "class_id", "classid", "label_id", "category_name", "category_id", "diagnosis", "species",
    "breed", "klasse", "kategorie", "classe", "etiquette", "categorie", "clase", "etiqueta",
    "categoria",
)  # fmt: skip
PARTS = (
    "split", "part", "set", "subset", "partition", "data_set", "dataset_split", "phase", "usage",
    "is_valid",
)  # fmt: skip
_IS_VALID = "is_valid"

PATHS = "paths count from the table's folder; a name alone is looked for below it"
COLUMNS = (
    "give columns `file` and `label`, and `split` where there are parts, or say which they are: "
    "--columns file=…,label=…"
)
ONE_LABEL = "give one label for each picture: training on several is not there yet"

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATORS = ",;\t|"
_JOINTS = "|;,"
_WHOLE = re.compile(r"-?\d+\.0+")
_PROBABILITIES = ("probability", "probabilities", "prob", "confidence")
_COUNTS = ("index", "unnamed_0", "row")

Record = tuple[int, dict[str, object]]


class NoColumnError(DataError):
    """A table has no column of a name that was said; another table may."""


class Row(NamedTuple):
    """One picture of a table: the number of its line, its file, its label or "", its part or ""."""

    number: int
    file: str
    label: str
    part: str


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a table; ``missing`` is the column that it lacks ("file" or "label"), or "".

    Where only the label is missing its rows are there, each with the label "". ``blanks`` are the
    texts that were read as no label, ``predicted`` whether it is of the form of predictions;
    ``note`` says which columns were taken where their names do not tell.
    """

    name: str
    rows: tuple[Row, ...]
    missing: str
    columns: tuple[str, ...]
    blanks: tuple[str, ...] = ()
    predicted: bool = False
    note: str = ""


def read_table(
    name: str,
    content: bytes,
    chosen: Mapping[str, str] | None = None,
    classes: Collection[str] = (),
) -> Table:
    """Read a table; raises DataError, with the number of the line, where it is none.

    Columns are known by their names, or ``chosen`` by ``file``, ``label``, ``split``. Without a
    line of names the two columns of a CSV are taken for file and label where its first cell has
    the ending of a picture. A column for each class, with a 1 in one of them in every row, is as
    good as a label; so is the only other column beside the files', if its values repeat. A list of
    one label is that label; texts that mean no label are labels where they are among ``classes``.
    Raises DataError for a row of several labels, and for labels that are fractions.
    """
    text = _decoded(name, content)
    by_lines = name.lower().endswith((".jsonl", ".ndjson"))
    records = list(_json_records(name, text) if by_lines else _csv_records(name, text))
    if not records:
        return Table(name, (), "file", ())
    columns = tuple(dict.fromkeys(key for _, values in records[:1000] for key in values))
    file, label, part = _columns(name, columns, chosen or {})
    file = _of_files(file, columns, records, chosen or {})
    if file is None:
        return Table(name, (), "file", columns)
    hot: list[str] = []
    note = ""
    if label is None and not chosen:
        others = [c for c in columns if c not in (file, part) and _says(c)]
        hot = _one_hot(records, others)
        label = None if hot else _only_other(records, others)
        if hot or label is not None:
            told = ", ".join(f"`{printable(c.strip())}`" for c in (hot or [label or ""])[:3])
            note = f"the labels of {name} are in {told}{', …' if len(hot) > 3 else ''}"
    rows: list[Row] = []
    blanks: dict[str, None] = {}
    for number, values in records:
        where = f"{name}, line {number}"
        said = _hot_label(where, values, hot) if hot else _label(where, values.get(label or ""))
        if said and is_missing(said) and said not in classes:
            blanks.setdefault(said)
            said = ""
        rows.append(Row(number, _text(values.get(file)).strip(), said, _part(values, part)))
    if label is not None:
        rows = _plain_numbers(rows)
        _check_fractions(name, rows)
        _check_joined(name, rows)
    lacking = "" if label is not None or hot else "label"
    predicted = not chosen and _is_predicted(columns, label)
    return Table(name, tuple(rows), lacking, columns, tuple(blanks), predicted, note)


def _of_files(
    file: str | None, columns: Sequence[str], records: Sequence[Record], chosen: Mapping[str, str]
) -> str | None:
    """The column of files: where its cells end like no pictures and another's do, that one."""
    if "file" in chosen:
        return file

    def named(column: str) -> int:
        return sum(has_picture_ending(_text(values.get(column)).strip()) for _, values in sample)

    sample = records[:200]
    if file is not None and 2 * named(file) > len(sample):
        return file
    likely = [column for column in columns if 2 * named(column) > len(sample)]
    return likely[0] if likely else file


def _decoded(name: str, content: bytes) -> str:
    encoding = next((one for mark, one in _MARKS if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"{name} is not in UTF-8 (line {line}: the byte 0x{content[error.start]:02x})"
        raise DataError(message, "save it as UTF-8") from error


def _columns(
    name: str, columns: Sequence[str], chosen: Mapping[str, str]
) -> tuple[str | None, str | None, str | None]:
    """The columns of file, label and part; those ``chosen`` must be there."""
    found = []
    for kind, names in (("file", FILES), ("label", LABELS), ("split", PARTS)):
        if kind not in chosen:  # of parts none is taken that was not said, where others were
            found.append(None if chosen and kind == "split" else _column(columns, names))
            continue
        column = _column(columns, (_plain_name(chosen[kind]),))
        if column is None:
            shown = ", ".join(f"`{printable(one)}`" for one in columns[:8])
            raise NoColumnError(
                f"{name} has no column `{printable(chosen[kind])}`; its columns: {shown}",
                "give the names as the table spells them",
            )
        found.append(column)
    return found[0], found[1], found[2]


def _plain_name(column: str) -> str:
    """A column's name as it is looked for: ``File Name`` and ``FileName`` are ``file_name``."""
    humps = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column.strip())
    return re.sub(r"[\s_-]+", "_", humps).casefold()


def _column(columns: Sequence[str], names: Sequence[str]) -> str | None:
    spelled: dict[str, str] = {}
    for column in columns:
        spelled.setdefault(_plain_name(column), column)
    return next((spelled[name] for name in names if name in spelled), None)


def _is_predicted(columns: Sequence[str], label: str | None) -> bool:
    """Whether a table has the columns of predictions, such as those of ``predict --csv``."""
    names = [_plain_name(column) for column in columns]
    guessed = label is not None and _plain_name(label).startswith(("pred", "guess"))
    return guessed or (label is not None and any(name in _PROBABILITIES for name in names))


def _part(values: Mapping[str, object], column: str | None) -> str:
    """What a row says of its part, as text; of ``is_valid`` the part's name."""
    told = _text(values.get(column)).strip() if column is not None else ""
    if column is not None and _plain_name(column) == _IS_VALID:
        return {"true": "validation", "1": "validation"}.get(told.lower(), "train")
    return "" if is_missing(told) else told


_NUMBER = re.compile(r"-?\d+[.,]\d+")


def _check_fractions(name: str, rows: Sequence[Row]) -> None:
    """Refuse numbers with a fraction, which name no class, where every label is a number."""
    labels = [row.label for row in rows if row.label]
    if not all(re.fullmatch(r"-?\d+([.,]\d+)?", label) for label in labels):
        return
    row = next((row for row in rows if _NUMBER.fullmatch(row.label)), None)
    if row is not None:
        raise DataError(
            f"{name}, line {row.number}: the label {row.label} is a number, which names no class",
            "say which column is the label: --columns label=NAME",
        )


def _label(where: str, value: object) -> str:
    """A label as text, "" for none; a list of one is its element."""
    if isinstance(value, str) and value.strip()[:1] in ("[", "("):
        value = _listed(value)
    if isinstance(value, list | tuple):
        told = [_label(where, one) for one in value if not is_missing(one)]
        if len(told) > 1:
            _refuse_several(where, told)
        return told[0] if told else ""
    if isinstance(value, dict):
        raise DataError(f"{where}: the label is an object", ONE_LABEL)
    return printable(_text(value).strip())


def _listed(text: str) -> object:
    """The list that ``text`` is, as JSON or as pandas writes one; else the text."""
    if len(text) > 10_000:
        return text
    for read in (json.loads, literal_eval):
        try:
            value = read(text.strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(value, list | tuple):
            return list(value)
    return text


def _refuse_several(where: str, labels: Sequence[str]) -> None:
    shown = ", ".join(f"`{label}`" for label in labels[:3]) + (", …" if len(labels) > 3 else "")
    raise DataError(f"{where}: has {len(labels)} labels ({shown})", ONE_LABEL)


def _check_joined(name: str, rows: Sequence[Row]) -> None:
    """Refuse ``cat|dog`` where either is the label of another row, ``cat, dog`` where both are."""
    labels = {row.label for row in rows}
    for row in rows:
        for joint in _JOINTS:
            several = [one.strip() for one in row.label.split(joint)]
            known = labels.intersection(several) if len(several) > 1 and all(several) else ()
            if known and (joint != "," or len(known) == len(set(several))):
                _refuse_several(f"{name}, line {row.number}", several)


def _plain_numbers(rows: list[Row]) -> list[Row]:
    """Rows whose labels 1.0, 2.0, … are 1, 2, …: whole numbers, made floats by a missing one."""
    labels = [row.label for row in rows if row.label]
    if not labels or not all(map(_WHOLE.fullmatch, labels)):
        return rows
    return [row._replace(label=row.label.partition(".")[0]) for row in rows]


_ZEROS, _ONES = ("0", "0.0", "false", ""), ("1", "1.0", "true")


def _one_hot(records: Sequence[Record], columns: Sequence[str]) -> list[str]:
    """The columns that hold nothing but 0 and 1, if all others do and there are two or more."""
    if len(columns) < 2:
        return []
    known = {*_ZEROS, *_ONES}
    for _, values in records:
        if not all(_text(values.get(column)).strip().lower() in known for column in columns):
            return []
    some = any(
        _text(values.get(column)).strip().lower() in _ONES
        for _, values in records
        for column in columns
    )
    return list(columns) if some else []


def _hot_label(where: str, values: Mapping[str, object], columns: Sequence[str]) -> str:
    hot = [c for c in columns if _text(values.get(c)).strip().lower() in _ONES]
    if len(hot) > 1:
        _refuse_several(where, [printable(column.strip()) for column in hot])
    return printable(hot[0].strip()) if hot else ""


def _says(column: str) -> bool:
    """Whether a column is more than pandas' index, which has no name."""
    return bool(column.strip()) and _plain_name(column).replace(":", "") not in _COUNTS


def _only_other(records: Sequence[Record], others: Sequence[str]) -> str | None:
    """The one column beside that of the files, if its values come up again as labels do."""
    if len(others) != 1:
        return None
    values = [_text(record.get(others[0])).strip() for _, record in records]
    found = [value for value in values if not is_missing(value)]
    return others[0] if found and 2 * len(set(found)) <= len(found) else None


def _csv_records(name: str, text: str) -> Iterator[Record]:
    separator, text, skipped = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    columns: list[str] | None = None
    try:
        for cells in reader:
            if not any(cells):
                continue
            if columns is None and not (len(cells) > 1 and has_picture_ending(cells[0].strip())):
                columns = cells
                _check_columns(name, columns)
                continue
            columns = columns or ["file", "label"]
            if any(cell.strip() for cell in cells[len(columns) :]):
                raise DataError(
                    f"{name}, line {reader.line_num + skipped}: has {len(cells)} cells, and there "
                    f"are {len(columns)} columns",
                    "give a first line with the names of all columns; quote cells with commas",
                )
            values: dict[str, object] = dict.fromkeys(columns[len(cells) :], "")
            yield reader.line_num + skipped, dict(zip(columns, cells, strict=False)) | values
    except csv.Error as error:
        message = f"{name}, line {reader.line_num + skipped}: {_told(error)}"
        raise DataError(message, "mend the quotes around it, or save the table anew") from error


def _separator(text: str) -> tuple[str, str, int]:
    """What parts the cells, the text after Excel's ``sep=;``, and the lines that this took."""
    head, _, rest = text.partition("\n")
    told = re.fullmatch(r'"?sep=(.)"?\s*', head, re.IGNORECASE)
    if told:
        return told[1], rest, 1
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(_SEPARATORS, key=first.count), text, 0


def _check_columns(name: str, columns: Sequence[str]) -> None:
    """Refuse two columns of one name, of which either could be meant."""
    known = {*FILES, *LABELS, *PARTS}
    seen: set[str] = set()
    for column in columns:
        plain = _plain_name(column)
        if plain in known and plain in seen:
            raise DataError(f"{name} has two columns `{printable(column.strip())}`",
                            "take one of the two out, or rename it")  # fmt: skip
        seen.add(plain)


def _told(error: csv.Error) -> str:
    unclosed = "unexpected end of data" in str(error)
    return "a quote is opened and never closed" if unclosed else str(error)


def _json_records(name: str, text: str) -> Iterator[Record]:
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
        yield number, {str(key): value for key, value in values.items()}


def _text(value: object) -> str:
    if value is None or (not isinstance(value, str) and is_missing(value)):
        return ""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)
    return json.dumps(value)
