"""How much of the time something beside training may take, so that it does not slow learning."""

from __future__ import annotations

import time
from collections.abc import Callable

LONGEST_DEBT = 10.0
"""Seconds that are waited at most, whatever was spent."""


class Share:
    """Lets something be done at most ``often`` times a second and for ``share`` of the time.

    What it took is waited out before the next time, by as much as makes it that share.
    """

    def __init__(
        self, share: float, often: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.share, self.apart, self.clock = share, 1 / often, clock
        self._paid = self._again = clock()

    @property
    def allows(self) -> bool:
        """Whether it may be done now."""
        return self.rested and self.clock() >= self._paid

    @property
    def rested(self) -> bool:
        """Whether the last time lies far enough back, whatever it took."""
        return self.clock() >= self._again

    def spent(self, seconds: float) -> None:
        """Say that it took so long, until now."""
        now = self.clock()
        debt = max(self._paid - now, 0.0) + seconds / self.share - seconds
        self._paid = now + min(debt, LONGEST_DEBT)
        self._again = now - seconds + self.apart
