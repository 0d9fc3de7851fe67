"""What the machine around a command lacks, as the user can mend it: a folder, memory, a disk."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from convlens.errors import ConvLensError, OutputError, SettingsError

MEMORY = (
    "failed to map segment",  # a library that is loaded
    "cannot allocate memory",
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "can't start new thread",
)
"""How libraries say that there is no more memory."""

DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
"""What a full or failing disk is called."""


LIMITED = (
    "could not create a primitive",  # oneDNN, for this reason and for others
    "error return without exception set",  # Python, where there is no memory for the exception
)
"""What else may mean that, where the system limits what a command takes."""


def check_folder() -> None:
    """See that the working folder is there. Raises OutputError where it was deleted."""
    try:
        Path.cwd()
    except OSError:
        raise OutputError(
            "the folder that this command was started in is gone",
            "go to one that is there (cd) and give the command again",
        ) from None


def fault_behind(error: Exception) -> ConvLensError | None:
    """What in the surroundings ``error`` comes from, or None where it is a fault of ours."""
    try:
        check_folder()
    except OutputError as gone:
        return gone
    signs = MEMORY + LIMITED if _is_limited() else MEMORY
    for one in _chain(error):
        if isinstance(one, MemoryError) or any(sign in str(one).lower() for sign in signs):
            return SettingsError(
                "there is not enough memory for this command",
                "close other programs, or raise the limit that is set for it (ulimit -v)",
            )
        if isinstance(one, OSError) and one.errno in DISK:
            where = "" if one.filename is None else f": {one.filename}"
            return OutputError(f"{os.strerror(one.errno).lower()}{where}", "make room")
    return None


def _is_limited() -> bool:
    """Whether the system holds the command to less address space than there is."""
    try:
        import resource
    except ImportError:  # Windows
        return False
    except MemoryError:  # not even for this
        return True
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and those that it was raised from or during."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
