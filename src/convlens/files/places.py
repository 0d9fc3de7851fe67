"""Whether a file can be made at a place, found out by making one and taking it away again."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from convlens.files.writing import SCRATCH, cannot_write, make_folder, missing_folders

LONGEST_NAME = 255
"""Bytes of a name that about every file system takes."""


def try_file(path: Path) -> None:
    """See that ``path`` can be written as ``write_atomically`` does it; leave all as it was.

    The very name is made where there is none, since what is too long, or not allowed in a name,
    differs from file system to file system. Raises OSError.
    """
    with _made(path.parent):
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=SCRATCH):
            pass
        if not path.exists():
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
            path.unlink()
            return
        os.close(os.open(path, os.O_WRONLY))
        if _is_mounted(path):  # as single files are into containers: no name can be moved there
            raise OSError(errno.EBUSY, "it is mounted by itself; mount its folder")


def check_folder(folder: Path, longest: str, hint: str) -> None:
    """See that a file whose path in ``folder`` is ``longest`` can be made there later.

    Nothing is left behind. Raises OutputError with ``hint``.
    """
    try:
        try_file(folder / longest)
    except (OSError, ValueError) as error:
        raise cannot_write(folder, error, hint) from error


def fitting_name(stem: str, rest: str) -> str:
    """``stem`` and ``rest`` as a name, as much of the stem as a file system takes beside it."""
    rest = _cut(rest, LONGEST_NAME)
    return _cut(stem, LONGEST_NAME - len(os.fsencode(rest))) + rest


def free_path(stem: str, rest: str, taken: Callable[[Path], bool] = lambda path: False) -> Path:
    """``stem`` and ``rest`` in the current folder, a number between where something is there.

    A name of which ``taken`` is true is passed over too.
    """
    path, number = Path(fitting_name(stem, rest)), 1
    while os.path.lexists(path) or taken(path):
        number += 1
        path = Path(fitting_name(stem, f"-{number}{rest}"))
    return path


def _cut(text: str, most: int) -> str:
    """As much of ``text`` as ``most`` bytes hold."""
    while len(os.fsencode(text)) > most:
        text = text[:-1]
    return text


@contextlib.contextmanager
def _made(folder: Path) -> Iterator[None]:
    """``folder`` there for a while, with all above it, if it is not there anyway."""
    missing = missing_folders(folder)
    try:
        make_folder(folder)
        yield
    finally:
        for place in missing:
            with contextlib.suppress(OSError):
                place.rmdir()


def _is_mounted(path: Path) -> bool:
    """Whether ``path`` is a mount point; where the system does not list those, it is not."""
    try:
        lines = Path("/proc/self/mountinfo").read_bytes().splitlines()
    except OSError:
        return False
    place = os.fsencode(os.path.realpath(path))
    for byte in b"\\ \t\n":  # written as three octal digits there
        place = place.replace(bytes([byte]), b"\\%03o" % byte)
    return any(line.split()[4:5] == [place] for line in lines)
