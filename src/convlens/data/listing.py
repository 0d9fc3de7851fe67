"""The pictures of a folder as files, whatever classes they belong to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from convlens.data.formats import HEAD, sniff
from convlens.data.names import has_picture_ending, is_hidden, may_be_picture
from convlens.paths import is_file


class Pictured(NamedTuple):
    """Files that are pictures, by name or by content; other files and folders, left out."""

    pictures: list[Path]
    others: list[Path]


def picture_files(folder: Path) -> Pictured:
    """Return the pictures below ``folder``; links to folders are not entered.

    What has a picture's ending counts even where it is none, so that a broken one is told; a file
    without such an ending counts where it begins as a picture. Hidden ones are left out unseen.
    """
    found = Pictured([], [])
    waiting = [folder]
    while waiting:
        below = waiting.pop()
        try:
            with os.scandir(below) as entries:
                inside = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            found.others.append(below)  # unreadable: to be told by name
            continue
        inside = [entry for entry in inside if not is_hidden(entry.name)]
        for entry in inside:
            path = Path(entry.path)
            if not entry.is_dir() and is_file(path):
                (found.pictures if _is_picture(path) else found.others).append(path)
        waiting += [Path(e.path) for e in reversed(inside) if e.is_dir(follow_symlinks=False)]
    return found


def _is_picture(path: Path) -> bool:
    if has_picture_ending(path.name):
        return True
    if not may_be_picture(path.name):
        return False
    try:
        with path.open("rb") as file:
            return sniff(file.read(HEAD)) is not None
    except OSError:
        return True  # unreadable: to be told by name
