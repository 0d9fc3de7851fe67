"""Classes that hold no picture: folders of notes, of programs, of drawings that are not read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from convlens.data.foreign import describe
from convlens.data.formats import HEAD, sniff
from convlens.data.limits import UnreadableError
from convlens.data.names import has_picture_ending
from convlens.data.pictures import Skipped
from convlens.data.places import Place
from convlens.data.sources.source import Item, Source
from convlens.data.sources.tree import LAYOUT, Entry
from convlens.errors import DataError

if TYPE_CHECKING:
    from convlens.data.reading import Reader

_LOOKED_AT = 200
"""Files of a class whose beginnings are read, at most, until one is a picture's: mostly one."""

_NAMED = 3


def likely_pictures(entries: Sequence[Entry]) -> tuple[list[Entry], list[Skipped]]:
    """The files that are called or begin as pictures do, and of the others what they are.

    Of those that are not called so the first few are looked into; the rest counts as pictures.
    """
    from convlens.data.reading import Reader

    kept: list[Entry] = []
    left: list[Skipped] = []
    looked = 0
    with Reader() as reader:
        for entry in entries:
            if not has_picture_ending(entry.path[-1]) and looked < _LOOKED_AT:
                looked += 1
                reason = _no_picture(reader, entry.place)
                if reason:
                    left.append(Skipped("/".join(entry.path), reason))
                    continue
            kept.append(entry)
    return kept, left


def _no_picture(reader: Reader, place: Place) -> str:
    try:
        head = _head(reader, place)
    except UnreadableError as error:
        return str(error)
    return "" if sniff(head) is not None else describe(head)


def pictured(source: Source) -> Source:
    """Return ``source`` without the classes of which no file begins as a picture does.

    They would stay in the model as classes that nothing was learned of. Raises DataError where no
    class is left.
    """
    from convlens.data.reading import Reader  # which itself needs what is defined beside this

    by_class: list[list[Item]] = [[] for _ in source.classes]
    for item in source.items:
        by_class[item.label].append(item)
    with Reader() as reader:
        reasons = [_reason(reader, items) for items in by_class]
    left = [label for label, reason in enumerate(reasons) if reason is None]
    labels = {label: number for number, label in enumerate(left)}
    if len(left) == len(reasons):
        return source
    out = [f"`{source.classes[label]}`" for label, reason in enumerate(reasons) if reason]
    first = next(reason for reason in reasons if reason)
    if not left:
        raise DataError(f"there are no pictures in {source.name}: {first}", LAYOUT)
    return replace(
        source,
        classes=tuple(source.classes[label] for label in left),
        items=tuple(
            item._replace(label=labels[item.label]) for item in source.items if item.label in labels
        ),
        warnings=(*source.warnings, _warning(out, first)),
    )


def _warning(out: Sequence[str], first: str) -> str:
    if len(out) == 1:
        return f"the class folder {out[0]} holds no picture that is read ({first}): left out"
    named = ", ".join(out[:_NAMED]) + (", …" if len(out) > _NAMED else "")
    return f"{len(out):,} class folders hold no picture that is read ({first}): left out: {named}"


def _reason(reader: Reader, items: Sequence[Item]) -> str | None:
    """Return what the first file is instead where none is a picture; None where one is."""
    first = ""
    for item in sorted(items, key=lambda item: not has_picture_ending(item.name))[:_LOOKED_AT]:
        try:
            head = _head(reader, item.place)
        except UnreadableError as error:
            first = first or f"{item.name}: {error}"
            continue
        if sniff(head) is not None:
            return None
        first = first or f"{item.name}: {describe(head)}"
    return first or "no files"


def _head(reader: Reader, place: Place) -> bytes:
    """Return the first bytes of a file, from which its format is told."""
    if isinstance(place, str):
        try:
            with open(place, "rb", buffering=0) as file:  # noqa: PTH123
                return file.read(HEAD)
        except (OSError, ValueError) as error:
            raise UnreadableError(getattr(error, "strerror", None) or "cannot be read") from error
    content = reader.read(place)
    assert isinstance(content, bytes)
    return content[:HEAD]
