"""What is known about pictures before any of them is decoded: names, classes, parts, places."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convlens.data.pictures import Skipped
from convlens.data.places import Place

Kind = Literal["digits", "folder", "archive", "arrays", "files"]
Part = Literal["train", "validation", "test"]


class Item(NamedTuple):
    """One picture, not yet decoded.

    ``name`` is its path below the source, printable, with ``/``; ``label`` an index into the
    source's classes; ``part`` None where the source has no parts; ``size`` in bytes, None where
    unknown; ``stamp`` changes when the content may have changed.
    """

    name: str
    label: int
    part: Part | None
    size: int | None
    place: Place
    stamp: int = 0


@dataclass(frozen=True, eq=False)
class Source:
    """Pictures listed, nothing decoded. ``items`` are sorted by name, ``classes`` by themselves.

    ``skipped`` names what can already be told to be unusable, ``warnings`` says in one line each
    what else was left out; ``location`` is the absolute path, or "" for what is held in memory.
    """

    kind: Kind
    name: str
    classes: tuple[str, ...]
    items: tuple[Item, ...]
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()
    location: str = ""

    def __len__(self) -> int:
        return len(self.items)

    @property
    def in_memory(self) -> bool:
        """Whether the pictures are arrays already, so that there is no file to read."""
        return self.kind in ("digits", "arrays")

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """The class of every item, ``(N,)``."""
        return np.fromiter((item.label for item in self.items), np.int64, len(self.items))

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that change with any class, name, label, part or size.

        For what a program holds also with any pixel, or any byte of a file that it holds; two
        files of one name and size count as the same.
        """
        digest = hashlib.blake2b(digest_size=16)
        digest.update("\0".join(self.classes).encode())
        lines = (f"{i.name}\0{i.label}\0{i.part}\0{i.size}" for i in self.items)
        digest.update("\n".join(lines).encode())
        for item in self.items:
            if isinstance(item.place, np.ndarray):
                digest.update(repr(item.place.shape).encode())
                digest.update(np.ascontiguousarray(item.place).data)
            elif isinstance(item.place, bytes) and self.kind == "files":
                digest.update(str(item.stamp).encode())  # its name is a mere number
        return digest.hexdigest()
