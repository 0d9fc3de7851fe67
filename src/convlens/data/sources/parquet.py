"""Parquet files with a column of pictures, as data sets on the Hugging Face hub are kept.

Source: the hub's ``Image`` feature is a struct of ``bytes`` and ``path``, its ``ClassLabel`` an
integer whose names stand as JSON under ``huggingface`` in the schema's metadata.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from convlens.data.limits import LARGEST_FILE
from convlens.data.memory import physical_memory
from convlens.data.names import printable
from convlens.data.pictures import Skipped
from convlens.data.sources.arrays import classified, unlabelled
from convlens.data.sources.labelling import UNSAID, Labelling
from convlens.data.sources.labels import Labels, read_labels
from convlens.data.sources.parts import part_of
from convlens.data.sources.source import Item, Part, Source
from convlens.data.sources.table import LABELS
from convlens.errors import DataError, SettingsError

if TYPE_CHECKING:
    import pyarrow as pa

_IMAGES = ("image", "img", "picture", "pixel_values")
_LABELS = (*LABELS, "fine_label", "coarse_label")
_ROWS = 64  # read at a time, so that a value repeated by reference stays small
_DAMAGED = "get the file again, whole"
_COLUMNS = "give an image column (bytes, or a struct with them) and a label column"


class ParquetRow(NamedTuple):
    """One picture: its number, its part, its label as it stands, its bytes, a stamp."""

    place: str
    part: Part | None
    label: object
    content: bytes | None
    stamp: int


def open_parquet(
    paths: Sequence[Path], name: str, location: str, told: Labelling = UNSAID
) -> Source:
    """Hold the pictures of Parquet files, as the compressed files that they are, in memory.

    The part is told by the name of a file or its folder (``test-00000-of-00001.parquet``); of the
    columns ``told`` may name that of the pictures (``file``) and that of the labels. Raises
    DataError without pyarrow, for damaged files, missing columns, files of which only some are
    parts or that number their classes otherwise, or more than a quarter of the memory.
    """
    if told.by_folders:
        raise SettingsError(
            f"{name} has its labels beside the pictures, not in its folders",
            "leave --class-level and --label-by out; --columns label=NAME says where",
        )
    rows: list[ParquetRow] = []
    names: list[str] | None = None
    room = physical_memory() // 4
    root = Path(location)
    above = os.path.commonpath([path.parent for path in paths])
    parts = {path: _part(path, root) for path in sorted(paths, key=str)}
    if None in parts.values() and len(set(parts.values())) > 1:
        bare = next(path for path, part in parts.items() if part is None)
        raise DataError(
            f"{printable(bare.name)} in {name} is named after no part, other files are",
            "call it train-….parquet or the like, or give one file alone",
        )
    if len(_sets(paths, above)) > 1:
        shown = ", ".join(f"`{printable(one)}`" for one in sorted(_sets(paths, above))[:3])
        raise DataError(
            f"the Parquet files in {name} lie in several folders, {shown}, which may be several "
            "data sets",
            "give one of the folders",
        )
    named: set[bool] = set()
    for path, part in parts.items():
        found, given = _rows(path, part if len(parts) > 1 else None, room, told.columns)
        room -= sum(len(row.content or b"") for row in found)
        below = path.relative_to(above).with_suffix("")
        rows += [row._replace(place=f"{printable(str(below))}/{row.place}") for row in found]
        named.add(given is not None)
        if len(named) > 1 or (names is not None and names != given):
            message = f"{printable(path.name)} names other classes than the files before it"
            raise DataError(message, "give files of one data set")
        names = names or given
    return _source(rows, names, name, location)


def _sets(paths: Sequence[Path], above: str) -> set[str]:
    """The folders of the files below ``above``, but for those that are named after parts."""
    below = (path.parent.relative_to(above).parts for path in paths)
    return {"/".join(name for name in names if part_of(name) is None) for names in below}


def _rows(
    path: Path, part: Part | None, room: int, chosen: Mapping[str, str]
) -> tuple[list[ParquetRow], list[str] | None]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise DataError(
            "reading Parquet needs pyarrow", 'install it with `pip install "convlens[parquet]"`'
        ) from error
    shown = printable(path.name)
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            image = _image_column(schema, shown, chosen.get("file"))
            wanted = (chosen["label"].casefold(),) if "label" in chosen else _LABELS
            label = _column(schema.names, wanted)
            if label is None:
                raise DataError(f"{shown} has no label column; {_listed(schema.names)}", _COLUMNS)
            split = _column(schema.names, (chosen.get("split", "split").casefold(),))
            if "split" in chosen and split is None:
                message = f"{shown} has no column `{printable(chosen['split'])}`"
                raise DataError(f"{message}; {_listed(schema.names)}", _COLUMNS)
            wanted_columns = [image, label, *([split] if split is not None else [])]
            for column in wanted_columns:
                if schema.names.count(column) > 1:
                    message = f"{shown} has two columns `{printable(column)}`"
                    raise DataError(message, "take one of the two out, or rename it")
            rows: list[ParquetRow] = []
            stamp = path.stat().st_mtime_ns
            for batch in file.iter_batches(batch_size=_ROWS, columns=wanted_columns):
                told = [None] * len(batch) if split is None else batch[split].to_pylist()
                values = zip(batch[image], batch[label].to_pylist(), told, strict=True)
                for picture, given, own in values:
                    content = _content(picture)
                    room -= len(content or b"")
                    if room < 0:
                        message = f"the pictures in {shown} do not fit into memory"
                        raise DataError(message, "unpack them into class folders")
                    said = part if own is None else part_of(str(own))
                    if own is not None and (said is None or part not in (None, said)):
                        message = (
                            f"{shown}, row {len(rows)}: is in the part `{printable(str(own))}`"
                        )
                        raise DataError(
                            message, "write train, validation or test, as its file says"
                        )
                    rows.append(ParquetRow(f"{len(rows):06d}", said, given, content, stamp))
            return rows, _class_names(schema, label)
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = printable(str(error)).partition(". ")[0][:80]
        raise DataError(
            f"{shown} is not a Parquet file, or damaged ({reason})", _DAMAGED
        ) from error


def _source(
    rows: Sequence[ParquetRow], names: Sequence[str] | None, name: str, location: str
) -> Source:
    classes, indices, warnings = _classes(rows, names, name)
    items: list[Item] = []
    skipped: list[Skipped] = []
    missing: list[tuple[str, str]] = []
    for (place, part, _, content, stamp), label in zip(rows, indices, strict=True):
        if label is None:
            skipped.append(Skipped(place, "has no label"))
            missing.append((place, ""))
        elif not content or len(content) > LARGEST_FILE:
            skipped.append(Skipped(place, "holds no picture" if not content else "too large"))
        else:
            items.append(Item(place, label, part, len(content), content, stamp))
    if not items:
        raise DataError(f"there are no pictures with labels in {name}", _COLUMNS)
    items.sort(key=lambda item: item.name)
    told = (*warnings, *unlabelled(missing, len(rows)))
    return Source("archive", name, classes, tuple(items), tuple(skipped), told, location)


def _classes(
    rows: Sequence[ParquetRow], names: Sequence[str] | None, name: str
) -> tuple[tuple[str, ...], list[int | None], list[str]]:
    """The classes, an index into them for each row, None without a label, and what to warn of."""
    parts: dict[Part | None, list[int]] = {}
    for number, row in enumerate(rows):
        parts.setdefault(row[1], []).append(number)
    labels = []
    for own in parts.values():
        places = [rows[number][0] for number in own]
        given = [_label(rows[number][2]) for number in own]
        labels.append(read_labels(given, places.__getitem__, name, names or ()))
    values = {label for one in labels for label in one.values if label is not None}
    told = names is not None and all(isinstance(v, int) and -1 <= v < len(names) for v in values)
    if told:  # the hub's -1 is no label
        labels = [Labels([None if v == -1 else v for v in one.values]) for one in labels]
    classes, found, warnings = classified(list(parts), labels, names if told else None, name)
    indices: list[int | None] = [None] * len(rows)
    for own, index in zip(parts.values(), found, strict=True):
        for number, label in zip(own, index, strict=True):
            indices[number] = label
    return tuple(map(printable, classes)), indices, warnings


def _label(value: object) -> object:
    return str(value) if isinstance(value, bool) else value  # by its name, as a column has it


def _content(picture: pa.Scalar) -> bytes | None:
    value: Any = picture.as_py()
    if isinstance(value, dict):
        value = value.get("bytes")
    return value if isinstance(value, bytes) else None


def _image_column(schema: pa.Schema, shown: str, chosen: str | None) -> str:
    import pyarrow as pa

    def fits(kind: pa.DataType) -> bool:
        if pa.types.is_struct(kind):
            names = [kind.field(n).name for n in range(kind.num_fields)]
            return "bytes" in names and fits(kind.field("bytes").type)
        return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))

    fitting = [field.name for field in schema if fits(field.type)]
    if not fitting:
        raise DataError(f"{shown} has no image column; {_listed(schema.names)}", _COLUMNS)
    found = _column(fitting, _IMAGES if chosen is None else (chosen.casefold(),))
    if chosen is None and len(fitting) > 1:
        message = f"{shown} has several columns of pictures: {', '.join(fitting[:4])}"
        raise DataError(message, f"say which: --columns file={fitting[0]}")
    if found is None and chosen is not None:
        message = f"{shown} has no image column `{printable(chosen)}`; {_listed(schema.names)}"
        raise DataError(message, _COLUMNS)
    return found or fitting[0]


def _column(columns: Sequence[str], names: Sequence[str]) -> str | None:
    spelled = {column.casefold(): column for column in columns}
    return next((spelled[name] for name in names if name in spelled), None)


def _listed(columns: Sequence[str]) -> str:
    return "its columns: " + (", ".join(f"`{printable(c)}`" for c in columns[:8]) or "none")


def _class_names(schema: pa.Schema, label: str) -> list[str] | None:
    try:
        told = json.loads((schema.metadata or {})[b"huggingface"])
        names = told["info"]["features"][label]["names"]
    except (KeyError, ValueError, TypeError, RecursionError):
        return None
    known = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return names if known and len(set(names)) == len(names) else None


def _part(path: Path, root: Path) -> Part | None:
    below = path.relative_to(root).parts if path.is_relative_to(root) else (path.name,)
    names = [part_of(name.removesuffix(".parquet")) for name in reversed(below)]
    return next((part for part in names if part is not None), None)
