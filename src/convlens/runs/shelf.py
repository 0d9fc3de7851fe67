"""The checkpoints of a run: the last two, so that one is good whatever happens to the other."""

from __future__ import annotations

import contextlib
from pathlib import Path

from convlens.files import SCRATCH, write_atomically
from convlens.runs.checkpoint import Checkpoint, DamagedError, from_bytes, to_bytes

KEPT = 2
PATTERN = "step-*.safetensors"


class Shelf:
    """The folder of checkpoints. Only the process that holds the run's lock may change it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, checkpoint: Checkpoint) -> None:
        """Add ``checkpoint`` whole or not at all, then remove all but the last two.

        Raises OutputError; those saved before are then as they were.
        """
        path = self.folder / f"step-{checkpoint.step:010}.safetensors"
        write_atomically(path, to_bytes(checkpoint), hint=None)
        for old in self._paths()[:-KEPT]:
            _remove(old)

    def latest(self) -> tuple[Checkpoint | None, list[str]]:
        """The last checkpoint that is whole, and a line about each later one that is not.

        What is damaged is removed, and so is what an interrupted save left behind. Raises RunError
        where a newer version wrote it.
        """
        for scratch in self.folder.glob(f"{SCRATCH}*"):
            _remove(scratch)
        refused: list[str] = []
        for path in reversed(self._paths()):
            try:
                return from_bytes(bytearray(path.read_bytes())), refused
            except DamagedError as error:
                refused.append(f"{path} is refused: {error}")
                _remove(path)
            except OSError as error:  # it may be readable another time
                refused.append(f"{path} cannot be read: {(error.strerror or str(error)).lower()}")
        return None, refused

    def clear(self, kept: int = 0) -> None:
        """Remove all checkpoints but the last ``kept``."""
        paths = self._paths()
        for path in paths[: len(paths) - kept]:
            _remove(path)

    def _paths(self) -> list[Path]:
        """Ordered by step, whatever the clock said when they were written."""
        return sorted(self.folder.glob(PATTERN))


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
