"""``events.jsonl``: what happened in a run, a JSON document a line, only ever added to."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FLUSH_SECONDS = 1.0
"""Lines reach the file at least as often, for those who read along."""


class EventLog:
    """Appends lines to a file that is cut back to its first ``length`` bytes.

    ``add`` never fails: lines that cannot be written wait for the next time. ``flush`` raises
    OSError.
    """

    def __init__(self, path: Path, length: int = 0) -> None:
        self.path = path
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        self.length = min(length, os.fstat(self._handle).st_size)
        os.ftruncate(self._handle, self.length)
        self._waiting: list[bytes] = []
        self._flushed = time.monotonic()

    def add(self, line: Mapping[str, Any], now: bool = False) -> None:
        """Append ``line``; ``now`` for what readers should see at once."""
        self._waiting.append(json.dumps(line, separators=(",", ":")).encode() + b"\n")
        if now or time.monotonic() - self._flushed >= FLUSH_SECONDS:
            with contextlib.suppress(OSError):
                self.flush()

    def flush(self, to_disk: bool = False) -> int:
        """Write what waits, on the disk itself if asked; returns the file's length in bytes."""
        self._flushed = time.monotonic()
        content = b"".join(self._waiting)
        try:
            os.lseek(self._handle, self.length, os.SEEK_SET)
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(self._handle, rest) :]
            if to_disk:
                os.fsync(self._handle)
        except OSError:
            with contextlib.suppress(OSError):  # no half line stays behind
                os.ftruncate(self._handle, self.length)
            raise
        self.length += len(content)
        self._waiting.clear()
        return self.length

    def close(self) -> None:
        """Write what waits, if that can be, and close the file."""
        with contextlib.suppress(OSError):
            self.flush()
        os.close(self._handle)


def read_events(path: Path, last: int | None = None, only: bytes = b"") -> Iterator[dict[str, Any]]:
    """The lines of ``path`` as dictionaries, or those in its ``last`` bytes, or with ``only``.

    A line that is not whole, as a killed process may leave at the end, is left out.
    """
    try:
        with path.open("rb") as file:
            if last is not None:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - last))
            for line in file:
                if only in line and (document := _document(line)) is not None:
                    yield document
    except OSError:
        return


def _document(line: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
