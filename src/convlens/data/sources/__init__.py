"""Where pictures come from: folders, archives, arrays, and the digits that need no file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from convlens.data.names import printable
from convlens.data.sources.archive import open_archive
from convlens.data.sources.choosing import choose, read_choice
from convlens.data.sources.digits import open_digits
from convlens.data.sources.files import is_data, is_table
from convlens.data.sources.folder import open_beside, open_folder
from convlens.data.sources.given import open_given, open_npz
from convlens.data.sources.labelling import UNSAID, Labelling
from convlens.data.sources.parquet import open_parquet
from convlens.data.sources.source import Item, Source
from convlens.data.sources.tree import LAYOUT
from convlens.errors import DataError, SettingsError
from convlens.paths import expanded

__all__ = ["Item", "Labelling", "Source", "open_source", "read_choice"]


def open_source(data: Any, told: Labelling = UNSAID) -> Source:
    """List the pictures of ``data`` without decoding any.

    ``data`` is the word ``digits``; the path of a folder, of a ``.zip`` or ``.tar`` (compressed or
    not), of an ``.npz`` or ``.parquet``, of a table of labels, or of MNIST's or CIFAR's files; a
    pair ``(images, labels)``; a dict of parts, arrays or classes; a data frame; or a data set of
    pairs ``(image, label)``. ``told`` says where labels stand, where the layout does not, and
    which classes are wanted. Raises DataError, with a hint, where there is nothing to learn from
    or two readings are possible, SettingsError where ``told`` does not fit.
    """
    source = _opened(data, told)
    if (told.by_folders or told.columns) and source.in_memory:
        said = "columns" if told.columns else "label_by" if told.label_by else "class_level"
        raise SettingsError(
            f"{said} is about folders and tables; {source.name} has its labels beside the pictures",
            "leave it out",
        )
    return choose(source, told.classes)


def _opened(data: Any, told: Labelling) -> Source:
    if isinstance(data, os.PathLike):
        data = Path(os.fsdecode(data))
    if not isinstance(data, str | Path):
        return open_given(data, lambda path: open_source(path, told))
    if data == "":  # as Path it would be the folder that we stand in
        raise DataError("no folder or file is named: the path is empty", "check the path")
    path = expanded(data)
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
        return open_parquet([path], printable(path.name), str(path.absolute()), told)
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
