"""How much memory there is, for limits that should grow with it."""

from __future__ import annotations

import os
from pathlib import Path

_FALLBACK = 4 << 30
_GROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")

SHARE_FOR_PIXELS = 0.5
"""Of the memory, that decoded pictures may take; what is more lies in a file."""


def physical_memory() -> int:
    """Return the bytes of memory that this process may use, or 4 GiB where nobody tells.

    That is what the machine has, or less where a container allows less.
    """
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return _FALLBACK
    try:
        return min(machine, int(_GROUP_LIMIT.read_text()))
    except (OSError, ValueError):  # no such limit, or the word `max`
        return machine


def is_too_large(size: int) -> bool:
    """Whether pixels of ``size`` bytes are better kept in a file than in memory."""
    return size > SHARE_FOR_PIXELS * physical_memory()
