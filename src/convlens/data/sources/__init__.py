"""Where pictures come from: folders, archives, arrays, and the digits that need no file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from convlens.data.names import printable
from convlens.data.sources.archive import open_archive
from convlens.data.sources.arrays import open_mapping, open_npz, open_pair
from convlens.data.sources.choosing import choose, named_in, read_choice
from convlens.data.sources.digits import open_digits
from convlens.data.sources.files import is_data, is_table
from convlens.data.sources.folder import open_beside, open_folder
from convlens.data.sources.labelling import UNSAID, Labelling
from convlens.data.sources.parquet import open_parquet
from convlens.data.sources.source import Item, Source
from convlens.data.sources.spelling import joined_spellings
from convlens.data.sources.tree import LAYOUT
from convlens.errors import DataError

__all__ = ["Item", "Labelling", "Source", "open_source", "read_choice"]

Data = str | Path | tuple[Any, Any] | Mapping[str, Any]
"""What pictures can be given as."""


def open_source(data: Data, told: Labelling = UNSAID) -> Source:
    """List the pictures of ``data`` without decoding any.

    ``data`` is the word ``digits``; the path of a folder, of a ``.zip`` or ``.tar`` (compressed or
    not), of an ``.npz`` or ``.parquet``, of a table of labels, or of MNIST's or CIFAR's files; a
    pair ``(images, labels)``; or a dict of parts or arrays. ``told`` says where labels stand, where
    the layout does not, and which classes are wanted. Raises DataError, with a hint, where there
    is nothing to learn from or two readings are possible, SettingsError where ``told`` does not
    fit.
    """
    source = _opened(data, told)
    kept = named_in(source, told.classes)
    return choose(joined_spellings(source, kept), told.classes)


def _opened(data: Data, told: Labelling) -> Source:
    if isinstance(data, Mapping):
        return open_mapping(data)
    if isinstance(data, tuple | list):
        return open_pair(tuple(data))
    if not isinstance(data, str | Path):
        message = f"pictures cannot be read from a {type(data).__name__}"
        raise DataError(message, "give a path, `digits`, or a pair of images and labels")
    if data == "":  # as Path it would be the folder that we stand in
        raise DataError("no folder or file is named: the path is empty", "check the path")
    path = Path(data).expanduser()
    shown = printable(str(data))
    try:
        if path.is_dir():
            return open_folder(path, told)
        exists = path.is_file()
    except (OSError, ValueError) as error:
        raise DataError(f"{shown} cannot be read: {printable(str(error))[:120]}") from error
    if data == "digits" and not exists:
        return open_digits()
    if not exists:
        raise DataError(f"there is no folder or file {shown}", "check the path, or try `digits`")
    if path.suffix.lower() == ".npz":
        return open_npz(path)
    if path.suffix.lower() == ".parquet":
        return open_parquet([path], printable(path.name), str(path.absolute()))
    if is_data(path.name) or is_table(path.name):
        return open_beside(path, told)
    if _is_picture(path):
        raise DataError(f"{shown} is a single picture", LAYOUT)
    return open_archive(path, told)


def _is_picture(path: Path) -> bool:
    from convlens.data.formats import HEAD, sniff

    try:
        with path.open("rb") as file:
            return sniff(file.read(HEAD)) is not None
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror}") from error
