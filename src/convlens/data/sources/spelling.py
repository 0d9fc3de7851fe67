"""Classes whose names differ in case or white space only: one class, or a question."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache

from convlens.data.sources.source import Source
from convlens.data.sources.tree import pictures
from convlens.errors import DataError


@lru_cache(maxsize=1 << 16)
def spelling(name: str) -> str:
    """What is the same in all spellings of a name: no case, single blanks, none at the ends."""
    composed = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(composed.replace("\u200b", "").split())


def joined_spellings(source: Source, kept: Collection[str] = ()) -> Source:
    """``source`` with classes joined that differ in case or white space only.

    They are joined, with a warning, where the pictures to train on know only one of the
    spellings; classes ``kept`` stay as they are. Raises DataError where training pictures come in
    two spellings, but for single letters, which may be other ones when they are capitals.
    """
    by_spelling: dict[str, list[int]] = {}
    for label, name in enumerate(source.classes):
        if name not in kept:
            by_spelling.setdefault(spelling(name), []).append(label)
    several = [labels for labels in by_spelling.values() if len(labels) > 1]
    if not several:
        return source
    trained = {item.label for item in source.items if item.part in (None, "train")}
    taken: dict[int, int] = {}
    warnings = []
    for labels in several:
        own = [label for label in labels if label in trained]
        if len(own) > 1:
            if all(len(source.classes[label]) == 1 for label in labels):
                continue
            _refuse(source, own)
        first = (own or labels)[0]
        for label in labels:
            if label != first:
                taken[label] = first
                count = int((source.labels == label).sum())
                warnings.append(
                    f"the class `{source.classes[label]}` is taken for "
                    f"`{source.classes[first]}`: {pictures(count)}"
                )
    return relabelled(source, taken, warnings)


def _refuse(source: Source, labels: Sequence[int]) -> None:
    names = [source.classes[label] for label in labels]
    shown = " and ".join(f"`{name}`" for name in names[:3])
    raise DataError(
        f"the classes {shown} of {source.name} differ in case or white space only",
        f"--classes '{names[0]}={'|'.join(names)},*' joins them, --classes '{','.join(names)},*' "
        "keeps them apart; or rename one",
    )


def relabelled(source: Source, taken: dict[int, int], warnings: Sequence[str]) -> Source:
    """``source`` in which the classes that are keys of ``taken`` became those that they map to."""
    left = [label for label in range(len(source.classes)) if label not in taken]
    index = {label: number for number, label in enumerate(left)}
    index |= {label: index[other] for label, other in taken.items()}
    return replace(
        source,
        classes=tuple(source.classes[label] for label in left),
        items=tuple(item._replace(label=index[item.label]) for item in source.items),
        warnings=(*source.warnings, *warnings),
    )
