"""The main job from end to end: pictures in, a classifier in a file out.

The second half, ``making``, needs torch and is imported late, so that pictures are being read while torch loads.
"""

from __future__ import annotations

from collections.abc import Callable

from convlens.pipeline.events import Event, Note, Reading, Ready
from convlens.pipeline.outcome import Outcome
from convlens.pipeline.prepare import prepare
from convlens.pipeline.settings import Settings

__all__ = ["Event", "Note", "Outcome", "Reading", "Ready", "Settings", "train"]


def train(
    settings: Settings,
    listen: Callable[[Event], None] = lambda event: None,
    stop: Callable[[], bool] = lambda: False,
    begun: float | None = None,
) -> Outcome:
    """Read, train, calibrate, test and save, as ``settings`` say.

    ``listen`` is told of everything on the way; training ends early, keeping what was learned,
    once ``stop()`` is true. ``begun`` is when the budget began to count, on the clock of
    ``time.monotonic``; now, where it is left out. Raises ConvLensError for what the user can mend.
    """
    prepared = prepare(settings, begun)
    with prepared.loading:
        from convlens.pipeline.making import make

        return make(prepared, listen, stop)
