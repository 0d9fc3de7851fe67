"""The pictures of a folder as files, whatever classes they belong to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from convlens.data.names import is_hidden, may_be_picture


def picture_files(folder: Path) -> Iterator[Path]:
    """Every file below ``folder`` that may be a picture, sorted; links to folders are not entered.

    Hidden files and what is no picture by its ending are left out, as in training.
    """
    for below, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_hidden(name))
        for name in sorted(files):
            path = Path(below, name)
            if not is_hidden(name) and may_be_picture(name) and path.is_file():
                yield path
