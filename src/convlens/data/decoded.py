"""Decoded pictures of a source, before and after they are divided into parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convlens.data.cache import keep_alike, recall_alike
from convlens.data.groups import Groups, joined, numbered
from convlens.data.pictures import Dataset, Pictures, Skipped
from convlens.data.preprocessing import Geometry
from convlens.data.sources.source import Source
from convlens.data.split import Division
from convlens.errors import DataError


@dataclass(frozen=True, eq=False, slots=True)
class Decoded:
    """Pixels of some or all of a source's pictures.

    ``items`` (M,) are ascending indices into the source's items, ``pixels`` (M, H, W, C) uint8
    theirs; ``faults`` says why an item is no picture after all. ``cache`` is the folder that keeps
    what is found in the pixels, None for none.
    """

    source: Source
    geometry: Geometry
    items: NDArray[np.int64]
    pixels: NDArray[np.uint8]
    faults: Mapping[int, str]
    cache: Path | None = None

    @property
    def sound(self) -> NDArray[np.int64]:
        """The rows that hold a picture, ascending."""
        return np.flatnonzero(~np.isin(self.items, list(self.faults)))

    def pictures(self, items: NDArray[np.int64]) -> Pictures:
        """Those of ``items`` (n,) that could be decoded, in their order, pixels shared."""
        kept = items[~np.isin(items, list(self.faults))] if self.faults else items
        names = tuple(self.source.items[index].name for index in kept.tolist())
        rows = np.searchsorted(self.items, kept)
        return Pictures(self.pixels, self.source.labels[kept], names, rows)

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What was left out, by name."""
        items = self.source.items
        found = [Skipped(items[index].name, why) for index, why in self.faults.items()]
        return tuple(sorted([*self.source.skipped, *found], key=lambda one: one.file))

    def groups(self, named: Groups | None = None) -> Groups:
        """Near duplicates together, and with them all that is one group in ``named``."""
        count = len(self.source)
        numbers = np.arange(count)
        alike = self._alike()
        numbers[self.items[self.sound]] = count + alike[self.sound]  # no picture, no likeness
        numbers = numbered(numbers.tolist())
        together = int((np.bincount(numbers)[numbers] > 1).sum())
        if named is None:
            return Groups(numbers, together)
        return Groups(joined(numbers, named.numbers), together, named.named)

    def _alike(self) -> NDArray[np.int64]:
        """Numbers (M,), equal for near duplicates, from the cache where it has them."""
        folder = self.cache if len(self.items) == len(self.source) else None
        failed = np.array(sorted(self.faults), dtype=np.int64)
        if folder is not None:
            known = recall_alike(folder, self.source, self.geometry, failed)
            if known is not None:
                return known
        from convlens.data.likeness import groups, likeness  # scipy only where needed

        numbers = groups(likeness(self.pixels))
        if folder is not None:
            keep_alike(folder, self.source, self.geometry, numbers=numbers, failed=failed)
        return numbers

    def dataset(self, division: Division) -> Dataset:
        """The pictures in the parts of ``division``; raises DataError where none is to train on."""
        source = self.source
        test = None if division.test is None else self.pictures(division.test)
        train, validation = self.pictures(division.train), self.pictures(division.validation)
        skipped = self.skipped
        if not len(train):
            first = f": {skipped[0].file}: {skipped[0].reason}" if skipped else ""
            raise DataError(f"no training picture in {source.name} can be decoded{first}")
        parts = [train, validation, *([] if test is None else [test])]
        lost = _lost(source, parts, len(np.intersect1d(division.items, list(self.faults))))
        return Dataset(
            classes=source.classes,
            train=train,
            validation=validation,
            test=test if test is not None and len(test) else None,
            skipped=skipped,
            source=source.name,
            fingerprint=source.fingerprint,
            geometry=self.geometry,
            warnings=(*source.warnings, *division.warnings, *lost),
            division=division.summary,
        )


def _lost(source: Source, parts: Sequence[Pictures], failed: int) -> list[str]:
    total = sum(len(part) for part in parts) + failed
    found = []
    if 2 * failed > total:
        found.append(f"{failed:,} of {total:,} pictures could not be decoded")
    left = np.bincount(parts[0].labels, minlength=len(source.classes))
    if failed and not left.all():
        empty = [source.classes[label] for label in np.flatnonzero(left == 0)]
        found.append(f"no training picture is left of: {', '.join(empty[:5])}")
    return found
