"""Where a run stands in its data, in pictures: batches may change in size on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(slots=True)
class Place:
    """Epoch and offset in its order of ``count`` pictures, taken in batches of ``batch``.

    An epoch is over where what is left of it fills no batch. Where all batches are of one size
    ``steps`` are whole numbers that count them.
    """

    count: int
    batch: int
    epoch: int = 0
    offset: int = 0  # of the coming batch
    since: int = 0  # the offset from which on batches are of this size
    share: float = 0.0  # of the epoch that had gone by then

    @property
    def steps_per_epoch(self) -> int:
        """Of an epoch in batches of this size alone."""
        return self.count // self.batch

    @property
    def steps(self) -> float:
        """Steps of this size that would have come as far."""
        done = (self.offset - self.since) // self.batch
        if not self.since:
            return self.epoch * self.steps_per_epoch + done
        within = self.share + (1 - self.share) * done / ((self.count - self.since) // self.batch)
        return (self.epoch + within) * self.steps_per_epoch

    @property
    def epochs(self) -> float:
        """Passes over the pictures so far; an epoch counts 1, however its batches change."""
        return self.steps / self.steps_per_epoch

    @property
    def at_start(self) -> bool:
        """Whether an epoch is about to begin."""
        return self.offset == 0

    @property
    def at_last(self) -> bool:
        """Whether the coming batch is the last of its epoch."""
        return self.offset + 2 * self.batch > self.count

    def advance(self) -> float:
        """Go on by a batch; returns by how much ``steps`` grew: by 1 where no size changed."""
        before = self.steps
        self.offset += self.batch
        self._close()
        return self.steps - before

    def change(self, batch: int) -> float:
        """Take batches of another size from here on; returns by how much ``steps`` are more.

        More than what the new size makes of those until here: where what is left of the epoch
        fills no such batch, it is over.
        """
        if batch == self.batch:
            return 0.0
        epochs = self.epochs
        self.share, self.since, self.batch = epochs - self.epoch, self.offset, batch
        if self.offset:
            self._close()
        return (self.epochs - epochs) * self.steps_per_epoch

    def _close(self) -> None:
        """Begin the next epoch where this one is over."""
        if self.offset + self.batch > self.count:
            self.epoch, self.offset, self.since, self.share = self.epoch + 1, 0, 0, 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    def fresh(self) -> Self:
        """The beginning, in batches of this size."""
        return type(self)(self.count, self.batch)


def recovered(values: Mapping[str, Any], here: Place) -> tuple[Place, int, int]:
    """Place, steps and pictures learned from, as the ``values`` of a run's state told them.

    Among other pictures than those that ``here`` counts, or where nothing was told of the place:
    as many epochs on, in steps of this size.
    """
    epochs = values["steps"] / values["steps_per_epoch"]
    if "place" in values:  # not in what was saved while all batches were of one size
        there = Place(**values["place"])
        if there.count == here.count:
            there.change(here.batch)
            return there, values["steps"], values["pictures"]
        epochs = there.epochs
    steps = round(epochs * here.steps_per_epoch)
    epoch, position = divmod(steps, here.steps_per_epoch)
    place = Place(here.count, here.batch, epoch, position * here.batch)
    return place, steps, steps * here.batch
