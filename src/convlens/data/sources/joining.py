"""Several sources as one: a folder, archive or file for each part."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import replace

from convlens.data.pictures import Skipped
from convlens.data.sources.arrays import SPELLED
from convlens.data.sources.source import Part, Source
from convlens.data.sources.spelling import one_spelling
from convlens.errors import DataError


def joined(sources: Mapping[Part, Source]) -> Source:
    """Return the source whose parts are ``sources``, with the classes of all of them.

    Raises DataError where one has parts of its own, where some lie in memory and some do not, and
    for a class that one part spells in two ways.
    """
    for part, source in sources.items():
        if any(item.part is not None for item in source.items):
            message = f"{source.name}, given as the {part} part, has parts itself"
            raise DataError(message, "give a folder of class folders for each part")
    if len({source.in_memory for source in sources.values()}) > 1:
        raise DataError("some parts are arrays and some are files", "give parts of one kind")
    name = ", ".join(dict.fromkeys(source.name for source in sources.values()))
    spelled: dict[Part | None, Collection[str]] = {}
    spelled |= {part: one.classes for part, one in sources.items()}
    instead = one_spelling(spelled, name, SPELLED)
    warnings = [f"the class `{a}` is taken for `{b}`" for a, b in instead.items()]
    called = [instead.get(label, label) for one in sources.values() for label in one.classes]
    classes = _ordered(sources, set(called))
    index = {label: number for number, label in enumerate(classes)}
    items = []
    skipped = []
    for part, source in sources.items():
        numbers = [index[instead.get(label, label)] for label in source.classes]
        for item in source.items:
            label = numbers[item.label]
            items.append(item._replace(name=f"{part}/{item.name}", label=label, part=part))
        skipped += [Skipped(f"{part}/{one.file}", one.reason) for one in source.skipped]
        warnings += [f"{part}: {warning}" for warning in source.warnings]
    first = next(iter(sources.values()))
    kinds = {source.kind for source in sources.values()}
    return replace(
        first,
        kind=first.kind if len(kinds) == 1 else "files",
        name=name,
        classes=classes,
        items=tuple(sorted(items, key=lambda item: item.name)),
        skipped=tuple(skipped),
        warnings=tuple(warnings),
        location=os.pathsep.join(source.location for source in sources.values()),
    )


def _ordered(sources: Mapping[Part, Source], found: set[str]) -> tuple[str, ...]:
    """The training part's order if it has all classes; else numbers by value, others as text."""
    first = sources["train"].classes
    if found <= set(first):
        return first
    if all(label.isascii() and label.isdigit() for label in found):
        return tuple(sorted(found, key=lambda label: (int(label[:400]), label)))
    return tuple(sorted(found))
