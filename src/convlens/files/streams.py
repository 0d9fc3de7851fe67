"""Outputs that are no files: pipes, the null device, and what the shell has opened already."""

from __future__ import annotations

import errno
import os
import select
import stat
from pathlib import Path

from convlens.errors import OutputError
from convlens.files.writing import cannot_write, shown

STDOUT, STDERR = 1, 2

DESCRIPTORS = "/dev/fd"
"""Where systems list what a process has open; /dev/stdout is a link into it."""

MOST_LINKS = 40
"""Of a chain, as Linux follows them."""

ANOTHER = "name a file"


def descriptor_of(path: Path) -> int | None:
    """The number of the open descriptor that ``path`` stands for, as /dev/stdout for 1, or None."""
    place = path
    for _ in range(MOST_LINKS):
        try:
            if place.name.isdecimal() and place.parent.samefile(DESCRIPTORS):
                return int(place.name)
            place = place.parent / place.readlink()
        except (OSError, ValueError):
            return None
    return None


def check_descriptor(path: Path, number: int) -> None:
    """See that what is open under ``number`` can be written to. Raises OutputError."""
    import fcntl

    try:
        access = fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE
    except OSError:
        raise OutputError(f"{shown(path)} is not open", ANOTHER) from None
    if access == os.O_RDONLY:
        raise OutputError(f"{shown(path)} is open for reading only", ANOTHER)
    if number == STDERR:
        raise OutputError(f"{shown(path)} is where progress and messages go", ANOTHER)
    if os.isatty(number):
        raise OutputError(f"{shown(path)} is a terminal", "name a file, or send it on with > or |")


def opened(path: Path, mode: int) -> int:
    """A descriptor to write to what is no file, ``mode`` being its kind. Raises OutputError.

    It is opened before the work and held, so that who reads from a pipe waits for what comes.
    """
    refused = _refused(path, mode)
    if refused is not None:
        raise OutputError(f"{shown(path)} is {refused}", ANOTHER)
    try:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise cannot_write(path, error, ANOTHER) from error
        raise OutputError(
            f"nobody reads from the pipe {shown(path)}",
            f"begin to read from it first, as with: cat {shown(path)} > FILE &",
        ) from None


def pour(handle: int, content: bytes | bytearray) -> None:
    """Write all of it, as fast as it is taken. Raises OSError."""
    left = memoryview(content)
    while left:
        try:
            left = left[os.write(handle, left) :]
        except BlockingIOError:
            select.select([], [handle], [])


def _refused(path: Path, mode: int) -> str | None:
    """What ``path`` is, where that is nothing to write a result to."""
    if stat.S_ISFIFO(mode):
        return None
    if stat.S_ISCHR(mode):
        null = os.stat(os.devnull)  # noqa: PTH116
        if stat.S_ISCHR(null.st_mode) and path.stat().st_rdev == null.st_rdev:
            return None
        return "a device"
    if stat.S_ISBLK(mode):
        return "a block device"
    if stat.S_ISSOCK(mode):
        return "a socket"
    return "no file"
