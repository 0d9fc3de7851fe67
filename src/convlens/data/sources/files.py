"""The files of a folder or an archive, sorted by what they may be, read when they are wanted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from convlens.data.memory import physical_memory
from convlens.data.names import printable
from convlens.data.pictures import Skipped
from convlens.data.places import Place
from convlens.data.sources.tree import Entry
from convlens.errors import DataError

Names = tuple[str, ...]
"""The printable names from the top down to a file."""

LONGEST_TABLE = 64 << 20
"""Bytes of the longest table of labels that is read."""

_TABLES = (".csv", ".tsv", ".jsonl", ".ndjson")
_DATA = re.compile(
    r".*idx[0-9][-._]ubyte(\.gz)?"
    r"|(data|test)_batch(_[0-9]+)?(\.bin)?|(train|test)\.bin"
    r"|batches\.meta(\.txt)?|fine_label_names\.txt",
    re.IGNORECASE,
)


def is_table(name: str) -> bool:
    """Tell whether a file may be a table of labels, going by its name."""
    return name.lower().endswith(_TABLES)


def is_data(name: str) -> bool:
    """Tell whether a file is named as those of MNIST or CIFAR are, which hold many pictures."""
    return _DATA.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Files:
    """What a walk through a folder or an archive found; ``name`` is that of the whole.

    ``entries`` may be pictures, ``tables`` hold labels, ``data`` many pictures each, ``folders``
    are all folders, also empty ones, ``skipped`` names what can already be told unusable, and
    ``notes`` says in a line each how names were read.
    """

    name: str
    entries: list[Entry]
    folders: list[Names]
    tables: Mapping[Names, Place] = field(default_factory=dict)
    data: Mapping[Names, Place] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()

    def read(self, path: Names, place: Place) -> bytes:
        """Return the content of a table or of data; raises DataError where it does not read."""
        from convlens.data.limits import UnreadableError
        from convlens.data.reading import Reader  # which itself needs what lies beside this

        try:
            if isinstance(place, str):
                return _read(place)
            with Reader() as reader:
                content = reader.read(place)
        except UnreadableError as error:
            raise DataError(f"{'/'.join(path)} cannot be read: {error}") from error
        except OSError as error:
            reason = printable(error.strerror or str(error)).lower()
            raise DataError(f"{'/'.join(path)} cannot be read: {reason}") from error
        assert isinstance(content, bytes)
        return content


def _read(place: str) -> bytes:
    path = Path(place)
    size = path.stat().st_size
    if size > physical_memory() // 4:
        raise DataError(f"{printable(path.name)} has {size:,} bytes, over a quarter of the memory")
    return path.read_bytes()
