"""How much memory the machine has, for limits that should grow with it."""

from __future__ import annotations

import os

_FALLBACK = 4 << 30


def physical_memory() -> int:
    """Return the bytes of memory that the machine has, or 4 GiB where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return _FALLBACK
