"""One process in a run folder at a time: a lock that the system lets go when its holder dies."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Self

if sys.platform == "win32":
    import msvcrt

    def _seize(handle: int) -> None:
        os.lseek(handle, 1 << 20, os.SEEK_SET)  # beyond the text, which others may read
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _seize(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


class HeldError(Exception):
    """Another process holds the lock; ``holder`` is its number, or 0 where it does not say."""

    def __init__(self, holder: int) -> None:
        super().__init__(f"held by process {holder}")
        self.holder = holder


class Lock:
    """The lock file of a folder, held from the making until ``release``.

    A file left by a dead process locks nothing and is taken over. Raises HeldError where a living
    one holds it, OSError where the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._handle: int | None = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _seize(self._handle)
        except (BlockingIOError, PermissionError) as error:
            holder = _number(os.read(self._handle, 20))
            self.release()
            raise HeldError(holder) from error
        except OSError:
            pass  # a file system without locks: better to train than to refuse
        os.ftruncate(self._handle, 0)
        os.lseek(self._handle, 0, os.SEEK_SET)
        with contextlib.suppress(OSError):  # a full disk; the lock holds all the same
            os.write(self._handle, str(os.getpid()).encode())

    def release(self) -> None:
        """Let others in."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock file at ``path``."""
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        _seize(handle)
    except (BlockingIOError, PermissionError):
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False


def _number(text: bytes) -> int:
    return int(text) if text.isdigit() else 0
