"""How much memory there is, for limits that should grow with it."""

from __future__ import annotations

import os
from pathlib import Path

_FALLBACK = 4 << 30
_GROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_GROUP = _GROUP_LIMIT.parent
_MACHINE = Path("/proc/meminfo")

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
        return min(machine, int(_GROUP_LIMIT.read_text(encoding="ascii")))
    except (OSError, ValueError):  # no such limit, or the word `max`
        return machine


def free_memory() -> int:
    """Return the bytes of memory that could be had now without taking from other programs.

    Half of ``physical_memory`` where the system does not tell.
    """
    most = physical_memory()
    try:
        lines = _MACHINE.read_text(encoding="ascii").splitlines()
        free = next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvail"))
    except (OSError, ValueError, IndexError, StopIteration):
        return most // 2
    return min(free, max(most - _used_by_group(), 0))


def _used_by_group() -> int:
    """Bytes that a container's programs hold, files kept in memory aside; 0 where there is none."""
    try:
        used = int((_GROUP / "memory.current").read_text(encoding="ascii"))
        counts = dict(
            line.split()
            for line in (_GROUP / "memory.stat").read_text(encoding="ascii").splitlines()
        )
        return used - int(counts["file"])
    except (OSError, ValueError, KeyError):
        return 0


def is_too_large(size: int) -> bool:
    """Whether pixels of ``size`` bytes are better kept in a file than in memory."""
    return size > SHARE_FOR_PIXELS * physical_memory()
