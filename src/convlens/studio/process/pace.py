"""How often pages are told of what grows, so that showing it does not slow learning.

The threads of a step wait for one another: where every processor trains, what a browser's drawing
takes away from one of them, all lose. There pages hear of growth less often.
"""

from __future__ import annotations

import os

OFTEN = 0.1
"""Seconds between two looks where a processor is free to draw them."""

FIGURES_CROWDED, LAYERS_CROWDED = 2.0, 1.0
"""The same where every processor trains: of figures and curves, and of a layer that is open."""


def figures_apart() -> float:
    """Seconds between two times that pages are told of figures and curves of a training."""
    return FIGURES_CROWDED if crowded() else OFTEN


def layers_apart() -> float:
    """Seconds between two times that pages are shown what became of an open layer."""
    return LAYERS_CROWDED if crowded() else OFTEN


def crowded() -> bool:
    """Whether a step of training takes every processor that there is."""
    from torch import get_num_threads  # commands are taken before torch is there

    return get_num_threads() >= processors()


def processors() -> int:
    """Those that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
