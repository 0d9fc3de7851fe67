"""Pictures and labels that a program or one file holds, as a source: classes, rows, parts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from convlens.data.limits import UnreadableError
from convlens.data.names import printable
from convlens.data.pictures import Skipped
from convlens.data.pixels import plain_or_deep
from convlens.data.sources.labels import ONE_EACH, Label, Labels, read_labels
from convlens.data.sources.paths import FORMS, GivenPicture, in_memory, pictures_in
from convlens.data.sources.source import Item, Kind, Part, Source
from convlens.data.sources.spelling import one_spelling
from convlens.errors import DataError

KEYS = "name the arrays x and y, or x_train, y_train, x_test and y_test"

ARRAYS = "arrays"
"""What pictures in memory are called where they have no name."""

Pair = tuple[Any, Any]

SPELLED = "spell one class in one way; where they are two, name both in `classes`"

_NAMED = 5  # rows, at most, in a warning


class Block(NamedTuple):
    """Pictures with a label each, in one part.

    ``within`` is the class whose list it is, or ""; ``numbers`` are those of its rows in the whole
    that they come from, 0, 1, … where it is None.
    """

    pictures: Any
    labels: Any
    part: Part | None = None
    within: str = ""
    numbers: Sequence[int] | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that it is known to hold."""
        return (self.within,) if self.within else ()

    def number(self, place: int) -> int:
        """The number of the row at ``place``."""
        return place if self.numbers is None else self.numbers[place]

    def item(self, place: int) -> str:
        """The name of an item: ``train/000017``, ``cat/000003``."""
        return "/".join(filter(None, (self.part, self.within, f"{self.number(place):06d}")))

    def row(self, place: int) -> str:
        """A row in a message: ``row 17 of test``, ``row 3 of `cat```."""
        return f"row {self.number(place)}{self.where}"

    @property
    def where(self) -> str:
        """Of what it is a row, where several things may have rows."""
        within = f" of `{self.within}`" if self.within else ""
        return f"{within} of {self.part}" if self.part and self.numbers is None else within


def source_of_parts(
    kind: Kind, name: str, parts: Mapping[Part | None, Pair], classes: object = None
) -> Source:
    """Return a source of pictures in memory; ``classes`` names the indices, where it is given."""
    blocks = [Block(images, labels, part) for part, (images, labels) in parts.items()]
    return source_of_blocks(name, blocks, classes, kind)


def source_of_blocks(
    name: str, blocks: Sequence[Block], classes: object = None, kind: Kind | None = None
) -> Source:
    """Return the source of blocks, whose pictures are arrays or files.

    Rows without a label, or whose file does not read, are skipped by name. ``classes`` names the
    indices, or lists the texts that are classes, as they are spelled; ``kind`` is told by the
    pictures where it is left out. Raises DataError where no picture with a label is left.
    """
    given = None if classes is None else _names(classes, name)
    labels = [read_labels(one.labels, one.row, name, given or one.classes) for one in blocks]
    found = [pictures_in(one.pictures, one.row, name) for one in blocks]
    for pictures, read in zip(found, labels, strict=True):
        if len(pictures) != len(read.values):
            counts = _counted(len(pictures), "picture"), _counted(len(read.values), "label")
            raise DataError(f"{name} has {counts[0]} but {counts[1]}", ONE_EACH)
    if not any(found):
        raise DataError(f"{name} holds no pictures", KEYS)
    found = _by_one_range(found, name)
    parts = [block.part for block in blocks]
    names, indices, warnings = classified(parts, labels, given, name)
    items, skipped = _sorted_out(blocks, found, indices)
    missing = [
        (f"{block.number(place)}", block.where)
        for block, index in zip(blocks, indices, strict=True)
        for place, label in enumerate(index)
        if label is None
    ]
    if not items and len(missing) == len(skipped):
        raise DataError(f"{name}: none of {len(skipped):,} pictures has a label", ONE_EACH)
    if not items:
        first = f"{skipped[0].file}: {skipped[0].reason}"
        raise DataError(f"none of {len(skipped):,} pictures can be used: {first}")
    empty = [one.within for one, pictures in zip(blocks, found, strict=True) if not pictures]
    warnings += [f"the class `{within}` has no pictures: left out" for within in empty if within]
    warnings += unlabelled(missing, sum(map(len, found)))
    told = kind or ("arrays" if isinstance(items[0].place, np.ndarray) else "files")
    name = "the list" if told == "files" and name == ARRAYS else name
    return Source(told, name, names, tuple(items), tuple(skipped), tuple(warnings))


def _by_one_range(found: Sequence[list[GivenPicture]], name: str) -> list[list[GivenPicture]]:
    """The pictures with those in memory as bytes, or as the numbers that want a common range."""
    held = [
        one.place for those in found for one in those if isinstance(one.place, np.ndarray)
        and one.place.size
    ]  # fmt: skip
    if all(array.dtype == np.uint8 for array in held):
        return list(found)
    try:
        told = iter(plain_or_deep([array[None] for array in held]))
    except UnreadableError as error:
        raise DataError(f"{name}: {error}", FORMS) from error
    return [
        [
            in_memory(next(told)[0])
            if isinstance(one.place, np.ndarray) and one.place.size
            else one
            for one in those
        ]
        for those in found
    ]


def _sorted_out(
    blocks: Sequence[Block],
    found: Sequence[list[GivenPicture]],
    indices: Sequence[list[int | None]],
) -> tuple[list[Item], list[Skipped]]:
    """The pictures that have a label and can be read, and those that lack one of the two."""
    items: list[Item] = []
    skipped: list[Skipped] = []
    for block, pictures, index in zip(blocks, found, indices, strict=True):
        for place, (one, label) in enumerate(zip(pictures, index, strict=True)):
            if label is None:
                row = f"{block.row(place)} ({one.shown})" if one.shown else block.row(place)
                skipped.append(Skipped(row, "has no label"))
            elif one.fault:
                skipped.append(Skipped(one.shown or block.row(place), one.fault))
            else:
                name = f"{block.item(place)} {one.shown}".rstrip()
                items.append(Item(name, label, block.part, one.size, one.place, one.stamp))
    return items, skipped


def classified(
    parts: Sequence[Part | None], labels: Sequence[Labels], given: Sequence[str] | None, name: str
) -> tuple[tuple[str, ...], list[list[int | None]], list[str]]:
    """Return the classes, for each of the ``parts`` an index into them a row, and what to warn of.

    ``given`` are the names of the classes in their order, if they are known. A missing label has
    no index. Raises DataError for a label that is none of these, for numbers in one part and texts
    in another, and for two spellings of one class.
    """
    kinds = {type(label) for one in labels for label in one.values} - {type(None)}
    if len(kinds) > 1:
        raise DataError(f"{name}: labels are numbers in one part and strings in another")
    warnings = _texts_said(labels)
    if given is None:
        given = next((one.names for one in labels if one.names is not None), None)
        if given is not None and len(set(given)) != len(given):
            raise DataError(f"{name}: two columns have the same name")
    values = {label for one in labels for label in one.values if label is not None}
    if given is not None:
        names, index = tuple(given), _index_of(given, values, name)
    else:
        spelled: dict[Part | None, set[str]] = {}
        for part, one in zip(parts, labels, strict=True):
            spelled.setdefault(part, set()).update(v for v in one.values if isinstance(v, str))
        instead = one_spelling(spelled, name, SPELLED)
        warnings += [f"the class `{a}` is taken for `{b}`" for a, b in instead.items()]
        order = sorted(value for value in values if value not in instead)
        names = tuple(map(str, order))
        index = {value: number for number, value in enumerate(order)}
        index |= {other: index[kept] for other, kept in instead.items()}
    rows = [[None if v is None else index[v] for v in one.values] for one in labels]
    return names, rows, warnings


def _index_of(given: Sequence[str], values: Collection[Label], name: str) -> dict[Label, int]:
    index: dict[Label, int] = {label: number for number, label in enumerate(given)}
    index |= {number: number for number in range(len(given))}
    unknown = [value for value in sorted(values) if value not in index]
    if unknown:
        message = f"{name}: the label `{unknown[0]}` is not among `classes`"
        raise DataError(message, "labels are indices from 0, or the names themselves")
    return index


def _names(classes: object, name: str) -> tuple[str, ...]:
    """The names of the classes as they were given."""
    listed = np.asarray(classes, dtype=object).ravel().tolist()
    texts = [one.decode("utf-8", "backslashreplace") if isinstance(one, bytes) else str(one)
             for one in listed]  # fmt: skip
    names = tuple(printable(text.strip()) for text in texts)
    if len(set(names)) != len(names):
        raise DataError(f"{name}: `classes` names a class twice")
    return names


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _texts_said(labels: Sequence[Labels]) -> list[str]:
    """That some texts are taken for no label, which somebody may have meant as a class."""
    texts = list(dict.fromkeys(text for one in labels for text in one.texts))
    if not texts:
        return []
    named = ", ".join(f"`{text}`" for text in texts)
    what = "the label" if len(texts) == 1 else "the labels"
    counts = "counts" if len(texts) == 1 else "count"
    told = f"{what} {named} {counts} as missing, as pandas reads such texts"
    return [f"{told}; a class needs another name, or to be listed in `classes`"]


def unlabelled(rows: Sequence[tuple[str, str]], total: int) -> list[str]:
    """How many of ``total`` pictures have no label, and which; rows come as number and place."""
    if not rows:
        return []
    numbers: dict[str, list[str]] = {}
    for number, where in rows[:_NAMED]:
        numbers.setdefault(where, []).append(number)
    named = "; ".join(
        f"{'row' if len(found) == 1 else 'rows'} {', '.join(found)}{where}"
        for where, found in numbers.items()
    )
    more = ", …" if len(rows) > _NAMED else ""
    have = "has" if len(rows) == 1 else "have"
    return [f"{len(rows):,} of {total:,} pictures {have} no label: left out ({named}{more})"]
