"""How often pages are told of what grows, so that showing it does not slow learning."""

from __future__ import annotations

import os

OFTEN = 0.1
"""Seconds between two looks where a processor is free to draw them."""

CROWDED = 1.0
"""The same where every processor trains.

The threads of a step wait for one another: what a browser's drawing takes away from one of them,
all lose.
"""


def apart() -> float:
    """Seconds between two times that pages are told of what merely grows in training."""
    from torch import get_num_threads  # commands are taken before torch is there

    return CROWDED if get_num_threads() >= processors() else OFTEN


def processors() -> int:
    """Those that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
