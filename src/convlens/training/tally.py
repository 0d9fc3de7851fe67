"""What the steps since the last look came to."""

from __future__ import annotations

from dataclasses import dataclass

from convlens.training.learner import Descent


@dataclass(slots=True)
class Tally:
    """Sums over the steps since the last look."""

    pictures: int = 0
    loss: float = 0.0
    right: int = 0
    seconds: float = 0.0

    @property
    def pictures_per_second(self) -> float:
        """Learned from; a clock that is too coarse for the steps says 0 seconds."""
        return self.pictures / max(self.seconds, 1e-9)

    def add(self, told: Descent, pictures: int, seconds: float) -> None:
        """Count a step over so many ``pictures``."""
        self.pictures += pictures
        self.loss += told.loss * pictures
        self.right += told.right
        self.seconds += seconds
