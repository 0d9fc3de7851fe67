"""What is equal, or blank, in the files themselves, and not only once they were made 8 bits of.

Deep pictures are scaled by one range for the whole set, and transparent ones laid over one colour:
both can make pictures look equal, or empty, that are not. No file is to be deleted for that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, cast, get_args

import numpy as np
from numpy.typing import NDArray

from convlens.data import Geometry, Source
from convlens.data.decoding import decode_pixels
from convlens.data.formats import quiet
from convlens.data.likeness import LEAST_CONTRAST, NEAR, Pairs, distances, likeness
from convlens.data.limits import UnreadableError
from convlens.data.originals import Original, original
from convlens.data.reading import Reader
from convlens.data.tones import Background, Range, Tones
from convlens.data.toning import FAINT, contrasts

NOT_EQUAL = 1e-4
"""Distance told, at the least, of pictures that differ by less than a level."""

_BLOCK = 256  # pairs that are decoded at a time

Rows = NDArray[np.int64]


class _Facts(NamedTuple):
    """Of a deep or transparent picture: a digest of its values; their range where it is deep."""

    digest: bytes
    range: Range | None
    transparent: bool


def verified(found: Pairs, source: Source, items: Rows, geometry: Geometry) -> Pairs:
    """The pairs that hold for the files too; ``items`` (N,) index those of ``source``.

    Of deep and transparent pictures those count as equal whose values are, and those as alike that
    are so in a range of their own, and over white as over black. ``geometry`` is what they were
    decoded to.
    """
    rows = np.union1d(found.first, found.second).tolist()
    with Reader() as reader, quiet():
        known = {row: _facts(reader, source, int(items[row])) for row in rows}
        facts = {row: told for row, told in known.items() if told is not None}
        if not facts:
            return found
        touched = np.isin(found.first, list(facts)) | np.isin(found.second, list(facts))
        parts = [_taken(found, np.flatnonzero(~touched)), _exact(facts)]
        doubtful = [
            number
            for number in np.flatnonzero(touched).tolist()
            if not _same(facts, int(found.first[number]), int(found.second[number]))
        ]
        for start in range(0, len(doubtful), _BLOCK):
            pairs = _taken(found, np.array(doubtful[start : start + _BLOCK], np.int64))
            parts.append(_alike(reader, source, items, geometry, facts, pairs))
    return _sorted(parts)


def shows_nothing(source: Source, items: Rows) -> NDArray[np.bool_]:
    """Which of pictures (n,) that came out blank are blank in their files."""
    with Reader() as reader, quiet():
        return np.array([_is_blank(reader, source, item) for item in items.tolist()], np.bool_)


def _is_blank(reader: Reader, source: Source, item: int) -> bool:
    picture = _original(reader, source, item)
    if picture is None:
        return True
    if picture.values.shape[2] == 4:
        return max(contrasts(picture, None).values()) <= FAINT
    return bool(np.ptp(picture.values) == 0)


def _original(reader: Reader, source: Source, item: int) -> Original | None:
    try:
        return original(reader.read(source.items[item].place))
    except UnreadableError:
        return None  # it has changed since it was decoded


def _facts(reader: Reader, source: Source, item: int) -> _Facts | None:
    picture = _original(reader, source, item)
    if picture is None:
        return None
    values = np.ascontiguousarray(picture.values, picture.values.dtype.newbyteorder("="))
    digest = hashlib.blake2b(f"{values.dtype} {values.shape}".encode(), digest_size=16)
    digest.update(values.data)
    span = (float(values.min()), float(values.max())) if picture.deep else None
    return _Facts(digest.digest(), span, values.shape[2] == 4)


def _same(facts: dict[int, _Facts], row: int, other: int) -> bool:
    return row in facts and other in facts and facts[row].digest == facts[other].digest


def _exact(facts: dict[int, _Facts]) -> Pairs:
    """Pairs of equal values: each with the first of them."""
    firsts: dict[bytes, int] = {}
    pairs = [
        (first, row)
        for row, told in sorted(facts.items())
        if (first := firsts.setdefault(told.digest, row)) != row
    ]
    ends = np.array(pairs, np.int64).reshape(-1, 2)
    distance, mirrored = np.zeros(len(pairs), np.float32), np.zeros(len(pairs), np.bool_)
    return Pairs(ends[:, 0], ends[:, 1], distance, mirrored)


def _alike(
    reader: Reader,
    source: Source,
    items: Rows,
    geometry: Geometry,
    facts: dict[int, _Facts],
    pairs: Pairs,
) -> Pairs:
    """Those of ``pairs`` that are alike however they are shown, with the larger distance."""
    count = len(pairs)
    alike, never_apart = np.zeros(count, np.bool_), np.ones(count, np.bool_)
    furthest = np.full(count, NOT_EQUAL, np.float32)
    numbers = np.arange(count)
    for background in _backgrounds(facts, geometry):
        pixels = np.zeros((2 * count, *geometry.shape), np.uint8)
        for number, ends in enumerate(
            zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
        ):
            tones = Tones(_joint(facts, ends) or geometry.tones.greys, background)
            shown = replace(geometry, tones=tones)
            for row, place in zip(ends, (number, count + number), strict=True):
                pixels[place] = _decoded(reader, source, int(items[row]), shown)
        told = likeness(pixels)
        distance = distances(told, numbers, count + numbers)
        blank = told.contrast < LEAST_CONTRAST
        near = distance <= NEAR
        alike |= near
        never_apart &= near | (blank[:count] & blank[count:])
        furthest = np.where(near, np.maximum(furthest, distance), furthest)
    kept = np.flatnonzero(alike & never_apart)
    return replace(_taken(pairs, kept), distance=furthest[kept])


def _backgrounds(facts: dict[int, _Facts], geometry: Geometry) -> Sequence[Background]:
    if any(told.transparent for told in facts.values()):
        return cast(Sequence[Background], get_args(Background)[:2])
    return (geometry.tones.background,)


def _joint(facts: dict[int, _Facts], ends: tuple[int, int]) -> Range | None:
    """The range of two deep pictures together, None where one is of 8 bits."""
    spans = [facts[row].range for row in ends if row in facts]
    known = [span for span in spans if span is not None]
    if len(known) < 2:
        return None
    low, high = min(span[0] for span in known), max(span[1] for span in known)
    return (low, high) if low < high else (low, low + 1)


def _decoded(
    reader: Reader, source: Source, item: int, geometry: Geometry
) -> NDArray[np.uint8] | int:
    try:
        content = decode_pixels(reader.read(source.items[item].place), geometry)
    except UnreadableError:
        return 0  # it has changed since: like nothing else
    return np.frombuffer(content, np.uint8).reshape(geometry.shape)


def _taken(pairs: Pairs, numbers: Rows) -> Pairs:
    return Pairs(
        pairs.first[numbers],
        pairs.second[numbers],
        pairs.distance[numbers],
        pairs.mirrored[numbers],
    )


def _sorted(parts: Sequence[Pairs]) -> Pairs:
    first = np.concatenate([one.first for one in parts])
    second = np.concatenate([one.second for one in parts])
    order = np.lexsort((second, first))
    return Pairs(
        first[order],
        second[order],
        np.concatenate([one.distance for one in parts])[order],
        np.concatenate([one.mirrored for one in parts])[order],
    )
