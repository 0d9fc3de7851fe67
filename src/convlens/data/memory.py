"""How much memory there is, for limits that should grow with it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from convlens.errors import SettingsError

_FALLBACK = 4 << 30
_GROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_GROUP = _GROUP_LIMIT.parent
_MACHINE = Path("/proc/meminfo")

SHARE_FOR_PIXELS = 0.5
"""Of the memory, that decoded pictures may take; what is more lies in a file."""


def physical_memory() -> int:
    """Return the bytes of memory that this process may use, or 4 GiB where nobody tells.

    That is what the machine has, or less where a container or ``ulimit -v`` allows less.
    """
    return min(_machine(), _address_space())


def _machine() -> int:
    """Bytes that the machine has, or less where a container allows less."""
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return _FALLBACK
    try:
        return min(machine, int(_GROUP_LIMIT.read_text(encoding="ascii")))
    except (OSError, ValueError):  # no such limit, or the word `max`
        return machine


def _address_space() -> int:
    """Bytes of addresses that the process may have, or as good as no limit."""
    try:
        import resource
    except ImportError:  # Windows
        return 1 << 62
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return 1 << 62 if soft == resource.RLIM_INFINITY else soft


VARIABLE = "CONVLENS_MAX_MEMORY"
"""Variable of the environment that sets what a file from elsewhere may ask for."""

ALWAYS_ALLOWED = 2 << 30
"""Bytes that it may ask for where the machine has a third more than those."""

SHARE_ALLOWED, MOST_ALLOWED = 0.25, 0.75
"""Of the memory, that it may ask for; and what even ``ALWAYS_ALLOWED`` must not pass."""

LEAST_ALLOWED = 256 << 20
"""Bytes without which no network predicts."""

_UNITS = {"K": 10, "M": 20, "G": 30, "T": 40}


def allowed_memory() -> int:
    """Return the bytes that using one file from elsewhere may take, such as a model file.

    ``CONVLENS_MAX_MEMORY`` says how many, as ``12G``; else a quarter of the memory, or 2 GiB where
    that is more. Raises SettingsError where the variable does not read.
    """
    said = os.environ.get(VARIABLE, "").strip()
    if said:
        match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?) ?([KMGT])(?:i?B)?", said, re.IGNORECASE)
        if match is None or not float(match[1]):
            raise SettingsError(f"{VARIABLE} is {said[:40]!r}", "give a size such as 12G or 500M")
        return int(float(match[1]) * (1 << _UNITS[match[2].upper()]))
    most = physical_memory()
    usual = min(MOST_ALLOWED * most, max(ALWAYS_ALLOWED, SHARE_ALLOWED * most))
    return max(LEAST_ALLOWED, int(usual))


def bytes_text(count: int) -> str:
    """A number of bytes as it is said: ``512 MB``, ``7.9 GB``, in units of 1024."""
    mega = count / (1 << 20)
    return f"{mega:,.0f} MB" if mega < 1000 else f"{mega / 1024:,.1f} GB"


def how_to_raise(needed: int) -> str:
    """The hint that goes with a refusal of what takes ``needed`` bytes."""
    return f"if you trust it, allow as much: {VARIABLE}={needed // (1 << 30) + 1}G"


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
