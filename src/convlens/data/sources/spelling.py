"""Classes whose names differ in case or white space only: one class, or a question."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NoReturn

import numpy as np

from convlens.data.sources.source import Part, Source
from convlens.data.sources.tree import pictures
from convlens.errors import DataError


@lru_cache(maxsize=1 << 16)
def spelling(name: str) -> str:
    """What is the same in all spellings of a name: no case, single blanks, none at the ends."""
    composed = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(composed.replace("\u200b", "").split())


def one_spelling(
    spelled: Mapping[Part | None, Collection[str]], name: str, hint: str | None = None
) -> dict[str, str]:
    """Which classes count as which other, of those that the parts of the data ``name`` spell.

    They are one where the pictures to train on know only one of the spellings, which then counts.
    Raises DataError where these come in two, with ``hint`` or else how ``--classes`` settles it,
    but for single letters: capitals may be other ones.
    """
    trained = {*spelled.get(None, ()), *spelled.get("train", ())}
    alike: dict[str, list[str]] = {}
    for label in sorted(set().union(*spelled.values())):
        alike.setdefault(spelling(label), []).append(label)
    instead: dict[str, str] = {}
    for labels in alike.values():
        own = [label for label in labels if label in trained]
        if len(own) > 1:
            if max(map(len, own)) > 1:
                _refuse(name, own, hint)
            continue
        first = (own or labels)[0]
        instead |= {label: first for label in labels if label != first}
    return instead


def joined_spellings(source: Source, kept: Collection[str] = ()) -> Source:
    """``source`` with classes joined that differ in case or white space only, with a warning each.

    Classes ``kept`` stay as they are. Raises DataError as ``one_spelling`` does.
    """
    plain = [name for name in source.classes if name not in kept]
    if len({spelling(name) for name in plain}) == len(plain):
        return source
    spelled: dict[Part | None, set[str]] = {}
    for item in source.items:
        if source.classes[item.label] not in kept:
            spelled.setdefault(item.part, set()).add(source.classes[item.label])
    index = {name: label for label, name in enumerate(source.classes)}
    instead = {index[a]: index[b] for a, b in one_spelling(spelled, source.name).items()}
    counts = np.bincount(source.labels, minlength=len(source.classes))
    warnings = [
        f"the class `{source.classes[a]}` is taken for `{source.classes[b]}`: "
        f"{pictures(int(counts[a]))}"
        for a, b in instead.items()
    ]
    return relabelled(source, instead, warnings)


def _refuse(name: str, labels: Sequence[str], hint: str | None) -> NoReturn:
    shown = " and ".join(f"`{label}`" for label in labels[:3])
    raise DataError(
        f"the classes {shown} of {name} differ in case or white space only",
        hint
        or f"--classes '{labels[0]}={'|'.join(labels)},*' joins them, --classes "
        f"'{','.join(labels)},*' keeps them apart; or rename one",
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
