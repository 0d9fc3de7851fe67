"""Pictures that belong on one side of any split: what looks alike, what a pattern calls one."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convlens.data.sources.source import Source
from convlens.errors import SettingsError

PATTERN_HINT = r"the first (…) of the pattern names the group: --group-by '(patient\d+)'"


@dataclass(frozen=True, eq=False, slots=True)
class Groups:
    """A number (N,) int64 for each item of a source: pictures of one number stay together.

    ``alike`` counts the pictures that look like another one; ``named`` the groups that a pattern
    makes, None without one.
    """

    numbers: NDArray[np.int64]
    alike: int = 0
    named: int | None = None


def alone(source: Source) -> Groups:
    """Every picture in a group of its own."""
    return Groups(np.arange(len(source)))


def compiled(pattern: str) -> re.Pattern[str]:
    """The regular expression that ``pattern`` is. Raises SettingsError where it is none."""
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        message = f"group-by `{pattern}` is not a regular expression: {reason}"
        raise SettingsError(message, PATTERN_HINT) from error


def named_groups(source: Source, pattern: str) -> Groups:
    """Groups of the items whose names agree in what ``pattern`` finds first in them.

    That is its first group, or the whole match where it has none or that took no part. Items in
    which nothing is found stay alone. Raises SettingsError for a pattern that is no regular
    expression, finds nothing in any name, the same in all, or something else in each.
    """
    expression = compiled(pattern)
    keys: list[Hashable] = []
    found: set[str] = set()
    for number, item in enumerate(source.items):
        match = expression.search(item.name)
        if match is None:
            keys.append(number)
            continue
        key = (match[1] if expression.groups else None) or match[0]
        found.add(key)
        keys.append(key)
    example = f"`{source.items[0].name}`" if source.items else "anything"
    if not found:
        message = f"group-by `{pattern}` matches no picture's path, such as {example}"
        raise SettingsError(message, PATTERN_HINT)
    if len(set(keys)) == 1:
        message = f"group-by `{pattern}` puts every picture in one group, `{found.pop()}`"
        raise SettingsError(message, "let it match what differs from group to group")
    if len(set(keys)) == len(keys):
        message = f"group-by `{pattern}` puts every picture in a group of its own"
        raise SettingsError(message, "let it match what the pictures of a group have in common")
    return Groups(numbered(keys), named=len(found))


def joined(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """The finest grouping (N,) in which whatever is together in ``one`` or ``other`` (N,) is."""
    parents = list(range(int(one.max(initial=-1)) + 1))

    def root(node: int) -> int:
        while parents[node] != node:
            parents[node] = parents[parents[node]]
            node = parents[node]
        return node

    first: dict[int, int] = {}
    for mine, theirs in zip(one.tolist(), other.tolist(), strict=True):
        low, high = sorted((root(mine), root(first.setdefault(theirs, mine))))
        parents[high] = low
    return numbered([root(node) for node in one.tolist()])


def numbered(keys: Iterable[Hashable]) -> NDArray[np.int64]:
    """Numbers from 0 in the order in which keys come up."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
